"""A document as DOCX, set as the decree asks."""

import io
import unicodedata
from datetime import UTC, datetime
from typing import Any

import docx
from docx.document import Document as Docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph as Line

from alerts.documents.form import FONT, MOTTO, NATIONAL_TITLE, PAGE, SPECS, Kind, Part
from alerts.documents.model import Document, Paragraph, Table

_MARGIN = {"top": 20.0, "bottom": 20.0, "left": 30.0, "right": 15.0}
_WIDTH = PAGE[0] - _MARGIN["left"] - _MARGIN["right"]
_FIRST_LINE = 10.0
_GAP = 6.0
_BODY_SIZE = 14.0
#: Millimetres of a letter of Times New Roman at 1 point, on the average of Vietnamese capitals and small letters.
_LETTER = 0.178
#: A document has no time of its own: the same content is the same bytes.
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def write(document: Document) -> bytes:
    """The bytes of a DOCX file."""
    made = _empty()
    _page_numbers(made)
    _stamps(made, document)
    if document.kind is Kind.ANNEX:
        _annex_head(made, document)
    else:
        _head(made, document)
        _opening(made, document)
    for block in document.body:
        if isinstance(block, Table):
            _table(made, block)
        else:
            _paragraph(made, block, compact=document.compact)
    if document.kind is not Kind.ANNEX:
        _closing(made, document)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def _safe(text: str) -> str:
    """Text without control, direction or invisible signs; spaces stay, since blanks to be filled in are spaces."""
    return "".join(sign if sign == " " or unicodedata.category(sign)[0] not in "CZ" else " " for sign in text)


def _empty() -> Docx:
    """A4, margins, and the face; nothing else."""
    made = docx.Document()
    section = made.sections[0]
    section.page_width, section.page_height = Mm(PAGE[0]), Mm(PAGE[1])
    section.top_margin, section.bottom_margin = Mm(_MARGIN["top"]), Mm(_MARGIN["bottom"])
    section.left_margin, section.right_margin = Mm(_MARGIN["left"]), Mm(_MARGIN["right"])
    section.header_distance = Mm(10)
    style = made.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(_BODY_SIZE)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(kind), FONT)
    style.paragraph_format.space_after = Pt(0)
    about = made.core_properties
    about.author, about.title, about.comments = "canhbao", "", ""
    about.created = about.modified = _NEVER
    about.language = "vi-VN"
    return made


def _page_numbers(made: Docx) -> None:
    """Centred in the top margin, not on the first page."""
    section = made.sections[0]
    section.different_first_page_header_footer = True
    line = section.header.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = line.add_run()
    run.font.size = Pt(13)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        if kind:
            sign = OxmlElement("w:fldChar")
            sign.set(qn("w:fldCharType"), kind)
        else:
            sign = OxmlElement("w:instrText")
            sign.set(qn("xml:space"), "preserve")
            sign.text = text
        run._r.append(sign)  # noqa: SLF001 - python-docx has no fields of its own


def _stamps(made: Docx, document: Document) -> None:
    if document.stamps:
        line = made.sections[0].first_page_header.paragraphs[0]
        _set(line, " – ".join(document.stamps), Part.STAMP)


