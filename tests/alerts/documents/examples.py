"""Documents for the tests of this folder."""

from dataclasses import replace
from typing import Any

from alerts.documents.form import Kind, Part
from alerts.documents.model import Document, Paragraph, Table

SUBMISSION = Document(
    Kind.SUBMISSION,
    issuer="Bộ Ví dụ",
    parent="Cơ quan cấp trên",
    symbol="/TTr-BVD",
    place="Hà Nội",
    year=2026,
    abstract="Về việc thành lập Tổ công tác",
    addressees=("Thủ tướng Chính phủ",),
    body=(
        Paragraph("I. Sự cần thiết", Part.SECTION),
        Paragraph("1. Căn cứ", Part.HEADING),
        Paragraph("Số liệu tại Phụ lục kèm theo."),
        Table((("Cột A", "Cột B", "Cột C"), ("1", "2", "3")), (0.4, 0.3, 0.3)),
        Paragraph("Bộ Ví dụ kính trình Thủ tướng Chính phủ xem xét, quyết định./."),
    ),
    attachments=("Phụ lục",),
    signer=("KT. BỘ TRƯỞNG", "THỨ TRƯỞNG"),
    recipients=("Như trên", "Lưu: VT"),
    stamps=("DỰ THẢO",),
)
DECISION = Document(
    Kind.DECISION,
    issuer="Thủ tướng Chính phủ",
    symbol="/QĐ-TTg",
    place="Hà Nội",
    year=2026,
    abstract="Về việc thành lập Tổ công tác",
    authority="Thủ tướng Chính phủ",
    bases=("Căn cứ Luật Tổ chức Chính phủ ngày 18 tháng 02 năm 2025", "Theo đề nghị của Bộ trưởng Bộ Ví dụ"),
    body=(
        Paragraph("Điều 1. Thành lập Tổ công tác.", Part.ARTICLE),
        Paragraph("Điều 2. Quyết định này có hiệu lực kể từ ngày ký./.", Part.ARTICLE),
    ),
    signer=("THỦ TƯỚNG",),
    recipients=("Như Điều 2", "Lưu: VT"),
)
LETTER = replace(
    SUBMISSION, kind=Kind.LETTER, parent="", symbol="/BVD-VP", abstract="đề nghị phối hợp", addressees=("Bộ A", "Bộ B")
)
REPORT = replace(SUBMISSION, kind=Kind.REPORT, symbol="/BC-BVD", addressees=())
ANNEX = Document(
    Kind.ANNEX,
    abstract="Số liệu, minh chứng",
    annexed_to="Tờ trình số       /TTr-BVD",
    body=(Paragraph("1. Số liệu", Part.HEADING), Paragraph("Số liệu do máy đếm.")),
)
ALL = (SUBMISSION, DECISION, LETTER, REPORT, ANNEX)


def changed(document: Document = SUBMISSION, **fields: Any) -> Document:
    """The document with other values in these fields."""
    return replace(document, **fields)
