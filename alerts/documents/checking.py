"""Every departure of a document from the form of Decree 30/2020/NĐ-CP. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from alerts.documents.form import FIRST_LINE, FONT, LEAST_GAP, LINES, MARGINS, PAGE, SPECS, Kind, Part
from alerts.documents.naming import parts_of
from alerts.documents.reading import Seen, Sheet, read

#: Setting is read in millimetres and points that were rounded on their way.
_TOLERANCE = 0.6
_SHOWN = 60

_ADDRESSED = frozenset({Kind.SUBMISSION.value, Kind.MEMO.value})
_LAW_WITH_NUMBER = re.compile(r"\b(?:Luật|Bộ luật|Pháp lệnh)\b[^;.]*?\bsố\s+\d+/\d{4}/QH\d+", re.IGNORECASE)
_SYMBOL = re.compile(r"^Số\s?:\s*(?P<number>\d*)\s*(?P<symbol>/\S.*)$")
_DATE = re.compile(r"ngày\s+(?P<day>\d{1,2})\s+tháng\s+(?P<month>\d{1,2})\s+năm")
_ROMAN = re.compile(r"^Phụ lục [IVXLC]+$", re.IGNORECASE)
_ANNEX_NAMED = re.compile(r"phụ lục", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Departure:
    """Something that is not as the form asks.

    Attributes
    ----------
    code
        From a closed set, for programs and tests.
    where
        The part, and the line's beginning.
    sentence
        What is wrong and how it should be, in Vietnamese.
    """

    code: str
    where: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Page:
    """What the rules look at."""

    sheet: Sheet
    parts: Sequence[Part]

    def lines(self, *parts: Part) -> list[Seen]:
        """The lines of these parts, in order."""
        return [line for line, part in zip(self.sheet.lines, self.parts, strict=True) if part in parts and line.text]

    @property
    def is_annex(self) -> bool:
        """Whether it is an annex alone."""
        return not self.lines(Part.NATIONAL) and bool(self.lines(Part.ANNEX))


def check(data: bytes) -> list[Departure]:
    """Check a DOCX file.

    Raises
    ------
    DocumentRefusedError
        If it cannot be read.
    """
    sheet = read(data)
    page = _Page(sheet, parts_of(sheet.lines))
    return [departure for rule in _RULES for departure in rule(page)]


def _at(part: Part, line: Seen) -> str:
    text = line.text if len(line.text) <= _SHOWN else f"{line.text[:_SHOWN]}…"
    return f"{part.value}: {text}"


def _pages(page: _Page) -> Iterator[Departure]:
    for place, (width, height) in enumerate(page.sheet.pages, start=1):
        where = f"phần {place}"
        sides = sorted((width, height))
        if any(abs(one - wanted) > _TOLERANCE for one, wanted in zip(sides, PAGE, strict=True)):
            yield Departure("page", where, f"khổ giấy {width:g} × {height:g} mm, phải là A4 (210 × 297 mm)")
        if width > height:
            continue  # landscape is for tables, and turns the margins with it
        for side, (least, most) in MARGINS.items():
            found = page.sheet.margins[place - 1][side]
            if not least - _TOLERANCE <= found <= most + _TOLERANCE:
                yield Departure("margin", where, f"lề {_SIDES[side]} {found:g} mm, phải từ {least:g} đến {most:g} mm")


_SIDES = {"top": "trên", "bottom": "dưới", "left": "trái", "right": "phải"}


def _page_numbers(page: _Page) -> Iterator[Departure]:
    if not page.sheet.numbered:
        yield Departure("page_number", "đầu trang", "thiếu số trang ở lề trên")
        return
    if not page.sheet.centred:
        yield Departure("page_number", "đầu trang", "số trang phải canh giữa")
    if not page.sheet.hidden_first:
        yield Departure("page_number", "đầu trang", "trang thứ nhất không hiển thị số trang")


def _missing(page: _Page) -> Iterator[Departure]:
    """The parts that every document has, and those that its kind asks for."""
    if page.is_annex:
        return
    needed = [Part.NATIONAL, Part.MOTTO, Part.ISSUER, Part.NUMBER, Part.PLACE, Part.RECIPIENTS, Part.SIGNER]
    title = page.lines(Part.TITLE)
    needed.append(Part.ABSTRACT if title else Part.ABSTRACT_LETTER)
    if not title or title[0].text.upper() in _ADDRESSED:
        needed.append(Part.ADDRESSEE)
    if title and title[0].text.upper() == Kind.DECISION.value:
        needed.append(Part.BASIS)
    for part in needed:
        if not page.lines(part):
            yield Departure("missing", part.value, f"thiếu {part.value}")


def _setting(page: _Page) -> Iterator[Departure]:
    """Face, size, weight, slant, capitals and place of every part."""
    for line, part in zip(page.sheet.lines, page.parts, strict=True):
        spec = SPECS.get(part)
        if not line.text:
            continue
        if any(font != FONT for font in line.fonts):
            yield Departure("font", _at(part, line), f"phông chữ phải là {FONT}")
        if spec is None:
            continue
        least, most = spec.size
        if any(not least <= size <= most for size in line.sizes):
            wanted = f"{least:g}" if least == most else f"{least:g}–{most:g}"
            sizes = ", ".join(f"{size:g}" for size in sorted(line.sizes))
            yield Departure("size", _at(part, line), f"cỡ chữ {sizes}, phải là {wanted}")
        if part is not Part.ARTICLE and line.bold is not spec.bold:
            yield Departure("bold", _at(part, line), "phải in đậm" if spec.bold else "không được in đậm")
        if line.italic is not spec.italic:
            yield Departure("italic", _at(part, line), "phải in nghiêng" if spec.italic else "phải in đứng")
        if spec.upper is not None and (line.text.upper() == line.text) is not spec.upper:
            yield Departure("case", _at(part, line), "phải in hoa" if spec.upper else "phải in thường")
        if spec.centred and line.alignment != "center":
            yield Departure("centred", _at(part, line), "phải canh giữa")


def _bases(page: _Page) -> Iterator[Departure]:
    """Each ends with a semicolon, the last with a full stop; laws are cited without number or issuer."""
    lines = page.lines(Part.BASIS)
    for place, line in enumerate(lines, start=1):
        last = place == len(lines)
        wanted = "." if last else ";"
        if not line.text.endswith(wanted):
            which = "căn cứ cuối cùng kết thúc bằng dấu chấm" if last else "mỗi căn cứ kết thúc bằng dấu chấm phẩy"
            yield Departure("basis_end", _at(Part.BASIS, line), which)
        if _LAW_WITH_NUMBER.search(line.text):
            sentence = "luật, pháp lệnh viện dẫn không ghi số, ký hiệu và cơ quan ban hành"
            yield Departure("law_number", _at(Part.BASIS, line), sentence)


def _numbers(page: _Page) -> Iterator[Departure]:
    """The number's nought, and no spaces around the signs of its symbol."""
    for line in page.lines(Part.NUMBER):
        found = _SYMBOL.match(line.text)
        if found is None:
            yield Departure("symbol", _at(Part.NUMBER, line), "phải ghi “Số: …/…”, ký hiệu sau dấu gạch chéo")
            continue
        if re.search(r"\s*[/-]\s+|\s+-|[/-]\s", found["symbol"]):
            yield Departure("symbol", _at(Part.NUMBER, line), "giữa các nhóm chữ viết tắt không cách chữ")
        if found["symbol"].upper() != found["symbol"] and not re.fullmatch(r"[/\w-]+", found["symbol"]):
            yield Departure("symbol", _at(Part.NUMBER, line), "ký hiệu in hoa")
        if len(found["number"]) == 1:
            yield Departure("nought", _at(Part.NUMBER, line), "số nhỏ hơn 10 phải ghi thêm số 0 phía trước")


