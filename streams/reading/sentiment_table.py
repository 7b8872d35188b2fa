"""The trained table as a file, and the one that ships with the program."""

from __future__ import annotations

import hashlib
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from streams.reading.sentiment_features import BITS, ROWS
from streams.reading.sentiment_model import FAMILIES, HEADS, Calibration, Family, Table

_SHIPPED = Path(__file__).parent / "data" / "sentiment" / "table.bin"
_FORMAT = "canhbao-sentiment/1"
_MOST_BYTES = 64 * 1024 * 1024


class TableError(ValueError):
    """A file that is no table of this program; the sentence says which and why."""


class _File(msgspec.Struct, frozen=True):
    """What stands in the file: numbers little-endian, each array packed by zlib."""

    format: str
    bits: int
    heads: int
    weights: bytes
    seen: bytes
    bias: tuple[int, int, int]
    calibration: dict[Family, tuple[Calibration, Calibration, Calibration]]
    card: dict[str, Any]


def encode(table: Table) -> bytes:
    """The table's bytes: the same for the same table."""
    weights, seen = table.weights.astype("<i2").tobytes(), table.seen.astype("u1").tobytes()
    return msgspec.msgpack.encode(
        _File(
            _FORMAT, BITS, HEADS, zlib.compress(weights, 9), zlib.compress(seen, 9), table.bias,
            dict(table.calibration), dict(table.card),
        )
    )  # fmt: skip


def decode(data: bytes) -> Table:
    """Read a table. Raises `TableError` if it is none, or one of another form."""
    try:
        file = msgspec.msgpack.decode(data, type=_File)
    except msgspec.DecodeError as error:
        raise TableError(f"this is no table of the sentiment model: {error}") from error
    if (file.format, file.bits, file.heads) != (_FORMAT, BITS, HEADS) or set(file.calibration) != set(FAMILIES):
        raise TableError(
            f"the table is of the form {file.format!r} with {file.bits} bits, which this program cannot use"
        )
    weights = np.frombuffer(_unpacked(file.weights, 2 * HEADS * (ROWS + 1)), dtype="<i2").reshape(HEADS, ROWS + 1)
    seen = np.frombuffer(_unpacked(file.seen, ROWS + 1), dtype="u1")
    digest = hashlib.sha256(data).hexdigest()
    return Table(weights.astype(np.int16), file.bias, seen, file.calibration, digest, file.card)


def _unpacked(data: bytes, size: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(data, size + 1)
    except zlib.error as error:
        raise TableError(f"the table is damaged: {error}") from error
    if len(found) != size:
        raise TableError(f"the table is damaged: {len(found)} bytes where {size} belong")
    return found


def load(path: Path) -> Table:
    """Read a table from a file. Raises `TableError`."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise TableError(f"the table {path} cannot be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise TableError(f"the table {path} is larger than 64 MiB")
    return decode(data)


@cache
def shipped() -> Table:
    """The table that came with the program.

    Examples
    --------
    >>> shipped().weights.shape[0], len(shipped().digest)
    (3, 64)
    """
    return load(_SHIPPED)
