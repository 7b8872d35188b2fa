"""The watching stage: folds `readings`, sends what it finds, and keeps its state in snapshots."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import perf_counter
from typing import Any, NamedTuple, cast

import msgspec
from faust.streams import Stream
from faust.types import TP, StreamT

from alerts.model import Excerpt, Finding, Level, canonical
from streams.agents.patience import Patience
from streams.log import Log, LogError
from streams.outbox import Outbox
from streams.snapshots import SnapshotWriter, newest_snapshot
from streams.tallies import Tallies
from streams.theme_records import encode_proposal, proposal_key
from streams.topics import Topics
from streams.transports.batches import Assignment, Batch, BatchConsumer, NewRecord
from streams.watching.config import WatchConfig
from streams.watching.envelopes import Without, decode, encode
from streams.watching.output import Output
from streams.watching.watcher import Watcher

logger = logging.getLogger(__name__)

#: Readings that wait for the watermark; over this the readers that are ahead pause.
PENDING_LIMIT = 64 * 1024 * 1024


class FoldError(Exception):
    """A record made the watch raise: a fault of the program, and the worker must not go past the record."""


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
    patience: Patience | None
    unacknowledged: list[int] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    #: False while a record is being folded, and for ever if that was cut short: the state then holds part of it.
    whole: bool = True

    @property
    def watermark(self) -> int:
        """Of the watcher; 0 before there is one."""
        return self.watcher.watermark or 0


class Standing(NamedTuple):
    """Where a worker's watch stands: next offset and watermark by partition, and what waits."""

    positions: dict[str, int]
    watermarks: dict[str, int]
    pending_bytes: int


