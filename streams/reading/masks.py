"""Masks for what tells a private person in a text; done before anything is stored or read.

Masked are phone numbers, e-mail addresses, numbers of identity papers, bank accounts and cards, and home addresses.
What only looks like one stays: numbers of decrees, amounts, dates, hot lines, roads. Every pattern is linear in the
text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import is_normalized

from streams.reading.text import clean

PHONE = "[số điện thoại]"
MAIL = "[thư điện tử]"
PAPER = "[số giấy tờ]"
ACCOUNT = "[số tài khoản]"
HOME = "[địa chỉ nhà]"

_DIGIT = re.compile(r"[0-9\uff10-\uff19]")
#: Digits with little between them: at least seven of them before anything is asked.
_TRIGGER = re.compile(r"[0-9\uff10-\uff19](?:[^0-9A-Za-zÀ-ỹ\n]{0,3}[0-9\uff10-\uff19]){6}")
_NUMBERS = re.compile(r"(?<![\w.,/])(?:[+(]{0,2}[0-9]{1,19})(?:[ .\-–()]{1,2}[0-9]{1,12}){0,12}(?![\d/]|[.,]\d)")
_GROUP = re.compile(r"[0-9]+")
_FULL_WIDTH = {0xFF10 + digit: 0x30 + digit for digit in range(10)} | {0xFF20: 0x40}
#: What follows an amount.
_UNIT = re.compile(
    r"\s*(?:đồng|đ\b|vnđ|vnd|usd|triệu|tr\b|tỷ|tỉ|nghìn|ngàn|k\b|%|người|hồ sơ|khách|lượt)", re.IGNORECASE
)
_PAPER_BEFORE = re.compile(
    r"(?<!\w)(?:cccd|cmnd|cmtnd|căn cước|can cuoc|chứng minh|hộ chiếu|passport|bhxh|bảo hiểm xã hội|định danh|"
    r"dinh danh|giấy phép lái xe|gplx|thuế cá nhân)[^\d\n]{0,25}$",
    re.IGNORECASE,
)
_ACCOUNT_BEFORE = re.compile(
    r"(?<!\w)(?:stk|số tài khoản|so tai khoan|số tk|so tk|account no\.?|account number)[^\d\n]{0,30}$", re.IGNORECASE
)
_BANK_BEFORE = re.compile(
    r"(?<!\w)(?:tài khoản|tai khoan|tk|vietcombank|vcb|techcombank|tcb|bidv|agribank|vietinbank|mb ?bank|mb|vpbank|acb|"
    r"sacombank|tpbank|vib|shb|hdbank|momo|zalopay)[^\d\n]{0,25}$",
    re.IGNORECASE,
)
#: So many letters before a number are looked at.
_BEFORE = 48

_MAIL = re.compile(r"[\w.+%-]{1,64} ?(?:@|\(at\)) ?[\w-]{1,63}(?: ?\. ?[\w-]{2,24}){1,4}", re.IGNORECASE)

_CAPITAL = (
    "[" + "".join(chr(code) for code in range(0x41, 0x1EFA) if chr(code).isupper() and not 0x250 < code < 0x1E00) + "]"
)
_N = r"[0-9]{1,4}[a-zA-Z]?(?:/[0-9]{1,4}[a-zA-Z]?){0,4}"
#: The number of a house, and what follows it: alleys, a street.
_HOUSE = re.compile(rf"(?<![\w/.,-]){_N}(?![\w%/.]*[0-9%])")
_ALLEYS = re.compile(rf"(?:,? (?i:ngõ|ngách|hẻm|kiệt|ngo|ngach|hem) {_N})+")
_STREET = re.compile(
    rf",? (?:(?i:đường|phố|duong|pho) (?:{_CAPITAL}[^\W\d_]*(?: {_CAPITAL}[^\W\d_]*){{0,3}}"
    rf"|(?i:số) [0-9]{{1,3}}[a-zA-Z]?)|{_CAPITAL}[^\W\d_]+(?: {_CAPITAL}[^\W\d_]*){{0,3}})"
)
#: One of these stands by the number of a home, or the number has a slash and a street follows.
_HOME_WORDS = (
    "nhà số", "số nhà", "ngụ ", "trú ", "sống tại", "sống ở", "nhà ở", "nhà tại", "nhà riêng", "địa chỉ", "hẻm", "ngõ",
    "ngách", "kiệt ", "nha so", "so nha", "ngu tai", "tru tai", "dia chi", "hem ", "ngach",
)  # fmt: skip
_SLASHED = re.compile(r"[0-9][a-zA-Z]?/[0-9]{1,4}[a-zA-Z]?(?:/[0-9a-zA-Z]{1,5})*,?\s(?:đường|phố)", re.IGNORECASE)
#: What stands before the number of a home; of one that may be anybody's.
_HOUSE_BEFORE = re.compile(r"(?<!\w)(?:nhà số|số nhà|nha so|so nha) ?:? ?$", re.IGNORECASE)
_LIVES_BEFORE = re.compile(
    r"(?<!\w)(?:(?:ngụ|trú|ngu|tru)(?: (?:ở|tại|o|tai))?|(?:sống|nhà riêng|nhà) (?:ở|tại)"
    r"|(?:địa chỉ|dia chi)(?: nhà)? ?:) ?:? ?(?P<number>(?:số|so) )?$",
    re.IGNORECASE,
)
_NUMBER_BEFORE = re.compile(r"(?<!\w)(?:số|so) $", re.IGNORECASE)
_DATE_BEFORE = re.compile(r"(?<!\w)(?:ngày|sáng|trưa|chiều|tối|đêm|hôm|km|ngay|từ|đến) ?$", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"@|%40|(?:phone|tel|sdt|cccd|cmnd|email)=", re.IGNORECASE)


def mask(text: str) -> str:
    """`text` with a word in brackets for each thing that tells a person; the same object where there is none.

    Examples
    --------
    >>> mask("Gọi 0912 345 678 hoặc a.b@example.vn, STK 19012345678901")
    'Gọi [số điện thoại] hoặc [thư điện tử], STK [số tài khoản]'
    >>> mask("Nghị định 168/2024/NĐ-CP ngày 26-12-2024 phạt 20.000.000 đồng")
    'Nghị định 168/2024/NĐ-CP ngày 26-12-2024 phạt 20.000.000 đồng'
    """
    if not _may_hold(text):
        return text
    cleaned = clean(text).translate(_FULL_WIDTH)
    masked = _MAIL.sub(MAIL, cleaned) if "@" in cleaned or "(at)" in cleaned else cleaned
    if _DIGIT.search(masked):
        masked = _homes(masked)
        if _TRIGGER.search(masked):
            masked = _NUMBERS.sub(_numbers, masked)
    return text if masked == cleaned else masked


def _may_hold(text: str) -> bool:
    """Whether it is worth looking: far the most texts have neither a long number, a mail's sign nor a home's words."""
    if "@" in text or "＠" in text or "&" in text or "(at)" in text:
        return True
    if _DIGIT.search(text) is None:
        return False
    if _TRIGGER.search(text) is not None or not is_normalized("NFC", text):
        return True
    lower = text.lower()
    if any(map(lower.__contains__, _HOME_WORDS)):  # twice as fast as a generator
        return True
    return "/" in text and ("đường" in lower or "phố" in lower) and _SLASHED.search(text) is not None


def _homes(text: str) -> str:
    """`text` with the numbers of homes masked, alley and street with them."""
    out: list[str] = []
    end = 0
    for match in _HOUSE.finditer(text):
        start = match.start()
        if start >= end and (stop := _home(text, match)):
            out += (text[end:start], HOME)
            end = stop
    return "".join((*out, text[end:])) if out else text


def _home(text: str, match: re.Match[str]) -> int:
    """Where the address ends whose house has this number; 0 if it is no home's."""
    start, stop = match.span()
    before = text[max(0, start - 24) : start]
    alleys = _ALLEYS.match(text, stop)
    street = _STREET.match(text, alleys.end() if alleys else stop)
    end = street.end() if street else alleys.end() if alleys else stop
    if _HOUSE_BEFORE.search(before):
        return end
    lives = _LIVES_BEFORE.search(before)
    if lives and (lives["number"] or "/" in match[0] or alleys or street):
        return end
    if _NUMBER_BEFORE.search(before):
        return end if alleys or ("/" in match[0] and street) else 0
    is_address = "/" in match[0] and street and street[0].startswith((" đường", " phố", " duong", " pho"))
    return end if is_address and not _DATE_BEFORE.search(before) else 0


