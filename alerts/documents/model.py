"""A document before it is set: its parts as plain data."""

from dataclasses import dataclass

from alerts.documents.form import Kind, Part

#: What stands in the place of a fact nobody has entered; never an invented one.
GAP = "[…]"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the body; `part` says how it is set (text, section, heading, article)."""

    text: str
    part: Part = Part.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the body; the first row is its head.

    Attributes
    ----------
    widths
        Shares of the page's width, one a column.
    """

    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]


Block = Paragraph | Table


@dataclass(frozen=True, slots=True)
class Document:
    """A document.

    Attributes
    ----------
    parent, issuer
        The body above, if it is printed, and the body that issues it.
    symbol
        Everything after the number: ``/TTr-BVHTTDL``.
    place, year
        Of the date; day and month stay blank.
    abstract
        What it is about.
    addressees
        After *Kính gửi*.
    authority
        Centred under the abstract of a decision: who decides.
    bases
        Each without the sign at its end.
    attachments
        What is sent along.
    signer
        Lines above the signature: ``KT. BỘ TRƯỞNG``, ``THỨ TRƯỞNG``.
    recipients
        Without dash and sign; the last one begins with *Lưu*.
    annex
        Number of an annex in Roman figures; empty where there is only one.
    annexed_to
        What an annex belongs to.
    compact
        Whether it should fit on one page: smaller letters and lines, within what the form allows.
    stamps
        ``DỰ THẢO``, ``DIỄN TẬP``: in the first page's header, no part of the document.
    """

    kind: Kind
    issuer: str = ""
    parent: str = ""
    symbol: str = ""
    place: str = ""
    year: int = 0
    abstract: str = ""
    addressees: tuple[str, ...] = ()
    authority: str = ""
    bases: tuple[str, ...] = ()
    body: tuple[Block, ...] = ()
    attachments: tuple[str, ...] = ()
    signer: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    annex: str = ""
    annexed_to: str = ""
    stamps: tuple[str, ...] = ()
    compact: bool = False
