"""A bank's state as bytes: a header, the arrays, a check sum. Exact, versioned, bounded."""

import json
import zlib
from typing import Any

import numpy as np

from detectors.layout import State

MAGIC = b"canhbao-bank/2\n"
#: A snapshot of more than this is refused before anything is allocated.
MOST_BYTES = 1 << 30


class SnapshotError(ValueError):
    """Bytes that are no snapshot of this version and layout."""


def pack(head: dict[str, Any], state: State) -> bytes:
    """Bytes of `head` (JSON values) and the arrays.

    Examples
    --------
    >>> head, state = unpack(pack({"size": 2}, {"level": np.array([0.5, 1.5])}))
    >>> head["size"], state["level"].tolist()
    (2, [0.5, 1.5])
    """
    arrays = [(name, value.dtype.str, list(value.shape)) for name, value in state.items()]
    text = json.dumps(head | {"arrays": arrays}, separators=(",", ":")).encode()
    parts = [
        len(text).to_bytes(4, "little"),
        text,
        *(np.ascontiguousarray(value).tobytes() for value in state.values()),
    ]
    body = b"".join(parts)
    return MAGIC + zlib.crc32(body).to_bytes(4, "little") + body


def unpack(data: bytes) -> tuple[dict[str, Any], State]:
    """Head and writable arrays of `pack`. Raises `SnapshotError` on anything else."""
    start = len(MAGIC) + 4
    if len(data) > MOST_BYTES or len(data) < start + 4 or not data.startswith(MAGIC):
        raise SnapshotError("these bytes are no detector snapshot of this version: start without it")
    body = memoryview(data)[start:]
    if zlib.crc32(body) != int.from_bytes(data[len(MAGIC) : start], "little"):
        raise SnapshotError("the detector snapshot is damaged (its check sum differs): use the one before it")
    length = int.from_bytes(body[:4], "little")
    try:
        head = json.loads(bytes(body[4 : 4 + length]))
        return head, _arrays(head.pop("arrays"), body[4 + length :])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SnapshotError("the detector snapshot cannot be read: use the one before it") from error


def _arrays(listed: list[tuple[str, str, list[int]]], body: memoryview) -> State:
    state: State = {}
    place = 0
    for name, kind, shape in listed:
        dtype = np.dtype(kind)
        if dtype.kind not in "fi" or any(side < 0 for side in shape):
            raise ValueError(f"array {name} is of no kind a bank holds")
        end = place + dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        state[name] = np.frombuffer(body[place:end], dtype=dtype).reshape(shape).copy()
        place = end
    if place != len(body):
        raise ValueError("bytes are left over")
    return state
