"""Words that are new in an organisation's negative mentions, against its own past."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from math import log, sqrt
from operator import itemgetter

import msgspec

#: Terms remembered of an organisation's past; it may grow to twice as many before the rarest are dropped.
KEPT = 256
SHOWN = 8
#: Terms of a title that are looked at.
_TITLE_SYLLABLES = 40
#: How many mentions of each term are assumed before any is seen.
_PRIOR = 0.5
#: A syllable with this part of its mentions in one pair is no word of its own there.
_MOSTLY = 0.6
_SYLLABLE = re.compile(r"[^\W\d_]+")
#: Syllables that carry no news of their own.
FUNCTION_WORDS = frozenset(
    _SYLLABLE.findall(
        "và của là có cho các những với trong ngày này không được người khi từ tại về ở ra vào đến đã sẽ bị "
        "một do vì theo sau trên dưới nhiều để thì mà nếu như cùng cũng đang hơn lại nên hay hoặc rằng gì nào "
        "ai sao thế vẫn còn mới rất quá lên xuống qua bởi giữa trước nhưng tôi ông bà anh chị em việc sự cái "
        "con chiếc hai ba bốn năm sáu bảy chưa tám chín mười phải làm nói đi nay mai hôm tháng tuổi giờ phút lúc "
        "đây đó kia "
    )
)


def terms(title: str) -> tuple[str, ...]:
    """Syllables and pairs of neighbouring syllables of a title, without function words.

    Examples
    --------
    >>> terms("Lũ lớn ở hạ lưu")
    ('lũ', 'lớn', 'hạ', 'lưu', 'lũ lớn', 'hạ lưu')
    """
    syllables = _SYLLABLE.findall(unicodedata.normalize("NFC", title).lower())[:_TITLE_SYLLABLES]
    telling = [syllable if syllable not in FUNCTION_WORDS else "" for syllable in syllables]
    pairs = (f"{one} {two}" for one, two in pairwise(telling) if one and two)
    return tuple(dict.fromkeys((*filter(None, telling), *pairs)))


class Words(msgspec.Struct):
    """In how many of an organisation's negative mentions each term stood."""

    mentions: int = 0
    counts: dict[str, int] = {}

    def learn(self, title: str) -> None:
        """Take a negative mention."""
        self.mentions += 1
        counts = self.counts
        for term in terms(title):
            counts[term] = counts.get(term, 0) + 1
        if len(counts) > 2 * KEPT:
            kept = sorted(counts.items())
            kept.sort(key=itemgetter(1), reverse=True)  # equally frequent terms stay in their order
            self.counts = dict(kept[:KEPT])

    def new(self, titles: Iterable[str], own_name: str) -> tuple[str, ...]:
        """At most 8 terms that stand in these titles more than in the past, most surprising first.

        The measure is the difference of log-odds by its standard deviation, with a prior[^1]. The past is all that
        was learned less these titles, which were learned too. Of terms that overlap only the first is shown, and none
        of the organisation's own name.

        References
        ----------
        [^1]: Monroe, B. L., Colaresi, M. P., Quinn, K. M. (2008). Fightin' words. Political Analysis 16(4), 372-403.
        """
        now: Counter[str] = Counter()
        many = 0
        own = frozenset(unicodedata.normalize("NFC", own_name).lower().split())
        for title in titles:
            now.update(term for term in terms(title) if own.isdisjoint(term.split()))
            many += 1
        before = max(0, self.mentions - many)
        least = 2 if many >= 3 else 1
        scored = []
        for term, count in _whole_words(now).items():
            if count < least:
                continue
            past = min(before, max(0, self.counts.get(term, 0) - count))
            surprise = _surprise(count, many, past, before)
            if surprise > 0:
                scored.append((-round(surprise, 9), -len(term), term))
        return _without_overlaps(term for _, _, term in sorted(scored))


def _whole_words(counts: Counter[str]) -> dict[str, int]:
    """Terms without the syllables that mostly stand in one pair: most Vietnamese words have two."""
    paired: dict[str, int] = {}
    for term, count in counts.items():
        if " " in term:
            for syllable in term.split():
                paired[syllable] = max(paired.get(syllable, 0), count)
    return {term: count for term, count in counts.items() if paired.get(term, 0) < _MOSTLY * count}


def _surprise(count: int, many: int, past: int, before: int) -> float:
    def odds(part: int, whole: int) -> float:
        return log((part + _PRIOR) / (whole - part + _PRIOR))

    return (odds(count, many) - odds(past, before)) / sqrt(1 / (count + _PRIOR) + 1 / (past + _PRIOR))


def _without_overlaps(ranked: Iterable[str]) -> tuple[str, ...]:
    used: set[str] = set()
    shown: list[str] = []
    for term in ranked:
        syllables = term.split()
        if not used.issuperset(syllables) and not (len(syllables) == 1 and len(term) < 3):
            shown.append(term)
            used.update(syllables)
        if len(shown) == SHOWN:
            break
    return tuple(shown)
