"""Lines out of bytes of unknown origin: bounded in length, expanded size and ratio, gzip or plain."""

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

_GZIP = b"\x1f\x8b"
_CHUNK = 256 * 1024
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may ask of this machine.

    Parameters
    ----------
    line_bytes
        Longest line; a mention of 64 KiB with every letter escaped fits.
    expanded_bytes
        Most bytes one file may expand to.
    ratio
        Most expanded bytes for one compressed byte, once `free_bytes` have been expanded.
    free_bytes
        Expanded bytes that are taken whatever the ratio.
    """

    line_bytes: int = 1024 * 1024
    expanded_bytes: int = 64 * 1024**3
    ratio: float = 200.0
    free_bytes: int = 16 * 1024 * 1024


class Line(NamedTuple):
    """A line's number (from 1) and its bytes, without the newline."""

    number: int
    data: bytes


class Unreadable(NamedTuple):
    """A line, or the rest of a file, that was refused before it could be parsed."""

    number: int
    reason: str
    detail: str


class TooLargeError(Exception):
    """The content expands beyond the limits."""


class Counted(io.RawIOBase):
    """A stream that counts what is read from it: the progress of a file, and the divisor of a ratio."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.consumed = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: "memoryview[int] | bytearray") -> int:  # type: ignore[override]  # the wide Buffer type has no len()
        """Read into `buffer`; returns how many bytes came."""
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.consumed += len(data)
        return len(data)


def expanded(raw: Counted, limits: Limits) -> Iterator[bytes]:
    """Chunks of the content, unpacked where it is gzip.

    Raises
    ------
    TooLargeError
        If the content expands beyond the limits.
    OSError, EOFError, zlib.error
        If it is broken.
    """
    buffered = io.BufferedReader(raw, _CHUNK)
    packed = buffered.peek(2)[:2] == _GZIP
    content: BinaryIO = gzip.GzipFile(fileobj=buffered) if packed else buffered  # type: ignore[assignment]  # both read()
    total = 0
    while chunk := content.read(_CHUNK):
        total += len(chunk)
        if total > limits.expanded_bytes:
            raise TooLargeError(f"it expands to more than {limits.expanded_bytes} bytes")
        # At most one buffer has been consumed and not yet expanded, which only helps the file's case.
        if packed and total > limits.free_bytes and total > limits.ratio * raw.consumed:
            raise TooLargeError(f"it expands to more than {limits.ratio:g} times its size")
        yield chunk


def split_lines(raw: Counted, limits: Limits) -> Iterator[Line | Unreadable]:
    r"""Yield the content's lines that are not blank; says what it had to skip, and where it had to stop.

    Examples
    --------
    >>> [line.data for line in split_lines(Counted(io.BytesIO(b"a\r\n\nb")), Limits())]
    [b'a', b'b']
    """
    number, rest, skipping = 1, b"", False
    try:
        for chunk in expanded(raw, limits):
            *whole, tail = (rest + chunk).split(b"\n")
            for data in whole:
                if skipping:
                    skipping = False
                else:
                    yield from _line(number, data, limits)
                number += 1
            rest = b"" if skipping else tail
            if len(rest) > limits.line_bytes:
                yield _too_long(number, limits)
                rest, skipping = b"", True
    except TooLargeError as error:
        yield Unreadable(number, "too_large", f"the rest of the file is left out: {error}")
    except (OSError, EOFError, zlib.error) as error:
        yield Unreadable(number, "broken_file", f"the rest of the file cannot be read: {error}")
    else:
        if not skipping:
            yield from _line(number, rest, limits)


def _line(number: int, data: bytes, limits: Limits) -> Iterator[Line | Unreadable]:
    if number == 1:
        data = data.removeprefix(_BOM)
    data = data.strip()
    if len(data) > limits.line_bytes:
        yield _too_long(number, limits)
    elif data:
        yield Line(number, data)


def _too_long(number: int, limits: Limits) -> Unreadable:
    return Unreadable(number, "line_too_long", f"the line is longer than {limits.line_bytes} bytes")
