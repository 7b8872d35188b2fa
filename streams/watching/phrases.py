"""Short readable phrases in which titles agree: grown from syllables, without names of persons."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from streams.reading.persons import person_places


def _words(written: str) -> frozenset[str]:
    return frozenset(written.split())


#: Syllables of a title that are looked at, and of the longest phrase.
TITLE_SYLLABLES = 40
LONGEST = 7
#: A phrase with this part of its titles in one longer phrase is no phrase of its own.
MOSTLY = 0.6

_TOKEN = re.compile(r"[^\W_]+(?:[-.&/][^\W_]+)*")
_LONGEST_TOKEN = 20
_BREAK = re.compile(r"(?:(?![-.&/]\b)[^\w ]|_)+|[-.&/](?!\w)|(?<!\w)[-.&/]")
#: After these a number belongs to a name: Nghị định 168, bão số 13, quốc lộ 6.
_NUMBERED = _words("định số lộ thị tư quyết luật án khu tốc sư cấp")
#: Syllables that carry no news of their own: no phrase begins or ends with one.
FUNCTION_WORDS = _words(
    "và của là có cho các những với trong ngày này không được người khi từ tại về ở ra vào đến đã sẽ bị một do vì "
    "theo sau trên dưới nhiều để thì mà nếu như cùng cũng đang hơn lại nên hay hoặc rằng gì nào ai sao thế vẫn còn "
    "mới rất quá lên xuống qua bởi giữa trước nhưng tôi ông bà anh chị em việc sự cái con chiếc hai ba bốn năm sáu "
    "bảy chưa tám chín mười phải làm nói đi nay mai hôm tháng tuổi giờ phút lúc đây đó kia tới tỉ tỷ đồng vụ the of"
)
#: Syllables that are words by themselves and tell something; others are shown within a phrase only.
WORDS_OF_ONE_SYLLABLE = _words(
    "lũ bão lụt ngập cháy nổ sập vỡ đê đập mưa rét hạn mặn dịch sốt dại nợ phạt cấm thuế phí giá điện nước xăng dầu "
    "vàng rác khói bụi mùi gạo thịt sữa thuốc đất rừng biển cát than tàu xe cầu hầm cống mỏ lún nứt sụt trôi chìm "
    "lật đâm tông chết cứu kẹt tắc hầu kiện tù án oan lừa trộm cướp giết đánh chém bắn say cờ bạc tham nhũng thầu "
    "phân súng mìn bom virus cúm sởi ho gà lợn bò tôm cá lúa tiêu điều tiền lương thi điểm đề bằng"
)
_DATA = Path(__file__).parent / "data" / "common_terms.tsv"


@functools.cache
def common() -> Mapping[str, float]:
    """In which part of all headlines a term stands, for the terms that are common; see `docs/reading.md`."""
    lines = _DATA.read_text(encoding="utf-8").splitlines()[1:]
    return {term: int(times) / 100_000 for term, times in (line.split("\t") for line in lines)}


def runs(title: str, own: Collection[tuple[str, ...]] = ()) -> Iterator[list[str]]:
    """Stretches of a title between punctuation, names of persons and `own` names; syllables as written.

    Examples
    --------
    >>> list(runs("Vỡ đê ở Hà Nội: ông Trần Văn A nói gì, theo Nghị định 168"))
    [['Vỡ', 'đê', 'ở', 'Hà', 'Nội'], ['ông'], ['nói', 'gì'], ['theo', 'Nghị', 'định', '168']]
    """
    left = TITLE_SYLLABLES
    for clause in _BREAK.split(unicodedata.normalize("NFC", title)):
        run = _TOKEN.findall(clause)[:left]
        if run:
            yield from _without_names(run, own)
            left -= len(run)
        if not left:
            return


def _without_names(run: list[str], own: Collection[tuple[str, ...]]) -> Iterator[list[str]]:
    start = 0
    for first, last in person_places(run):
        yield from _without_own(run[start:first], own)
        start = last
    yield from _without_own(run[start:], own)


def _without_own(run: list[str], own: Collection[tuple[str, ...]]) -> Iterator[list[str]]:
    if not own:
        if run:
            yield run
        return
    place = start = 0
    lower = [token.lower() for token in run]
    while place < len(run):
        length = max((len(name) for name in own if tuple(lower[place : place + len(name)]) == name), default=0)
        if length:
            if place > start:
                yield run[start:place]
            start = place = place + length
        else:
            place += 1
    if place > start:
        yield run[start:]


def _is_telling(token: str) -> bool:
    return token not in FUNCTION_WORDS and not token[0].isdigit() and len(token) <= _LONGEST_TOKEN


@functools.lru_cache(maxsize=4096)  # a mention counts for several bodies, and most titles are shared or taken over
def terms(title: str) -> tuple[str, ...]:
    """Syllables and pairs of neighbouring syllables of a title, without function words and names of persons.

    Examples
    --------
    >>> terms("Lũ lớn ở hạ lưu")
    ('lũ', 'lớn', 'lũ lớn', 'hạ', 'lưu', 'hạ lưu')
    """
    found: dict[str, None] = {}
    for run in runs(title):
        before = ""
        for token in run:
            lower = token.lower()
            if lower in FUNCTION_WORDS or len(lower) > _LONGEST_TOKEN:
                before = ""
            elif not lower[0].isdigit():
                found[lower] = None
                if before:
                    found[f"{before} {lower}"] = None
                before = lower
            else:
                if before in _NUMBERED:
                    found[f"{before} {lower}"] = None
                before = ""
    return tuple(found)


def _may_stand(phrase: Sequence[str]) -> bool:
    """Whether syllables can be shown by themselves: their first and their last tell something."""
    last = phrase[-1]
    if len(phrase) == 1:
        return last in WORDS_OF_ONE_SYLLABLE or (
            last.isascii() and len(last) > 2 and last not in common() and _is_telling(last)
        )
    ends = _is_telling(last) or (
        len(phrase) > 1 and last[0].isdigit() and len(last) <= _LONGEST_TOKEN and phrase[-2] in _NUMBERED
    )
    return ends and _is_telling(phrase[0])


def grown(titles: Iterable[str], own: Collection[tuple[str, ...]] = ()) -> dict[tuple[str, ...], tuple[int, str]]:
    """Phrases of these titles: in how many each stands, and how it is written.

    A phrase grows by a syllable while at least two titles agree on it. What mostly stands in one longer phrase is left
    out. With fewer than three titles, single syllables and pairs of one title stand too.
    """
    documents = [list(runs(title, own)) for title in titles]
    least = 2 if len(documents) > 2 else 1
    lowered = [[tuple(token.lower() for token in run) for run in document] for document in documents]
    counts: dict[tuple[str, ...], int] = {}
    known: Collection[tuple[str, ...]] = ()
    for length in range(1, LONGEST + 1):
        level = Counter[tuple[str, ...]]()
        for document in lowered:
            level.update({gram for run in document for gram in _grams(run, length, known)})
        enough = least if length < 3 else 2
        known = {gram for gram, count in level.items() if count >= enough}
        counts.update((gram, level[gram]) for gram in known)
        if not known:
            break
    standing = _absorbed({gram: count for gram, count in counts.items() if _may_stand(gram)})
    shapes = _written(documents, standing)
    return {gram: (count, shapes[gram]) for gram, count in standing.items()}


def _grams(run: tuple[str, ...], length: int, shorter: Collection[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    for start in range(len(run) - length + 1):
        gram = run[start : start + length]
        if length == 1 or (gram[1:] in shorter and gram[:-1] in shorter):
            yield gram


def _absorbed(counts: dict[tuple[str, ...], int]) -> dict[tuple[str, ...], int]:
    """Without what mostly stands in one longer phrase."""
    most: dict[tuple[str, ...], int] = {}
    for gram, count in counts.items():
        for size in range(1, len(gram)):
            for start in range(len(gram) - size + 1):
                part = gram[start : start + size]
                most[part] = max(most.get(part, 0), count)
    return {gram: count for gram, count in counts.items() if most.get(gram, 0) < MOSTLY * count}


def _written(
    documents: Sequence[Sequence[Sequence[str]]], wanted: Collection[tuple[str, ...]]
) -> dict[tuple[str, ...], str]:
    """Each phrase as it is mostly written; the capital of a title's first word says nothing."""
    shapes: dict[tuple[str, ...], Counter[str]] = {}
    for document in documents:
        shouted = all(token.isupper() for run in document for token in run)
        for place, run in enumerate(document):
            lower = tuple(token.lower() for token in run)
            for length in range(1, LONGEST + 1):
                for start in range(len(run) - length + 1):
                    gram = lower[start : start + length]
                    if gram in wanted:
                        is_first = place == start == 0
                        shape = " ".join(gram) if shouted else _shape(run[start : start + length], is_first=is_first)
                        shapes.setdefault(gram, Counter())[shape] += 1
    return {gram: min(seen.items(), key=lambda item: (-item[1], item[0]))[0] for gram, seen in shapes.items()}


def _shape(tokens: Sequence[str], *, is_first: bool) -> str:
    """`tokens` as written; the first of a title keeps its capital only where the next one has one too."""
    first = tokens[0]
    if is_first and not first[1:2].isupper() and not (len(tokens) > 1 and tokens[1][0].isupper()):
        first = first.lower()
    return " ".join((first, *tokens[1:]))
