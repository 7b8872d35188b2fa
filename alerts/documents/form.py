"""The form of administrative documents (Decree 30/2020/NĐ-CP, Appendix I): one table for writer and checker."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

FONT = "Times New Roman"

#: A4 upright, in millimetres.
PAGE = (210.0, 297.0)

#: Least and greatest margins in millimetres: top, bottom, left, right.
MARGINS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"top": (20.0, 25.0), "bottom": (20.0, 25.0), "left": (30.0, 35.0), "right": (15.0, 20.0)}
)

#: Body text: first line in millimetres, gap between paragraphs in points, lines.
FIRST_LINE = (10.0, 12.7)
LEAST_GAP = 6.0
LINES = (1.0, 1.5)

NATIONAL_TITLE = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"


class Part(StrEnum):
    """A part of a document; the value is what the checker calls it."""

    NATIONAL = "Quốc hiệu"
    MOTTO = "Tiêu ngữ"
    PARENT = "tên cơ quan chủ quản"
    ISSUER = "tên cơ quan ban hành"
    NUMBER = "số, ký hiệu"
    PLACE = "địa danh và thời gian"
    TITLE = "tên loại văn bản"
    ABSTRACT = "trích yếu"
    ABSTRACT_LETTER = "trích yếu công văn"
    ADDRESSEE = "Kính gửi"
    AUTHORITY = "thẩm quyền ban hành"
    BASIS = "căn cứ ban hành"
    SECTION = "tiêu đề mục (I, II)"
    HEADING = "tiêu đề khoản (1, 2)"
    ARTICLE = "Điều"
    TEXT = "nội dung"
    SIGNER = "quyền hạn, chức vụ người ký"
    NAME = "họ tên người ký"
    RECIPIENTS = "Nơi nhận"
    RECIPIENT = "danh sách nơi nhận"
    ANNEX = "Phụ lục"
    ANNEX_TITLE = "tên phụ lục"
    ANNEXED_TO = "kèm theo"
    STAMP = "dấu dự thảo"
    OTHER = "phần khác"


class Spec(NamedTuple):
    """How a part is set.

    Attributes
    ----------
    size
        Least and greatest, in points.
    upper
        All capitals; `None` where it does not matter.
    """

    size: tuple[float, float]
    bold: bool = False
    italic: bool = False
    upper: bool | None = None
    centred: bool = False


SPECS: Mapping[Part, Spec] = MappingProxyType(
    {
        Part.NATIONAL: Spec((12, 13), bold=True, upper=True, centred=True),
        Part.MOTTO: Spec((13, 14), bold=True, upper=False, centred=True),
        Part.PARENT: Spec((12, 13), upper=True, centred=True),
        Part.ISSUER: Spec((12, 13), bold=True, upper=True, centred=True),
        Part.NUMBER: Spec((13, 13), centred=True),
        Part.PLACE: Spec((13, 14), italic=True, centred=True),
        Part.TITLE: Spec((13, 14), bold=True, upper=True, centred=True),
        Part.ABSTRACT: Spec((13, 14), bold=True, upper=False, centred=True),
        Part.ABSTRACT_LETTER: Spec((12, 13), upper=False, centred=True),
        Part.ADDRESSEE: Spec((13, 14)),
        Part.AUTHORITY: Spec((13, 14), bold=True, upper=True, centred=True),
        Part.BASIS: Spec((13, 14), italic=True),
        Part.SECTION: Spec((13, 14), bold=True, upper=True),
        Part.HEADING: Spec((13, 14), bold=True),
        Part.ARTICLE: Spec((13, 14)),
        Part.TEXT: Spec((13, 14)),
        Part.SIGNER: Spec((13, 14), bold=True, upper=True, centred=True),
        Part.NAME: Spec((13, 14), bold=True, upper=False, centred=True),
        Part.RECIPIENTS: Spec((12, 12), bold=True, italic=True),
        Part.RECIPIENT: Spec((11, 11)),
        Part.ANNEX: Spec((14, 14), bold=True, upper=False, centred=True),
        Part.ANNEX_TITLE: Spec((13, 14), bold=True, upper=True, centred=True),
        Part.ANNEXED_TO: Spec((13, 14), italic=True, centred=True),
        Part.STAMP: Spec((13, 14), bold=True, upper=True, centred=True),
    }
)

#: Size of page numbers, in points.
PAGE_NUMBER = (13.0, 14.0)


class Kind(StrEnum):
    """A kind of document; the value is its name as it is printed."""

    SUBMISSION = "TỜ TRÌNH"
    DECISION = "QUYẾT ĐỊNH"
    REPORT = "BÁO CÁO"
    MEMO = "PHIẾU TRÌNH"
    LETTER = "CÔNG VĂN"
    ANNEX = "PHỤ LỤC"


#: What stands before the issuer's sign in a document's symbol.
SYMBOL: Mapping[Kind, str] = MappingProxyType(
    {Kind.SUBMISSION: "TTr", Kind.DECISION: "QĐ", Kind.REPORT: "BC", Kind.MEMO: "PTr"}
)


def month(number: int) -> str:
    """A month as the decree writes it: with a nought before 1 and 2 only.

    Examples
    --------
    >>> month(2), month(3), month(12)
    ('02', '3', '12')
    """
    return f"{number:02d}" if number <= 2 else str(number)


def day(number: int) -> str:
    """A day of the month: with a nought before those under 10.

    Examples
    --------
    >>> day(9), day(10)
    ('09', '10')
    """
    return f"{number:02d}"
