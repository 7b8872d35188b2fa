"""Where the watch's state is kept: snapshots in a compacted topic, valid only from the acknowledged head on.

A snapshot is a set of named parts and, written after all of them are acknowledged, a head that lists each part and its
digest. Two slots alternate, so the newest head always points at parts that nobody is overwriting. Keys carry the
writer: a worker that lost its partition without knowing cannot spoil its successor's snapshot. Any intact head is a
true state of the fold, so the one that has read furthest is taken.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import msgspec

from streams.log import Log
from streams.transports.batches import NewRecord

logger = logging.getLogger(__name__)

CHUNK_BYTES = 512 * 1024
_PAGE = 2000


class Append(Protocol):
    """Append records to one partition, durably."""

    async def __call__(self, topic: str, partition: int, records: list[NewRecord]) -> None:
        """Return when the log has acknowledged all of them."""


class PartRef(msgspec.Struct, frozen=True, array_like=True):
    """Where a part lies: key prefix, number of chunks, digest of the whole."""

    name: str
    prefix: str
    chunks: int
    digest: bytes


class Head(msgspec.Struct, frozen=True, array_like=True, tag="head/1"):
    """What a complete snapshot consists of. `position` is the `readings` offset at which reading goes on."""

    writer: str
    slot: int
    position: int
    parts: tuple[PartRef, ...]


class Snapshot(NamedTuple):
    """A snapshot read back."""

    position: int
    parts: dict[str, bytes]


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


@dataclass(slots=True)
class SnapshotWriter:
    """Writes one partition's snapshots.

    Parameters
    ----------
    topic, partition
        The compacted topic and the partition of the `readings` partition watched.
    writer
        Differs for each assignment.
    """

    topic: str
    partition: int
    writer: str
    _slot: int = 0
    _written: tuple[dict[str, PartRef], dict[str, PartRef]] = field(default_factory=lambda: ({}, {}))

    async def write(self, position: int, parts: Mapping[str, bytes], append: Append) -> None:
        """Write a snapshot; when it returns, the log has acknowledged the head.

        Parameters
        ----------
        position
            `readings` offset at which reading goes on.
        parts
            Named parts; one that is unchanged since its slot was last written is not written again.
        append
            The log.
        """
        slot, known = self._slot, self._written[self._slot]
        current: dict[str, PartRef] = {}
        records: list[NewRecord] = []
        for name, data in parts.items():
            digest = _digest(data)
            before = known.get(name)
            if before is not None and before.digest == digest:
                current[name] = before
                continue
            known.pop(name, None)  # it is overwritten, even if this write is cut short
            prefix = f"{self.writer}/{slot}/{name}"
            chunks = max(1, -(-len(data) // CHUNK_BYTES))
            current[name] = PartRef(name, prefix, chunks, digest)
            records += [
                NewRecord(data[i * CHUNK_BYTES : (i + 1) * CHUNK_BYTES], key=f"{prefix}/{i}".encode())
                for i in range(chunks)
            ]
        gone = [ref for name, ref in known.items() if name not in current]
        if records:
            await append(self.topic, self.partition, records)
        head = Head(self.writer, slot, position, tuple(current.values()))
        key = f"{self.writer}/{slot}/head".encode()
        await append(self.topic, self.partition, [NewRecord(msgspec.msgpack.encode(head), key=key)])
        # Only now may the slot forget what it held before: until the head was there, the old head needed it.
        tombstones = [NewRecord(None, key=f"{ref.prefix}/{i}".encode()) for ref in gone for i in range(ref.chunks)]
        if tombstones:
            await append(self.topic, self.partition, tombstones)
        self._written[slot].clear()
        self._written[slot].update(current)
        self._slot = 1 - slot


async def newest_snapshot(log: Log, topic: str, partition: int) -> tuple[Snapshot | None, list[bytes]]:
    """Read a partition's state back.

    Returns
    -------
    The intact snapshot that has read furthest, if any, and every key now in the topic (a new writer's first head makes
    them obsolete).
    """
    newest = await newest_values(log, topic, partition)
    heads = []
    for key, value in newest.items():
        if key.endswith(b"/head"):
            try:
                heads.append(msgspec.msgpack.decode(value, type=Head))
            except msgspec.DecodeError:
                logger.warning("a head in %s/%d cannot be read and is passed over: %r", topic, partition, key)
    for head in sorted(heads, key=lambda h: h.position, reverse=True):
        parts = _assemble(head, newest)
        if parts is not None:
            return Snapshot(head.position, parts), list(newest)
        logger.warning("a snapshot in %s/%d at %d is not whole and is passed over", topic, partition, head.position)
    return None, list(newest)


async def newest_values(log: Log, topic: str, partition: int) -> dict[bytes, bytes]:
    """The newest value of every key of a compacted topic's partition."""
    offset, end = await log.bounds(topic, partition)
    newest: dict[bytes, bytes] = {}
    while offset < end:
        records = await log.read(topic, partition, offset, limit=_PAGE)
        if not records:
            break
        for record in records:
            if record.key is None:
                continue
            if record.value is None:
                newest.pop(record.key, None)
            else:
                newest[record.key] = record.value
        offset = records[-1].offset + 1
    return newest


def _assemble(head: Head, newest: Mapping[bytes, bytes]) -> dict[str, bytes] | None:
    parts: dict[str, bytes] = {}
    for ref in head.parts:
        chunks = [newest.get(f"{ref.prefix}/{i}".encode()) for i in range(ref.chunks)]
        if any(chunk is None for chunk in chunks):
            return None
        data = b"".join(chunk for chunk in chunks if chunk is not None)
        if _digest(data) != ref.digest:
            return None
        parts[ref.name] = data
    return parts