def _dates(page: _Page) -> Iterator[Departure]:
    """A nought before days under 10, and before the months 1 and 2 only."""
    for line in page.lines(Part.PLACE):
        found = _DATE.search(line.text)
        if found is None:
            continue
        day, month = found["day"], found["month"]
        if len(day) == 1:
            yield Departure("nought", _at(Part.PLACE, line), "ngày nhỏ hơn 10 phải ghi thêm số 0 phía trước")
        if (len(month) == 1 and int(month) <= 2) or (len(month) == 2 and 3 <= int(month) <= 9):
            sentence = "chỉ tháng 1, tháng 2 ghi thêm số 0 phía trước"
            yield Departure("nought", _at(Part.PLACE, line), sentence)


def _ending(page: _Page) -> Iterator[Departure]:
    """The body ends with ``./.`` and nothing else."""
    if page.is_annex:
        return
    body = page.lines(Part.TEXT, Part.ARTICLE, Part.HEADING)
    body = [line for line in body if not line.text.startswith("(")]
    if body and not body[-1].text.endswith("./."):
        yield Departure("ending", _at(Part.TEXT, body[-1]), "kết thúc nội dung văn bản phải có dấu “./.”")


def _body(page: _Page) -> Iterator[Departure]:
    """Justified, the first line in, a gap of 6 points at least, single to one and a half lines."""
    for line in page.lines(Part.TEXT, Part.ARTICLE):
        at = _at(Part.TEXT, line)
        if line.alignment != "justify":
            yield Departure("justified", at, "nội dung phải dàn đều cả hai lề")
        if all(abs(line.first_line - wanted) > _TOLERANCE for wanted in FIRST_LINE):
            yield Departure("first_line", at, "chữ đầu dòng lùi vào 1 cm hoặc 1,27 cm")
        if line.gap < LEAST_GAP - 0.1:
            yield Departure("gap", at, "khoảng cách giữa các đoạn tối thiểu 6 pt")
        if line.spacing and not LINES[0] - 0.01 <= line.spacing <= LINES[1] + 0.01:
            yield Departure("spacing", at, "khoảng cách dòng từ dòng đơn đến 1,5 dòng")


