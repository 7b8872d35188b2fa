"""Cut a body that comes in pieces into single JSON values, in bounded memory. Pure: bytes in, lines out."""

import re
import zlib
from collections.abc import Iterator
from typing import Protocol

#: No mention may be longer: 64 KiB of text, every letter of it escaped, and the other fields.
MAX_VALUE_BYTES = 1024 * 1024

_PIECE = 256 * 1024
_WHITE = b" \t\r\n"


class BodyError(ValueError):
    """The body as a whole is not what it claims to be; nothing after this point can be read."""


class BombError(BodyError):
    """The body is far larger than it looked."""


class Inflater:
    """Decompress gzip piece by piece.

    Parameters
    ----------
    max_ratio
        Highest ratio of bytes out to bytes in, judged from 1 MiB out on. Ordinary NDJSON stays below 30.
    max_members
        Most gzip members: each costs something, though it may hold nothing.
    """

    def __init__(self, max_ratio: float = 200.0, max_members: int = 10_000) -> None:
        self._max_ratio = max_ratio
        self._members_left = max_members - 1
        self._inflate = zlib.decompressobj(wbits=31)
        self._in = self._out = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Pieces of at most 256 KiB. Raises `BombError`, `BodyError`."""
        self._in += len(data)
        while data:
            if self._inflate.eof:  # a further gzip member follows
                self._members_left -= 1
                if self._members_left < 0:
                    raise BombError("the gzip body has too many members")
                self._inflate = zlib.decompressobj(wbits=31)
            try:
                piece = self._inflate.decompress(data, _PIECE)
            except zlib.error:
                raise BodyError("the body says Content-Encoding: gzip and is not gzip") from None
            data = self._inflate.unconsumed_tail or self._inflate.unused_data
            self._out += len(piece)
            if self._out > 1024 * 1024 and self._out > self._in * self._max_ratio:
                raise BombError(f"the gzip body unpacks to more than {self._max_ratio:.0f} times its size")
            if piece:
                yield piece

    def close(self) -> None:
        """Raises `BodyError` when the end is missing."""
        if self._in and not self._inflate.eof:
            raise BodyError("the gzip body ends too early")


class Splitter(Protocol):
    """Cuts pieces into values; `None` stands for one that is too long to be a mention."""

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The values that are complete now, in order."""

    def close(self) -> Iterator[bytes | None]:
        """What is left at the end."""


class LineSplitter:
    r"""NDJSON: one value a line; empty lines count as lines and are nothing (`b""`).

    Examples
    --------
    >>> cut = LineSplitter()
    >>> [*cut.feed(b'{"id":1}\n{"id"'), *cut.feed(b":2}"), *cut.close()]
    [b'{"id":1}', b'{"id":2}']
    """

    def __init__(self, max_bytes: int = MAX_VALUE_BYTES) -> None:
        self._max = max_bytes
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """See `Splitter`."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            yield self._line(line)
        if self._skipping:
            return
        self._rest += rest
        if len(self._rest) > self._max:
            self._rest, self._skipping = b"", True

    def close(self) -> Iterator[bytes | None]:
        """See `Splitter`."""
        if self._rest or self._skipping:
            yield self._line(b"")

    def _line(self, end: bytes) -> bytes | None:
        line, self._rest = self._rest + end, b""
        skipped, self._skipping = self._skipping or len(line) > self._max, False
        return None if skipped else line.strip(_WHITE)


#: In an array only these bytes matter: strings (whole, or begun and not yet ended), brackets, commas.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|"|[\[\]{},]', re.DOTALL)
_OUTSIDE = re.compile(rb"[ \t\r\n]*+")


class ArraySplitter:
    """A JSON array: yields each element's bytes without decoding it.

    Examples
    --------
    >>> cut = ArraySplitter()
    >>> [*cut.feed(b'[{"id":"]"}, {"i'), *cut.feed(b'd":2}]'), *cut.close()]
    [b'{"id":"]"}', b'{"id":2}']
    """

    def __init__(self, max_bytes: int = MAX_VALUE_BYTES) -> None:
        self._max = max_bytes
        self._buffer = b""
        self._at = 0  # how far the buffer is scanned
        self._depth = 0
        self._elements = 0
        self._ended = False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """See `Splitter`. Raises `BodyError` where it is no array."""
        self._buffer += data
        start = 0
        if self._depth == 0 and not self._ended:
            start = self._open()
        while self._depth and (token := _TOKEN.search(self._buffer, self._at)):
            mark = token.group()
            if mark == b'"':  # its end has not come yet
                self._at = token.start()
                break
            self._at = token.end()
            if self._depth == 1 and mark in {b",", b"]"}:
                yield from self._element(start, token.start(), last=mark == b"]")
                start = self._at
            self._depth += (mark in {b"[", b"{"}) - (mark in {b"]", b"}"})
            self._ended = self._depth == 0
        else:
            self._at = len(self._buffer)
        self._buffer, self._at = self._buffer[start:], self._at - start
        self._check_tail()

    def close(self) -> Iterator[bytes | None]:
        """See `Splitter`. Raises `BodyError` when the end is missing."""
        if not self._ended:
            raise BodyError("the JSON array has no end")
        yield from ()

    def _open(self) -> int:
        begin = _OUTSIDE.match(self._buffer)
        at = begin.end() if begin else 0
        if at == len(self._buffer):
            self._buffer = b""
            return 0
        if self._buffer[at : at + 1] != b"[":
            raise BodyError("the body is not a JSON array; for one object a line send application/x-ndjson")
        self._depth, self._at = 1, at + 1
        return at + 1

    def _element(self, start: int, end: int, *, last: bool) -> Iterator[bytes | None]:
        value = self._buffer[start:end].strip(_WHITE)
        if value:
            self._elements += 1
            yield value if len(value) <= self._max else None
        elif not last or self._elements:
            raise BodyError(f"the JSON array has nothing between two commas after element {self._elements}")

    def _check_tail(self) -> None:
        if self._ended and self._buffer.strip(_WHITE):
            raise BodyError("something follows the JSON array's end")
        if self._ended:
            self._buffer = b""
        if len(self._buffer) > self._max + _PIECE:
            raise BodyError(f"element {self._elements + 1} is longer than {self._max} bytes")