def _set(line: Line, text: str, part: Part, size: float | None = None) -> None:
    """Put text into a line, as its part is set."""
    spec = SPECS[part]
    run = line.add_run(_safe(text.upper() if spec.upper else text))
    run.font.name = FONT
    run.font.size = Pt(size or spec.size[1])
    run.font.bold, run.font.italic = spec.bold, spec.italic
    if spec.centred:
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _cells(made: Docx, left: float) -> tuple[_Cell, _Cell]:
    """Two columns without lines; `left` is the first one's share."""
    table = made.add_table(rows=1, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    first, second = table.rows[0].cells
    for place, (cell, share) in enumerate(((first, left), (second, 1 - left))):
        cell.width = table.columns[place].width = Mm(_WIDTH * share)
    return first, second


def _line(cell: _Cell, text: str, part: Part, *, first: bool = False, size: float | None = None) -> Line:
    line: Line = cell.paragraphs[0] if first else cell.add_paragraph()
    _set(line, text, part, size)
    return line


def _rule(cell: _Cell, width: float, whole: float) -> None:
    """A solid line under the text before it: a border as wide as is asked, drawn on an empty line."""
    line = cell.add_paragraph()
    side = Mm(max(0.0, (whole - width) / 2))
    line.paragraph_format.left_indent = line.paragraph_format.right_indent = side
    line.paragraph_format.space_before = Pt(2)
    line.paragraph_format.line_spacing = Pt(3)
    line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    border = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    border.append(top)
    properties = line._p.get_or_add_pPr()  # noqa: SLF001 - python-docx has no borders of its own
    properties.append(border)


def _wide(text: str, size: float) -> float:
    return len(text) * size * _LETTER


def _head(made: Docx, document: Document) -> None:
    """Issuer and number on the left, national title, motto, place and date on the right."""
    share = 0.39
    left, right = _cells(made, share)
    names = ([(document.parent, Part.PARENT)] if document.parent else []) + [(document.issuer, Part.ISSUER)]
    for place, (name, part) in enumerate(names):
        _line(left, name, part, first=place == 0, size=13)
    width = _WIDTH * share - 4
    _rule(left, min(width * 0.8, _wide(document.issuer, 13) * 0.45), width)
    _line(left, f"Số:        {document.symbol}", Part.NUMBER)
    if document.kind is Kind.LETTER:
        abstract = _line(left, f"V/v {document.abstract}", Part.ABSTRACT_LETTER, size=12)
        abstract.paragraph_format.space_before = Pt(6)
    _line(right, NATIONAL_TITLE, Part.NATIONAL, first=True, size=12)
    _line(right, MOTTO, Part.MOTTO, size=13)
    width = _WIDTH * (1 - share) - 4
    _rule(right, min(width, _wide(MOTTO, 13)), width)
    date = _line(right, f"{document.place}, ngày       tháng       năm {document.year}", Part.PLACE, size=13)
    date.paragraph_format.space_before = Pt(2)


def _opening(made: Docx, document: Document) -> None:
    """Kind and abstract, addressees, authority, bases: what comes before the body."""
    if document.kind is not Kind.LETTER:
        title = made.add_paragraph()
        title.paragraph_format.space_before = Pt(12)
        _set(title, document.kind.value, Part.TITLE)
        abstract = made.add_paragraph()
        _set(abstract, document.abstract, Part.ABSTRACT)
        _page_rule(made, _WIDTH * 0.3)
    if document.addressees:
        _addressees(made, document.addressees)
    if document.authority:
        line = made.add_paragraph()
        line.paragraph_format.space_before = line.paragraph_format.space_after = Pt(_GAP)
        _set(line, document.authority, Part.AUTHORITY)
    for place, basis in enumerate(document.bases, start=1):
        line = made.add_paragraph()
        _shaped(line)
        _set(line, basis + ("." if place == len(document.bases) else ";"), Part.BASIS)
    if document.kind is Kind.DECISION:
        line = made.add_paragraph()
        line.paragraph_format.space_before = line.paragraph_format.space_after = Pt(_GAP)
        _set(line, "QUYẾT ĐỊNH:", Part.TITLE)


def _page_rule(made: Docx, width: float) -> None:
    table = made.add_table(rows=1, cols=1)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    cell = table.rows[0].cells[0]
    cell.width = Mm(_WIDTH)
    cell.paragraphs[0].paragraph_format.line_spacing = Pt(1)
    _rule(cell, width, _WIDTH - 4)


def _addressees(made: Docx, addressees: tuple[str, ...]) -> None:
    """On one line, or one a line where there are several."""
    line = made.add_paragraph()
    line.paragraph_format.space_before = line.paragraph_format.space_after = Pt(_GAP)
    line.paragraph_format.left_indent = Mm(25)
    if len(addressees) == 1:
        _set(line, f"Kính gửi: {addressees[0]}.", Part.ADDRESSEE)
        return
    _set(line, "Kính gửi:", Part.ADDRESSEE)
    for place, one in enumerate(addressees, start=1):
        line = made.add_paragraph()
        line.paragraph_format.left_indent = Mm(45)
        _set(line, f"- {one}{'.' if place == len(addressees) else ';'}", Part.ADDRESSEE)


def _shaped(line: Line, *, compact: bool = False) -> None:
    """As the body is: justified, first line in, a gap before the next."""
    line.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    line.paragraph_format.first_line_indent = Mm(_FIRST_LINE)
    line.paragraph_format.space_after = Pt(_GAP)
    line.paragraph_format.line_spacing = 1.0 if compact else 1.1


def _paragraph(made: Docx, block: Paragraph, *, compact: bool) -> None:
    line = made.add_paragraph()
    _shaped(line, compact=compact)
    size = SPECS[block.part].size[0 if compact else 1]
    text = block.text
    if block.part is Part.ARTICLE:
        head, _, text = block.text.partition(". ")
        bold = line.add_run(_safe(f"{head}. "))
        bold.font.name, bold.font.size, bold.font.bold = FONT, Pt(size), True
    _set(line, text, block.part, size)
    if block.part in {Part.SECTION, Part.HEADING}:
        line.paragraph_format.keep_with_next = True


def _table(made: Docx, block: Table) -> None:
    table = made.add_table(rows=0, cols=len(block.widths))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, share in zip(table.columns, block.widths, strict=True):
        column.width = Mm(_WIDTH * share)
    for place, row in enumerate(block.rows):
        for cell, text, share in zip(table.add_row().cells, row, block.widths, strict=True):
            cell.width = Mm(_WIDTH * share)
            run = cell.paragraphs[0].add_run(_safe(text))
            run.font.name, run.font.size, run.font.bold = FONT, Pt(12), place == 0
            if place == 0:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    made.add_paragraph()


def _closing(made: Docx, document: Document) -> None:
    """What is sent along, then recipients beside the signer; room for signature and seal stays empty."""
    if document.attachments:
        line = made.add_paragraph()
        _shaped(line)
        _set(line, f"(Xin gửi kèm: {'; '.join(document.attachments)}.)", Part.TEXT)
    left, right = _cells(made, 0.5)
    _kept_whole(left)
    _line(left, "Nơi nhận:", Part.RECIPIENTS, first=True)
    for place, one in enumerate(document.recipients, start=1):
        _line(left, f"- {one}{'.' if place == len(document.recipients) else ';'}", Part.RECIPIENT)
    for place, one in enumerate(document.signer):
        _line(right, one, Part.SIGNER, first=place == 0)
    for _ in range(4):  # room for the signature and the seal
        right.add_paragraph()


def _kept_whole(cell: _Cell) -> None:
    """Let a cell's row stay on one page."""
    row: Any = cell._tc.getparent()  # noqa: SLF001 - python-docx has no rows that stay whole
    row.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _annex_head(made: Docx, document: Document) -> None:
    _set(made.add_paragraph(), f"Phụ lục {document.annex}".strip(), Part.ANNEX)
    _set(made.add_paragraph(), document.abstract, Part.ANNEX_TITLE)
    _set(made.add_paragraph(), f"(Kèm theo {document.annexed_to})", Part.ANNEXED_TO)
    made.add_paragraph()
