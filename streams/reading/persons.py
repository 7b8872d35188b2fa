"""Names of persons in Vietnamese titles: found by form, so that nothing that is shown or kept need carry them.

A name is a family name with one to three more capitalised syllables, or capitalised syllables after a form of address
(ông, bà, ca sĩ …). Places and bodies that are named after persons (đường Lê Lợi, TP Hồ Chí Minh) stay. No list of
persons is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def _words(written: str) -> frozenset[str]:
    return frozenset(written.split())


#: Family names that are hardly ever anything else where two capitalised syllables follow one another.
_FAMILY = _words(
    "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ ngô đinh đoàn trịnh trương đào nguyen tran pham huynh "
    "vu vo dang bui ngo dinh trinh truong"
)
#: Family names that also begin places (Hà Nội, Cao Bằng, Lâm Đồng): a person only with two more syllables.
_FAMILY_OR_PLACE = _words(
    "hồ dương lý mai lương phùng tạ tô hà cao lâm châu kiều quách tăng thái văn kim tống triệu vương thạch la khuất "
    "nghiêm chu doãn lưu đàm tôn hứa ninh từ thân giang lục mạc bạch phó viên duong luong"
)
#: Second syllables that only persons have: these tell a name even where nothing is capitalised, or everything.
_MIDDLE = _words("văn thị đức hữu đình xuân ngọc quang minh thanh van thi duc huu dinh")
_CERTAIN_MIDDLE = frozenset(("văn", "thị", "van", "thi"))
_ADDRESS = _words(
    "ông bà anh chị em cháu cô chú bác thầy bé cụ nghệ_sĩ ca_sĩ diễn_viên hoa_hậu á_hậu luật_sư bác_sĩ nữ_sinh "
    "nam_sinh bị_can bị_cáo nghi_phạm đối_tượng nạn_nhân tiktoker doanh_nhân nhạc_sĩ cầu_thủ tiền_đạo thủ_môn "
    "trung_vệ shark nhà_báo youtuber facebooker streamer rapper vlogger"
)
#: After these a name is a place's or a body's.
_NAMED_AFTER = _words(
    "đường phố tp quận huyện phường xã tỉnh cầu hồ sông núi trường thpt thcs viện vận_động quảng_trường hầm bến chợ "
    "khu cảng đảo lộ tịch_hồ thôn ấp bản làng đèo đập kênh hẻm ngõ quán hàng_không sân_bay thành_phố học hoàng_sa "
    "giải"
)
_NO_PERSON = frozenset(
    (("hồ", "chí", "minh"), ("dương", "minh", "châu"), ("hồ", "xuân", "hương"), ("hoàng", "su", "phì"))
)
_NO_PERSON_PAIRS = frozenset(
    (
        ("hoàng", "sa"),
        ("hoàng", "mai"),
        ("hoàng", "long"),
        ("phan", "thiết"),
        ("phan", "rang"),
        ("vũ", "quang"),
        ("vũ", "thư"),
        ("đoàn", "kết"),
    )
)
#: Without any of these no name can be told.
_TRIGGERS = _FAMILY | _FAMILY_OR_PLACE | {word.partition("_")[0] for word in _ADDRESS}
_LONGEST = 4


def person_places(tokens: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Half-open spans of `tokens` that are persons' names, in order.

    Parameters
    ----------
    tokens
        Syllables of one clause, as written.

    Examples
    --------
    >>> list(person_places("Khởi tố Nguyễn Văn A về tội lừa đảo".split()))
    [(2, 5)]
    >>> list(person_places("Ngập sâu trên đường Nguyễn Hữu Cảnh".split()))
    []
    >>> list(person_places("Kỷ luật ông Tòng Thế Anh ở Hà Nội".split()))
    [(3, 6)]
    """
    lower = [token.lower() for token in tokens]
    if _TRIGGERS.isdisjoint(lower):
        return
    shouted = len(tokens) > 2 and all(token.isupper() for token in tokens)
    place = 0
    while place < len(tokens):
        length = _name_at(tokens, lower, place, shouted=shouted)
        if length:
            yield place, place + length
            place += length
        else:
            place += 1


def _name_at(tokens: Sequence[str], lower: Sequence[str], place: int, *, shouted: bool) -> int:
    """Syllables of the name that begins there; 0 if none does."""
    first = lower[place]
    is_addressed = _is_after(lower, place, _ADDRESS)
    if first not in _FAMILY and first not in _FAMILY_OR_PLACE and not (is_addressed and not shouted):
        return 0
    if _is_after(lower, place, _NAMED_AFTER) or _is_no_person(tuple(lower[place : place + 3])):
        return 0
    second = lower[place + 1] if place + 1 < len(lower) else ""
    capitals = _capitals(tokens, place)
    if shouted or capitals < 2:
        return _uncertain(lower, place, first, second, capitals, is_addressed=is_addressed and not shouted)
    enough = first in _FAMILY or is_addressed or capitals > 2 or second in _MIDDLE
    return min(capitals, _LONGEST) if enough else 0


def _is_no_person(three: tuple[str, ...]) -> bool:
    return three in _NO_PERSON or three[:2] in _NO_PERSON_PAIRS


def _uncertain(lower: Sequence[str], place: int, first: str, second: str, capitals: int, *, is_addressed: bool) -> int:
    """Without telling capitals: a given name after a form of address, or a family name with a certain second one."""
    if first in _FAMILY and second in _CERTAIN_MIDDLE:
        return min(3, len(lower) - place)
    return capitals if is_addressed and capitals == 1 else 0


def _capitals(tokens: Sequence[str], place: int) -> int:
    """How many syllables from there on begin with a capital (and are words, not abbreviations of bodies)."""
    count = 0
    for token in tokens[place : place + _LONGEST]:
        if not token[:1].isupper() or not token.isalpha() or (len(token) > 2 and token.isupper()):
            break
        count += 1
    return count


def _is_after(lower: Sequence[str], place: int, words: frozenset[str]) -> bool:
    if place and lower[place - 1] in words:
        return True
    return place > 1 and f"{lower[place - 2]}_{lower[place - 1]}" in words
