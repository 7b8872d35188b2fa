"""The check finds each fault that is put into a document, and names it."""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.documents.checking import check
from alerts.documents.form import Part
from alerts.documents.model import Document, Paragraph
from alerts.documents.reading import DocumentRefusedError
from alerts.documents.writer import write
from tests.alerts.documents.examples import ANNEX, DECISION, LETTER, SUBMISSION, changed

Fault = Callable[[Any], None]


def codes(data: bytes) -> set[str]:
    return {one.code for one in check(data)}


def spoilt(fault: Fault, document: Document = SUBMISSION) -> bytes:
    """A document as somebody edits it by hand."""
    edited = docx.Document(io.BytesIO(write(document)))
    fault(edited)
    buffer = io.BytesIO()
    edited.save(buffer)
    return buffer.getvalue()


def every(edited: Any) -> list[Any]:
    """All paragraphs, in tables too."""
    found = list(edited.paragraphs)
    for table in edited.tables:
        for cell in [cell for row in table.rows for cell in row.cells]:
            found += cell.paragraphs
    return found


def line(edited: Any, beginning: str) -> Any:
    return next(one for one in every(edited) if one.text.strip().startswith(beginning))


def _text(beginning: str, new: str) -> Fault:
    def fault(edited: Any) -> None:
        runs = line(edited, beginning).runs
        runs[0].text = new
        for run in runs[1:]:
            run.text = ""

    return fault


def _font(beginning: str, **changes: Any) -> Fault:
    def fault(edited: Any) -> None:
        for run in line(edited, beginning).runs:
            for name, value in changes.items():
                setattr(run.font, name, value)

    return fault


def _shape(beginning: str, **changes: Any) -> Fault:
    def fault(edited: Any) -> None:
        for name, value in changes.items():
            setattr(line(edited, beginning).paragraph_format, name, value)

    return fault


def _section(**changes: Any) -> Fault:
    def fault(edited: Any) -> None:
        for name, value in changes.items():
            setattr(edited.sections[0], name, value)

    return fault


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (_section(page_width=Mm(216), page_height=Mm(279)), "page"),
        (_section(left_margin=Mm(25)), "margin"),
        (_section(right_margin=Mm(25)), "margin"),
        (_section(different_first_page_header_footer=False), "page_number"),
        (lambda edited: edited.sections[0].header.paragraphs[0].clear(), "page_number"),
        (_font("Số liệu", name="Arial"), "font"),
        (_font("Nơi nhận", size=Pt(13)), "size"),
        (_font("- Như trên", size=Pt(13)), "size"),
        (_font("CƠ QUAN CẤP TRÊN", bold=True), "bold"),
        (_font("Độc lập", bold=False), "bold"),
        (_font("Hà Nội, ngày", italic=False), "italic"),
        (_font("Số liệu", italic=True), "italic"),
        (_text("TỜ TRÌNH", "Tờ trình"), "case"),
        (_text("BỘ VÍ DỤ", "Bộ Ví dụ"), "case"),
        (_shape("TỜ TRÌNH", alignment=WD_ALIGN_PARAGRAPH.LEFT), "centred"),
        (_text("Kính gửi", "Kính gửi: Thủ tướng Chính phủ"), "addressee"),
        (_text("Số:", "Số: 17/TTr - BVD"), "symbol"),
        (_text("Số:", "Số: 7/TTr-BVD"), "nought"),
        (_text("Hà Nội, ngày", "Hà Nội, ngày 5 tháng 3 năm 2026"), "nought"),
        (_text("Hà Nội, ngày", "Hà Nội, ngày 05 tháng 03 năm 2026"), "nought"),
        (_text("Hà Nội, ngày", "Hà Nội, ngày 05 tháng 2 năm 2026"), "nought"),
        (_text("Bộ Ví dụ kính trình", "Bộ Ví dụ kính trình Thủ tướng Chính phủ xem xét, quyết định."), "ending"),
        (_shape("Số liệu", alignment=WD_ALIGN_PARAGRAPH.LEFT), "justified"),
        (_shape("Số liệu", first_line_indent=Mm(0)), "first_line"),
        (_shape("Số liệu", space_after=Pt(0)), "gap"),
        (_shape("Số liệu", line_spacing=2.0), "spacing"),
        (_text("- Lưu: VT", "- Lưu: VT"), "recipient"),
        (_text("- Như trên", "Như trên;"), "recipient"),
    ],
)
def test_a_fault_of_setting_is_found(fault: Fault, code: str) -> None:
    assert codes(spoilt(fault)) == {code}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (changed(addressees=()), "missing"),
        (changed(signer=()), "missing"),
        (changed(DECISION, bases=()), "missing"),
        (
            changed(DECISION, bases=("Căn cứ Luật Tổ chức Chính phủ số 63/2025/QH15 ngày 18 tháng 02 năm 2025",)),
            "law_number",
        ),
        (changed(DECISION, body=(Paragraph("Điều 1. Thành lập.", Part.ARTICLE),)), "ending"),
        (changed(recipients=("Như trên",)), "recipient"),
        (changed(ANNEX, annex="2"), "annex_number"),
        (changed(LETTER, abstract=""), ""),
    ],
)
def test_a_fault_of_content_is_found(document: Document, code: str) -> None:
    found = codes(write(document))
    assert found == ({code} if code else set())