def _numbers(match: re.Match[str]) -> str:
    """The stretch with those of its numbers masked that tell a person."""
    stretch = match[0]
    if sum(sign.isdigit() for sign in stretch) < 6 or _UNIT.match(match.string, match.end()):
        return stretch
    before = match.string[max(0, match.start() - _BEFORE) : match.start()]
    groups = list(_GROUP.finditer(stretch))
    named = _named(before, [group[0] for group in groups])
    if named:
        return named
    out, end, place = [], 0, 0
    while place < len(groups):
        stop, kind = _longest(groups, place, stretch)
        if kind:
            start = groups[place].start()
            out.append(stretch[end:start].rstrip("+(") + kind)
            end = groups[stop - 1].end()
            end += stretch[end : end + 1] == ")" and "(" not in stretch[groups[place].start() : end]
            place = stop
        else:
            place += 1
    return "".join((*out, stretch[end:]))


def _named(before: str, groups: Sequence[str]) -> str:
    """What the words before a number say that it is; empty if they say nothing."""
    digits = sum(map(len, groups))
    if _is_time(groups):
        return ""
    if _PAPER_BEFORE.search(before) and 7 <= digits <= 13:
        return PAPER
    if _ACCOUNT_BEFORE.search(before) and 6 <= digits <= 19:
        return ACCOUNT
    thousands = len(groups) > 1 and all(len(group) == 3 for group in groups[1:])
    if _BANK_BEFORE.search(before) and 8 <= digits <= 19 and not thousands:
        return ACCOUNT
    return ""


