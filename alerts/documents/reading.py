"""A DOCX file as the checker sees it: lines with the part they are and how they are set. Nothing of it is run."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import docx
from docx.document import Document as Docx
from docx.oxml.ns import qn
from docx.shared import Length
from docx.table import Table
from docx.text.paragraph import Paragraph

from alerts.documents.form import FONT

#: Bounds of a file: nothing an office writes comes near.
_MOST_BYTES, _MOST_UNPACKED, _MOST_FILES = 20 * 2**20, 60 * 2**20, 2_000
_MOST_LINES = 20_000


class DocumentRefusedError(ValueError):
    """What cannot be read as a document; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A line of a document.

    Attributes
    ----------
    table, row, column
        Where it stands, if it does in a table: number of the table, and the cell.
    columns
        Columns of that table; 0 outside.
    sizes, fonts
        Of its letters, in points.
    bold, italic
        Whether all of its letters are; `None` where some are.
    alignment
        ``left``, ``center``, ``right``, ``justify``.
    first_line, gap, spacing
        Millimetres; points to the next paragraph (the greater of both sides); lines, 0 where it is a fixed height.
    """

    text: str
    table: int = -1
    row: int = 0
    column: int = 0
    columns: int = 0
    sizes: frozenset[float] = frozenset()
    fonts: frozenset[str] = frozenset()
    bold: bool | None = False
    italic: bool | None = False
    alignment: str = "left"
    first_line: float = 0.0
    gap: float = 0.0
    spacing: float = 1.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document as it was read.

    Attributes
    ----------
    pages
        Width and height of each section, in millimetres.
    margins
        Top, bottom, left and right of each section.
    numbered, centred, hidden_first
        Whether pages have numbers in their header; whether these are centred; whether the first page has none.
    """

    lines: tuple[Seen, ...]
    pages: tuple[tuple[float, float], ...]
    margins: tuple[dict[str, float], ...]
    numbered: bool
    centred: bool
    hidden_first: bool


def read(data: bytes) -> Sheet:
    """Read a DOCX file.

    Raises
    ------
    DocumentRefusedError
        If it is none, or too large, or holds what a document does not (entities, a packed bomb).
    """
    _check(data)
    try:
        document = docx.Document(io.BytesIO(data))
        lines = tuple(line for line, _ in zip(_lines(document), range(_MOST_LINES), strict=False))
        return Sheet(lines, *_geometry(document), *_numbers(document))
    except DocumentRefusedError:
        raise
    except Exception as error:  # whatever a damaged file makes a library raise is the file's fault
        raise DocumentRefusedError(f"the file cannot be read as a document ({type(error).__name__})") from error


