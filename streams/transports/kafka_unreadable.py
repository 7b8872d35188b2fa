"""Batches of a Kafka log that cannot be decoded: where such a one ends, so that reading can go on behind it.

A disk that flips bits, a producer that compresses by a codec nobody knows: the broker hands out what it has.
"""

import struct
import zlib
from typing import Any, NamedTuple

import cramjam
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.structs import TopicPartition
from faust.types import TP

#: What decoding a batch raises.
UNREADABLE = (
    CorruptRecordException,
    UnsupportedCodecError,
    ValueError,
    IndexError,
    OverflowError,
    EOFError,
    struct.error,
    zlib.error,
    cramjam.DecompressionError,
)
# Of a batch's header: base offset and length; the last record's offset, from the base, stands further behind.
_HEAD, _LAST, _LAST_AT = struct.Struct(">qi"), struct.Struct(">i"), 23
_FETCH_BYTES = 64 << 20


class Unreadable(NamedTuple):
    """Offsets `[start, end)` of a partition that cannot be read, and why."""

    tp: TP
    start: int
    end: int
    why: str


def end_of(data: bytes, position: int, highwater: int) -> int:
    """Where reading can go on behind the batch at `position`.

    Parameters
    ----------
    data
        What the log holds from the batch on.
    highwater
        The log's end.

    Examples
    --------
    >>> from struct import pack
    >>> header = lambda base, last: pack(">qi", base, 49 - 12) + bytes(11) + pack(">i", last) + bytes(22)
    >>> end_of(header(10, 4) + header(15, 0), 10, 99)  # where the next one begins
    15
    >>> end_of(header(10, 4), 10, 99), end_of(header(10, 5000), 10, 12)  # the last: as it says, within the log
    (15, 12)
    """
    if len(data) >= _LAST_AT + _LAST.size:
        base, length = _HEAD.unpack_from(data)
        behind = _HEAD.size + max(0, length)
        if len(data) >= behind + _HEAD.size:
            following = int(_HEAD.unpack_from(data, behind)[0])
            if position < following <= highwater:
                return following
        claimed = base + int(_LAST.unpack_from(data, _LAST_AT)[0]) + 1
        if position < claimed <= highwater:
            return int(claimed)
    return max(position + 1, highwater)


async def find_end(client: Any, tp: TP, position: int, highwater: int) -> int:
    """Ask the partition's leader for the bytes at `position`, and see where the batch there ends."""
    leader = client.cluster.leader_for_partition(TopicPartition(*tp))
    request = FetchRequest(100, 1, _FETCH_BYTES, 0, [(tp.topic, [(tp.partition, position, _FETCH_BYTES)])])
    response = await client.send(leader, request)
    ((_, ((*_, data),)),) = response.topics
    return end_of(bytes(data or b""), position, highwater)