def test_the_last_basis_ends_with_a_full_stop() -> None:
    assert codes(spoilt(_text("Theo đề nghị", "Theo đề nghị của Bộ trưởng Bộ Ví dụ,"), DECISION)) == {"basis_end"}
    assert codes(spoilt(_text("Căn cứ", "Căn cứ Luật Tổ chức Chính phủ."), DECISION)) == {"basis_end"}


def test_several_annexes_have_roman_figures_and_are_referred_to() -> None:
    def annexes(numbers: tuple[str, ...]) -> Fault:
        def fault(edited: Any) -> None:
            for number in numbers:
                for text, size in ((f"Phụ lục {number}", 14), ("TÊN PHỤ LỤC", 14)):
                    added = edited.add_paragraph()
                    added.alignment = WD_ALIGN_PARAGRAPH.CENTER
                    run = added.add_run(text)
                    run.font.size, run.font.bold = Pt(size), True

        return fault

    plain = (Paragraph("Nội dung./."),)
    assert codes(spoilt(annexes(("I", "II")))) == set()
    assert codes(spoilt(annexes(("1", "2")))) == {"annex_number"}
    assert codes(spoilt(annexes(("I", "II")), changed(body=plain, attachments=()))) == {"annex_named"}


def test_the_draft_stamp_is_no_fault() -> None:
    assert codes(write(changed(stamps=("DỰ THẢO", "DIỄN TẬP")))) == set()


def test_a_departure_says_where_and_how_it_should_be() -> None:
    (found,) = check(spoilt(_font("Nơi nhận", size=Pt(13))))
    assert (found.where, found.sentence) == ("Nơi nhận: Nơi nhận:", "cỡ chữ 13, phải là 12")


def _packed(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name.replace("_", "/").replace("/xml", ".xml"), content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        b"%PDF-1.7",
        _packed(word_document_xml=b"<a/>"),
        _packed(a_xml=b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        _packed(a_xml=b" " * (61 * 2**20)),
        write(SUBMISSION)[:-200],
    ],
    ids=["empty", "cut", "pdf", "no document", "entities", "bomb", "damaged"],
)
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentRefusedError):
        check(data)


@given(st.binary(max_size=400), st.integers(0, 5000))
@settings(max_examples=60, deadline=None)
def test_any_damage_is_refused_or_read(noise: bytes, place: int) -> None:
    data = bytearray(write(ANNEX))
    place %= len(data)
    data[place : place + len(noise)] = noise
    with suppress(DocumentRefusedError):
        check(bytes(data))
