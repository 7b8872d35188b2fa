"""A reader's place in the log of alert changes, opaque to the reader."""

import base64
import binascii
import zlib

import msgspec

_VERSION = b"1"
_LONGEST_PLACE = 400


class CursorError(ValueError):
    """A cursor that this service did not give out."""


def encode(view: str, sequence: int) -> str:
    """Cursor of a view (what the reader may see) at a sequence.

    Examples
    --------
    >>> decode("all", encode("all", 42))
    42
    """
    body = b"%s.%s.%d" % (_VERSION, view.encode("ascii"), sequence)
    return base64.urlsafe_b64encode(zlib.crc32(body).to_bytes(4, "big") + body).rstrip(b"=").decode("ascii")


def decode(view: str, cursor: str) -> int:
    """Sequence that a cursor stands for.

    A cursor protects nothing (what a reader may see is decided at each request), so it is checked for being
    one of ours and of this view, not signed.

    Raises
    ------
    CursorError
        If it was not made by `encode` for this view.
    """
    if len(cursor) > 200 or not cursor.isascii():
        raise CursorError("too long or not ASCII")
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raise CursorError("not Base64") from None
    check, body = raw[:4], raw[4:]
    version, _, rest = body.partition(b".")
    of, _, digits = rest.rpartition(b".")
    if version != _VERSION or zlib.crc32(body).to_bytes(4, "big") != check or not digits.isdigit():
        raise CursorError("damaged")
    if of != view.encode("ascii") or len(digits) > 18 or encode(view, int(digits)) != cursor:
        raise CursorError("of another reader")
    return int(digits)


def encode_place(place: tuple[str, str, str]) -> str:
    """Cursor of a place in a list that is read page by page.

    Examples
    --------
    >>> decode_place(encode_place(("2026-11-22T07:05:00.000Z", "", "5f")))
    ('2026-11-22T07:05:00.000Z', '', '5f')
    """
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode("ascii")


def decode_place(cursor: str) -> tuple[str, str, str]:
    """Place that a cursor of a list stands for. Raises `CursorError`."""
    if len(cursor) > _LONGEST_PLACE or not cursor.isascii():
        raise CursorError("too long or not ASCII")
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(raw, type=tuple[str, str, str])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise CursorError("damaged") from None