def _is_time(groups: Sequence[str]) -> bool:
    """Whether these are a date, a span of years, or the like."""
    years = sum(len(group) == 4 and group[:2] in {"19", "20"} for group in groups)
    return years > 0 and all(len(group) <= 2 for group in groups if len(group) != 4) and len(groups) <= 6


def _longest(groups: Sequence[re.Match[str]], place: int, stretch: str) -> tuple[int, str]:
    """The most groups from `place` on that are one number of a person, and what it is."""
    for stop in range(min(len(groups), place + 12), place, -1):
        parts = [group[0] for group in groups[place:stop]]
        plus = stretch[: groups[place].start()].endswith(("+", "+(", "(+"))
        kind = _kind("".join(parts), [len(part) for part in parts], plus=plus)
        if kind:
            return stop, kind
    return place, ""


def _kind(digits: str, shape: Sequence[int], *, plus: bool) -> str:
    """What a number without any word before it is: told by its first digits, its length and its groups."""
    if _is_phone(digits, shape) or _is_international(digits, shape, plus=plus):
        return PHONE
    if len(digits) == 12 and digits[0] == "0" and 1 <= int(digits[:3]) <= 96 and tuple(shape) in _CARD_SHAPES:
        return PAPER
    is_card = len(digits) == 16 and tuple(shape) in {(16,), (4, 4, 4, 4)} and _luhn(digits)
    return ACCOUNT if is_card else ""


def _is_phone(digits: str, shape: Sequence[int]) -> bool:
    """Whether it is a mobile or landline number, or one of the old mobile numbers; a date has no such groups."""
    if len(digits) == 11 and digits[:2] == "01":
        return shape[0] in {4, 5, 11}
    as_people_write = len(shape) == 1 or shape[0] in {3, 4, 5} or set(shape) == {1}
    is_mobile = len(digits) == 10 and digits[0] == "0" and digits[1] in "35789"
    return as_people_write and (is_mobile or (digits[:2] == "02" and len(digits) in {10, 11}))


def _is_international(digits: str, shape: Sequence[int], *, plus: bool) -> bool:
    digits = digits.removeprefix("00")
    national = digits.removeprefix("84").removeprefix("0")
    is_vietnam = digits.startswith("84") and 9 <= len(national) <= 10 and national[0] in "235789"
    return is_vietnam and (plus or shape[0] in {2, 4, 11})


_CARD_SHAPES = frozenset(((12,), (3, 3, 6), (3, 3, 3, 3), (4, 4, 4)))


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def tells_a_person(url: str) -> bool:
    """Whether an address itself carries what would be masked in a text, so that it is better left out.

    Examples
    --------
    >>> tells_a_person("https://example.vn/?phone=0912345678"), tells_a_person("https://example.vn/185250809150433582.htm")
    (True, False)
    """
    return _IN_ADDRESS.search(url) is not None
