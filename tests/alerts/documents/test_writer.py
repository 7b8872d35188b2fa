"""What is written is in the form of the decree, and the same content is the same bytes."""

import io

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.documents.checking import check
from alerts.documents.form import Kind
from alerts.documents.model import Document, Paragraph
from alerts.documents.reading import read
from alerts.documents.writer import write
from tests.alerts.documents.examples import ALL, ANNEX, SUBMISSION, changed


@pytest.mark.parametrize("document", ALL, ids=lambda one: one.kind.name)
def test_every_kind_passes_the_check(document: Document) -> None:
    assert check(write(document)) == []


def test_the_same_document_is_the_same_bytes() -> None:
    assert write(SUBMISSION) == write(SUBMISSION)


def test_vietnamese_letters_are_whole() -> None:
    texts = [line.text for line in read(write(SUBMISSION)).lines]
    assert "Về việc thành lập Tổ công tác" in texts
    assert "CƠ QUAN CẤP TRÊN" in texts


def test_number_day_and_month_are_left_blank() -> None:
    texts = [line.text for line in read(write(SUBMISSION)).lines]
    assert "Số:        /TTr-BVD" in texts
    assert "Hà Nội, ngày       tháng       năm 2026" in texts


def test_stamps_stand_in_the_first_pages_header_alone() -> None:
    document = docx.Document(io.BytesIO(write(changed(stamps=("DỰ THẢO", "DIỄN TẬP")))))
    section = document.sections[0]
    assert section.first_page_header.paragraphs[0].text == "DỰ THẢO – DIỄN TẬP"
    assert "DỰ THẢO" not in section.header.paragraphs[0].text


@given(st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_text_makes_a_document_that_can_be_read(text: str) -> None:
    document = changed(ANNEX, body=(Paragraph(f"Nội dung {text}"),), abstract=f"Số liệu {text}")
    lines = [line.text for line in read(write(document)).lines]
    assert not set("".join(lines)) & set("\u202e\u2066\x00\x1b")
    assert document.kind is Kind.ANNEX