def _check(data: bytes) -> None:
    """Look at the package before anything is parsed."""
    if len(data) > _MOST_BYTES:
        raise DocumentRefusedError(f"the file has more than {_MOST_BYTES // 2**20} MiB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
            if len(entries) > _MOST_FILES or sum(one.file_size for one in entries) > _MOST_UNPACKED:
                raise DocumentRefusedError("the file unpacks to more than a document needs")
            for one in entries:
                if not one.filename.endswith((".xml", ".rels")):
                    continue
                with package.open(one) as part:
                    content = part.read(one.file_size + 1)
                if len(content) > one.file_size or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
                    raise DocumentRefusedError(f"{one.filename[:100]} holds what a document has no need of")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        if isinstance(error, DocumentRefusedError):
            raise
        raise DocumentRefusedError("the file is no DOCX document") from error


def _lines(document: Docx) -> Iterator[Seen]:
    tables = 0
    for block in document.iter_inner_content():
        if isinstance(block, Paragraph):
            yield _seen(document, block)
            continue
        yield from _cells(document, block, tables)
        tables += 1


def _cells(document: Docx, table: Table, number: int) -> Iterator[Seen]:
    columns = len(table.columns)
    for row, cells in enumerate(table.rows):
        for column, cell in enumerate(cells.cells):
            for paragraph in cell.paragraphs:
                yield _seen(document, paragraph, (number, row, column, columns))


def _seen(document: Docx, paragraph: Paragraph, where: tuple[int, int, int, int] = (-1, 0, 0, 0)) -> Seen:
    runs = [run for run in paragraph.runs if run.text.strip()]
    bold = {bool(_of(document, paragraph, run, "bold")) for run in runs}
    italic = {bool(_of(document, paragraph, run, "italic")) for run in runs}
    sizes = {float(size.pt) for run in runs if (size := _of(document, paragraph, run, "size")) is not None}
    fonts = {name for run in runs if (name := _of(document, paragraph, run, "name")) is not None}
    spacing = _format(paragraph, "line_spacing")
    before, after = _format(paragraph, "space_before"), _format(paragraph, "space_after")
    alignment = paragraph.alignment if paragraph.alignment is not None else _format(paragraph, "alignment")
    return Seen(
        paragraph.text.strip(),
        *where,
        sizes=frozenset(sizes),
        fonts=frozenset(fonts),
        bold=bold.pop() if len(bold) == 1 else (None if bold else False),
        italic=italic.pop() if len(italic) == 1 else (None if italic else False),
        alignment=_ALIGNMENT.get(int(alignment) if alignment is not None else 0, "left"),
        first_line=_mm(_format(paragraph, "first_line_indent")),
        gap=max(float(one.pt) if one is not None else 0.0 for one in (before, after)),
        spacing=0.0 if isinstance(spacing, Length) else float(spacing if spacing is not None else 1.0),
    )


_ALIGNMENT = {0: "left", 1: "center", 2: "right", 3: "justify"}


def _of(document: Docx, paragraph: Paragraph, run: Any, name: str) -> Any:
    """What holds for a run: its own word, else that of its styles, else the document's."""
    value = getattr(run.font, name)
    if value is not None:
        return value
    for style in (*_styles(run.style), *_styles(paragraph.style)):
        value = getattr(style.font, name)
        if value is not None:
            return value
    return _default(document, name)


def _styles(style: Any) -> Iterator[Any]:
    """A style and those it is based on."""
    while style is not None:
        yield style
        style = style.base_style


def _default(document: Docx, name: str) -> Any:
    defaults = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    if defaults is None:
        return None
    if name == "size":
        size = defaults.find(qn("w:sz"))
        return None if size is None else Length(int(float(size.get(qn("w:val"), "20")) * 6350))
    if name == "name":
        fonts = defaults.find(qn("w:rFonts"))
        return None if fonts is None else fonts.get(qn("w:ascii"), FONT)
    return None


def _format(paragraph: Paragraph, name: str) -> Any:
    """What holds for a paragraph: its own word, else that of its styles."""
    own = (paragraph, *_styles(paragraph.style))
    values = (getattr(one.paragraph_format, name) for one in own)
    return next((value for value in values if value is not None), None)


def _mm(length: Length | None) -> float:
    return 0.0 if length is None else round(float(length.mm), 1)


def _geometry(document: Docx) -> tuple[tuple[tuple[float, float], ...], tuple[dict[str, float], ...]]:
    pages = tuple((_mm(one.page_width), _mm(one.page_height)) for one in document.sections)
    margins = tuple(
        {side: _mm(getattr(one, f"{side}_margin")) for side in ("top", "bottom", "left", "right")}
        for one in document.sections
    )
    return pages, margins


def _numbers(document: Docx) -> tuple[bool, bool, bool]:
    section = document.sections[0]
    numbered = [line for line in section.header.paragraphs if _has_number(line)]
    first = section.different_first_page_header_footer
    shown_first = first and any(_has_number(line) for line in section.first_page_header.paragraphs)
    centred = bool(numbered) and all(
        (line.alignment if line.alignment is not None else _format(line, "alignment")) == 1 for line in numbered
    )
    return bool(numbered), centred, first and not shown_first


def _has_number(line: Paragraph) -> bool:
    texts = [one.text or "" for one in line._p.iter(qn("w:instrText"))]  # noqa: SLF001 - no fields in python-docx
    texts += [one.get(qn("w:instr"), "") for one in line._p.iter(qn("w:fldSimple"))]  # noqa: SLF001 - as above
    return any("PAGE" in text.split() for text in texts)