def _recipients(page: _Page) -> Iterator[Departure]:
    """Each with a dash and a semicolon, the last one *Lưu* and a full stop."""
    lines = page.lines(Part.RECIPIENT)
    for place, line in enumerate(lines, start=1):
        last = place == len(lines)
        if not line.text.startswith("-"):
            yield Departure("recipient", _at(Part.RECIPIENT, line), "mỗi nơi nhận bắt đầu bằng dấu gạch đầu dòng")
        if not line.text.endswith("." if last else ";"):
            wanted = "dòng cuối kết thúc bằng dấu chấm" if last else "mỗi dòng kết thúc bằng dấu chấm phẩy"
            yield Departure("recipient", _at(Part.RECIPIENT, line), wanted)
        if last and not line.text.lstrip("- ").startswith("Lưu"):
            yield Departure("recipient", _at(Part.RECIPIENT, line), "dòng cuối phải là “Lưu: VT, …”")


def _addressees(page: _Page) -> Iterator[Departure]:
    """Several of them stand one a line, with dashes; the last one ends with a full stop."""
    lines = page.lines(Part.ADDRESSEE)
    listed = [line for line in lines if line.text.startswith("-")]
    for place, line in enumerate(listed, start=1):
        if not line.text.endswith("." if place == len(listed) else ";"):
            yield Departure("addressee", _at(Part.ADDRESSEE, line), "cuối dòng có dấu chấm phẩy, dòng cuối có dấu chấm")
    if lines and not listed and not lines[0].text.endswith("."):
        yield Departure("addressee", _at(Part.ADDRESSEE, lines[0]), "cuối dòng Kính gửi có dấu chấm")


def _annexes(page: _Page) -> Iterator[Departure]:
    """Several annexes have Roman figures, and the document refers to them."""
    lines = page.lines(Part.ANNEX)
    if len(lines) >= 2 or any(re.search(r"\d", line.text) for line in lines):
        for line in lines:
            if not _ROMAN.match(line.text):
                yield Departure("annex_number", _at(Part.ANNEX, line), "phụ lục được đánh số bằng chữ số La Mã")
    if not lines or page.is_annex:
        return
    body = page.lines(Part.TEXT, Part.ARTICLE, Part.HEADING, Part.SECTION)
    if not any(_ANNEX_NAMED.search(line.text) for line in body):
        yield Departure("annex_named", _at(Part.ANNEX, lines[0]), "nội dung văn bản phải có chỉ dẫn về phụ lục")


_RULES: tuple[Callable[[_Page], Iterator[Departure]], ...] = (
    *(_pages, _page_numbers, _missing, _setting, _addressees, _bases, _numbers, _dates),
    *(_body, _ending, _recipients, _annexes),
)
