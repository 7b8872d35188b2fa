"""Which part of a document each line is, by its words and its place. Pure."""

import re
from collections.abc import Callable, Sequence

from alerts.documents.form import MOTTO, NATIONAL_TITLE, Kind, Part
from alerts.documents.reading import Seen

_TITLES = frozenset(kind.value for kind in Kind) | {"THÔNG BÁO", "KẾ HOẠCH", "CHỈ THỊ", "QUY CHẾ", "BIÊN BẢN"}
_NATIONAL = frozenset({NATIONAL_TITLE, NATIONAL_TITLE.replace("HÒA", "HOÀ")})
_PLACE = re.compile(r"^[^,]{2,60}, ngày .*tháng .*năm\b", re.IGNORECASE)
_BASIS = re.compile(r"^(?:căn cứ|theo đề nghị|xét đề nghị)\b", re.IGNORECASE)
_SECTION = re.compile(r"^[IVX]{1,5}\. \S")
_HEADING = re.compile(r"^\d{1,2}\. \S")
_ARTICLE = re.compile(r"^Điều \d{1,3}\.")
_ANNEX = re.compile(r"^phụ lục(?: [IVXLC0-9]{1,6})?$", re.IGNORECASE)
_ORDERED = re.compile(r"^(?:Q\s?U\s?Y\s?Ế\s?T\s+Đ\s?Ị\s?N\s?H):$")

#: Parts that their own words tell.
_TELLING: tuple[tuple[Part, Callable[[str], object]], ...] = (
    (Part.NATIONAL, lambda text: text.upper() in _NATIONAL),
    (Part.MOTTO, lambda text: text.lower().replace("–", "-") == MOTTO.lower()),
    (Part.NUMBER, re.compile(r"^số\s?:", re.IGNORECASE).match),
    (Part.PLACE, _PLACE.match),
    (Part.ABSTRACT_LETTER, re.compile(r"^V/v\b").match),
    (Part.ANNEX, _ANNEX.match),
    (Part.ANNEXED_TO, re.compile(r"^\(kèm theo\b", re.IGNORECASE).match),
)


def parts_of(lines: Sequence[Seen]) -> list[Part]:
    """The part of each line; empty lines are `Part.OTHER`."""
    return _Naming(lines).named()


class _Naming:
    """Goes through the lines from the top, and remembers what came before."""

    def __init__(self, lines: Sequence[Seen]) -> None:
        self._lines = lines
        self._titled = self._closing = False
        self._before = Part.OTHER
        self._data = {one.table for one in lines if one.columns > 2}

    def named(self) -> list[Part]:
        found = []
        for line in self._lines:
            part = self._part(line) if line.text else Part.OTHER
            found.append(part)
            if line.text:
                self._before = part
        return _with_issuers(self._lines, found)

    def _part(self, line: Seen) -> Part:
        text = " ".join(line.text.split())
        if line.table in self._data:
            return Part.OTHER
        for part in (self._at_the_end(line, text), self._by_word(text), self._at_the_top(line, text)):
            if part is not None:
                return part
        return self._body(line, text)

    def _by_word(self, text: str) -> Part | None:
        """What its words alone tell."""
        return next((part for part, tells in _TELLING if tells(text)), None)

    def _at_the_top(self, line: Seen, text: str) -> Part | None:
        """Title, abstract, addressees, bases: what follows from what came before."""
        outside = line.table < 0
        if text.upper() in _TITLES and not self._titled and outside:
            self._titled = True
            return Part.TITLE
        follows = {Part.TITLE: Part.ABSTRACT, Part.ANNEX: Part.ANNEX_TITLE}
        if outside and self._before in follows:
            return follows[self._before]
        if text.lower().startswith("kính gửi") or (self._before is Part.ADDRESSEE and text.startswith("-")):
            return Part.ADDRESSEE
        if _ORDERED.match(text.upper()):
            return Part.OTHER
        return Part.BASIS if _BASIS.match(text) else None

    def _at_the_end(self, line: Seen, text: str) -> Part | None:
        """Recipients on the left, the signer on the right."""
        if text.lower().startswith("nơi nhận"):
            self._closing = True
            return Part.RECIPIENTS
        if not self._closing or line.table < 0:
            return None
        if line.column == 0:
            return Part.RECIPIENT
        return Part.SIGNER if text.upper() == text else Part.NAME

    def _body(self, line: Seen, text: str) -> Part:
        if line.table >= 0:
            return Part.OTHER
        if _ARTICLE.match(text):
            return Part.ARTICLE
        if _SECTION.match(text):
            return Part.SECTION
        if _HEADING.match(text) and line.bold:
            return Part.HEADING
        if text.upper() == text and line.bold and line.alignment == "center":
            return Part.AUTHORITY
        return Part.TEXT


def _with_issuers(lines: Sequence[Seen], parts: list[Part]) -> list[Part]:
    """Name issuer and the body above: the lines over the number, in its cell or over it."""
    if Part.NUMBER not in parts:
        return parts
    number = parts.index(Part.NUMBER)
    cell = (lines[number].table, lines[number].column)
    above = [
        place
        for place in range(number)
        if lines[place].text and (lines[place].table, lines[place].column) == cell and parts[place] is Part.OTHER
    ]
    for place in above[:-1]:
        parts[place] = Part.PARENT
    if above:
        parts[above[-1]] = Part.ISSUER
    return parts