class Progress(NamedTuple):
    """How far a partition's fold is: next offset, watermark, and the newest mark of any `mentions` partition."""

    position: int
    watermark: int | None
    newest_mark: int | None


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
    stopwatch
        Seconds; only for `patience` and for knowing whether anything happens.
    pending_limit
        Bytes of readings that may wait in one partition before `ahead` names those to pause.
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
        pending_limit: int = PENDING_LIMIT,
    ) -> None:
        self._topics = topics
        self._config = config
        self._log = log
        self._outbox = outbox
        self._tallies = tallies
        self._consumer = consumer
        self._patience = patience
        self._stopwatch = stopwatch
        self._pending_limit = pending_limit
        self._held: dict[TP, Held] = {}
        self.active_at = float("-inf")

    async def resume(self, assignment: Assignment) -> dict[TP, int | None]:
        """Read the state of every partition back; nothing that was not in a snapshot survives a rebalance."""
        self._held = {}
        held = {tp: await self._restored(tp, assignment.epoch) for tp in sorted(assignment.partitions)}
        self._held = held
        return {tp: one.position for tp, one in held.items()}

    async def _restored(self, tp: TP, epoch: int) -> Held:
        snapshot, keys = await newest_snapshot(self._log, self._topics.states, tp.partition)
        if snapshot is None:
            watcher, position = Watcher(self._config, tp.partition), 0
        else:  # in a thread: millions of identities take their time, and the other agent has work
            watcher = await asyncio.to_thread(Watcher.restore, self._config, snapshot.parts)
            position = snapshot.position
        writer = SnapshotWriter(self._topics.states, tp.partition, uuid.uuid4().hex)
        patience = None if self._patience is None else Patience(self._patience.total_seconds())
        return Held(tp, epoch, watcher, writer, keys, position, position, patience)

    async def run(self, stream: StreamT[Any]) -> None:
        """Fold batches for ever; they are acknowledged when a snapshot that contains them is durable."""
        async for event in cast("Stream[Any]", stream).noack().events():
            batch: Batch = event.value
            held = self._held.get(batch.tp)
            if held is None or held.epoch != batch.epoch:
                continue  # polled before a rebalance: read again from the snapshot on
            async with held.lock:
                if not held.whole:
                    continue  # what was cut short is read again from the snapshot on
                await self._fold(held, batch)
                held.unacknowledged.append(batch.end)
            self._consumer().taken(batch)

    async def _fold(self, held: Held, batch: Batch) -> None:
        for record in batch.records:
            if record.offset < held.position:
                continue
            if record.value is not None:
                await self._fold_one(held, record.value, record.offset)
            held.position = record.offset + 1
            await asyncio.sleep(0)
        held.position = max(held.position, batch.end)

    async def _fold_one(self, held: Held, value: bytes, offset: int) -> None:
        """Fold a record and send what it led to; cut short (cancelled, too), the state is never kept nor added to."""
        place = f"{held.tp.topic}/{held.tp.partition} at {offset}"
        try:
            record = decode(value)
        except msgspec.DecodeError as error:
            held.whole = False
            raise LogError(f"{place} is no readings record ({error}): restore the log, or start a new run") from error
        held.whole = False
        try:
            output = held.watcher.feed(record, offset)
        except Exception as error:  # whatever it is, the fold must stop here and say at which record
            raise FoldError(f"{place} cannot be folded: {type(error).__name__}: {error}") from error
        await self._send(output)
        held.whole = True

    async def _send(self, output: Output) -> None:
        """Send excerpts before the findings that show them."""
        for name, amount in output.tallies.items():
            self._tallies.add(name, amount)
        await self._append(self._topics.excerpts, output.excerpts)
        await self._append(self._topics.findings, output.findings)
        await self._append(self._topics.levels, output.levels)
        if output.proposals:
            told = [NewRecord(encode_proposal(one), key=proposal_key(one.id)) for one in output.proposals]
            await self._outbox(self._topics.control, 0, told)
        for finding in output.findings:
            self._tallies.add("findings", 1, finding.reason)
            if finding.held_back and finding.revision == 1:
                self._tallies.add("held_back", 1, finding.held_back)
        if output.findings:
            self.active_at = self._stopwatch()

    async def _append(self, topic: str, values: Sequence[Finding | Excerpt | Level]) -> None:
        if values:
            await self._outbox(topic, 0, [NewRecord(canonical(value)) for value in values])

    async def snapshot(self) -> None:
        """Write every state that has moved, then acknowledge what it contains."""
        for held in list(self._held.values()):
            async with held.lock:
                if held.whole and held.position > held.durable and self._held.get(held.tp) is held:
                    await self._write(held)

    async def _write(self, held: Held) -> None:
        position = held.position
        await held.writer.write(position, held.watcher.snapshot(), self._outbox)
        held.durable = position
        for end in held.unacknowledged:
            self._consumer().acknowledge(held.tp, end, held.epoch)
        held.unacknowledged.clear()
        if held.obsolete:
            tombstones = [NewRecord(None, key=key) for key in held.obsolete]
            held.obsolete = []
            await self._outbox(held.writer.topic, held.writer.partition, tombstones)

    async def go_on_without(self) -> None:
        """Note in the log that ticks need not wait for partitions that stood still too long; see `Patience`."""
        for tp, held in list(self._held.items()):
            if held.patience is None:
                continue
            watcher = held.watcher
            pressed = watcher.pending_bytes > self._pending_limit
            for partition in held.patience.lost(self._stopwatch(), watcher.marks(), watcher.behind(), pressed=pressed):
                logger.warning("mentions partition %d has no reader: watching goes on without it", partition)
                note = Without(partition, held.watermark)
                await self._outbox(tp.topic, tp.partition, [NewRecord(encode(note))])

    def ahead(self) -> frozenset[int]:
        """Mentions partitions whose readers should pause, since too much waits for the others."""
        return frozenset(
            partition
            for held in self._held.values()
            if held.watcher.pending_bytes > self._pending_limit
            for partition in held.watcher.ahead()
        )

    def silent(self) -> tuple[str, ...]:
        """Feeds that are silent, as ``kind/name``, for `status`."""
        feeds = [held.watcher.feeds for held in self._held.values() if held.watcher.feeds is not None]
        return tuple(sorted("/".join(name) for one in feeds for name in one.silent))

    def progress(self) -> dict[TP, Progress]:
        """How far the fold of each partition is, for the watchdog."""
        return {tp: self._progress(held) for tp, held in self._held.items()}

    @staticmethod
    def _progress(held: Held) -> Progress:
        marks = held.watcher.marks().values()
        return Progress(held.position, held.watcher.watermark, max(marks, default=None))

    def standing(self) -> Standing:
        """Positions and watermarks, for `status`."""
        return Standing(
            {str(tp.partition): held.position for tp, held in self._held.items()},
            {str(tp.partition): held.watermark for tp, held in self._held.items()},
            sum(held.watcher.pending_bytes for held in self._held.values()),
        )
