"""The watching stage: folds `readings`, sends what it finds, and keeps its state in snapshots."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import perf_counter
from typing import Any, NamedTuple, cast

from faust.streams import Stream
from faust.types import TP, StreamT

from alerts.model import Excerpt, Finding, Level, canonical
from streams.log import Log
from streams.outbox import Outbox
from streams.snapshots import SnapshotWriter, newest_snapshot
from streams.tallies import Tallies
from streams.topics import Topics
from streams.transports.batches import Assignment, Batch, BatchConsumer, NewRecord
from streams.watching.envelopes import Without, decode, encode
from streams.watching.watcher import Output, WatchConfig, Watcher

logger = logging.getLogger(__name__)

#: Readings that wait for the watermark; over this the readers that are ahead pause.
PENDING_LIMIT = 64 * 1024 * 1024


@dataclass(slots=True)
class Held:
    """A `readings` partition this worker holds: its state, and what waits for the state to be durable."""

    tp: TP
    epoch: int
    watcher: Watcher
    writer: SnapshotWriter
    obsolete: list[bytes]
    #: One past the last `readings` offset folded, and the same of the newest durable snapshot.
    position: int
    durable: int
    unacknowledged: list[int] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    #: When the watermark last moved, by the stopwatch: only for going on without a lost partition.
    moved_at: float = 0.0
    watermark: int = 0


class Standing(NamedTuple):
    """Where a worker's watch stands: next offset and watermark by partition, and what waits."""

    positions: dict[str, int]
    watermarks: dict[str, int]
    pending_bytes: int


class WatchAgent:
    """Watches the partitions of `readings` that this worker holds.

    Parameters
    ----------
    topics
        Names of the run's topics.
    config
        Of every watcher.
    log
        Where snapshots are read back.
    outbox
        Durable appends.
    tallies
        Where is counted.
    consumer
        Gives the driver's consumer once the worker runs.
    patience
        How long one partition may hold ticks before watch goes on without it; `None` waits for ever (a replay).
    """

    def __init__(
        self,
        topics: Topics,
        config: WatchConfig,
        log: Log,
        outbox: Outbox,
        tallies: Tallies,
        consumer: Callable[[], BatchConsumer],
        *,
        patience: timedelta | None,
        stopwatch: Callable[[], float] = perf_counter,
    ) -> None:
        self._topics = topics
        self._config = config
        self._log = log
        self._outbox = outbox
        self._tallies = tallies
        self._consumer = consumer
        self._patience = patience
        self._stopwatch = stopwatch
        self._held: dict[TP, Held] = {}
        self.active_at = float("-inf")

    async def resume(self, assignment: Assignment) -> dict[TP, int | None]:
        """Read the state of every partition back; nothing that was not in a snapshot survives a rebalance."""
        self._held = {}
        held: dict[TP, Held] = {}
        for tp in sorted(assignment.partitions):
            snapshot, keys = await newest_snapshot(self._log, self._topics.states, tp.partition)
            if snapshot is None:
                watcher, position = Watcher(self._config, tp.partition), 0
            else:
                watcher, position = Watcher.restore(self._config, snapshot.parts), snapshot.position
            writer = SnapshotWriter(self._topics.states, tp.partition, uuid.uuid4().hex)
            held[tp] = Held(tp, assignment.epoch, watcher, writer, keys, position, position, moved_at=self._stopwatch())
        self._held = held
        return {tp: one.position for tp, one in held.items()}

    async def run(self, stream: StreamT[Any]) -> None:
        """Fold batches for ever; they are acknowledged when a snapshot that contains them is durable."""
        async for event in cast("Stream[Any]", stream).noack().events():
            batch: Batch = event.value
            held = self._held.get(batch.tp)
            if held is None or held.epoch != batch.epoch:
                continue  # polled before a rebalance: read again from the snapshot on
            async with held.lock:
                await self._fold(held, batch)
                held.unacknowledged.append(batch.end)
            self._consumer().taken(batch)

    async def _fold(self, held: Held, batch: Batch) -> None:
        for record in batch.records:
            if record.offset < held.position:
                continue
            if record.value is not None:
                await self._send(held.watcher.feed(decode(record.value), record.offset))
            held.position = record.offset + 1
            await asyncio.sleep(0)
        held.position = max(held.position, batch.end)
        self._note_progress(held)

    def _note_progress(self, held: Held) -> None:
        watermark = held.watcher.watermark or 0
        if watermark > held.watermark:
            held.watermark = watermark
            held.moved_at = self._stopwatch()

    async def _send(self, output: Output) -> None:
        """Send excerpts before the findings that show them."""
        for name, amount in output.tallies.items():
            self._tallies.add(name, amount)
        await self._append(self._topics.excerpts, output.excerpts)
        await self._append(self._topics.findings, output.findings)
        await self._append(self._topics.levels, output.levels)
        for finding in output.findings:
            self._tallies.add("findings", 1, finding.reason)
        if output.findings:
            self.active_at = self._stopwatch()

    async def _append(self, topic: str, values: Sequence[Finding | Excerpt | Level]) -> None:
        if values:
            await self._outbox(topic, 0, [NewRecord(canonical(value)) for value in values])

    async def snapshot(self) -> None:
        """Write every state that has moved, then acknowledge what it contains."""
        for held in list(self._held.values()):
            async with held.lock:
                if held.position > held.durable and self._held.get(held.tp) is held:
                    await self._write(held)

    async def _write(self, held: Held) -> None:
        position = held.position
        await held.writer.write(position, held.watcher.snapshot(), self._append_state)
        held.durable = position
        for end in held.unacknowledged:
            self._consumer().acknowledge(held.tp, end, held.epoch)
        held.unacknowledged.clear()
        if held.obsolete:
            tombstones = [NewRecord(None, key=key) for key in held.obsolete]
            held.obsolete = []
            await self._outbox(held.writer.topic, held.writer.partition, tombstones)

    async def _append_state(self, topic: str, partition: int, records: list[NewRecord]) -> None:
        await self._outbox(topic, partition, records)

    async def go_on_without(self) -> None:
        """Note in the log that ticks need not wait for a partition that has been silent too long."""
        if self._patience is None:
            return
        for tp, held in list(self._held.items()):
            if self._stopwatch() - held.moved_at < self._patience.total_seconds():
                continue
            held.moved_at = self._stopwatch()
            for partition in held.watcher.behind():
                logger.warning("mentions partition %d has no owner: watching goes on without it", partition)
                note = Without(partition, held.watcher.watermark or 0)
                await self._outbox(tp.topic, tp.partition, [NewRecord(encode(note))])

    def ahead(self) -> frozenset[int]:
        """Mentions partitions whose readers should pause, since too much waits for the others."""
        return frozenset(
            partition
            for held in self._held.values()
            if held.watcher.pending_bytes > PENDING_LIMIT
            for partition in held.watcher.ahead()
        )

    def standing(self) -> Standing:
        """Positions and watermarks, for `status`."""
        return Standing(
            {str(tp.partition): held.position for tp, held in self._held.items()},
            {str(tp.partition): held.watermark for tp, held in self._held.items()},
            sum(held.watcher.pending_bytes for held in self._held.values()),
        )
