"""The reading stage: batches of mentions in, one envelope a batch and `readings` partition out."""

import asyncio
import logging
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from time import perf_counter
from typing import Any, cast

from faust.streams import Stream
from faust.types import TP, EventT, StreamT

from streams.agents.lanes import Lanes
from streams.log import LogUnavailableError
from streams.mentions import DeadLetter, RefusalReason, encode_dead_letter, mark_record, unreadable_letter
from streams.outbox import Outbox
from streams.reading.stage import BatchReader, ReadCounts
from streams.tallies import Tallies
from streams.topics import Topics
from streams.transports.batches import Assignment, Batch, BatchConsumer, NewRecord, RecordLike
from streams.versions import NOTICE_MS
from streams.watching.envelopes import Envelope, Marks, encode

logger = logging.getLogger(__name__)

#: Mentions read at once: bounds an envelope's size and how long the event loop is held.
SLICE = 500
#: An idle partition is marked this long before the fetch that found nothing.
IDLE_MARGIN_MS = 100
#: More than this many bugs in so many records stop the worker.
BUG_LIMIT, BUG_WINDOW = 10, 10_000
_TRY_AGAIN = 1.0


class TooManyBugsError(Exception):
    """Reading fails too often to go on; the dead letters hold the tracebacks."""


class BugLimit:
    """Counts records that made reading fail, over the newest `BUG_WINDOW` records."""

    def __init__(self) -> None:
        self._recent: deque[tuple[int, int]] = deque()
        self._records = 0
        self._bugs = 0

    def count(self, records: int, bugs: int) -> None:
        """Take a slice into account. Raises `TooManyBugsError` over the limit."""
        self._recent.append((records, bugs))
        self._records += records
        self._bugs += bugs
        while self._records - self._recent[0][0] >= BUG_WINDOW:
            old_records, old_bugs = self._recent.popleft()
            self._records -= old_records
            self._bugs -= old_bugs
        if self._bugs > BUG_LIMIT:
            raise TooManyBugsError(
                f"reading failed on {self._bugs} of the newest {self._records} mentions; see reason 'bug' in the "
                "dead letters, and start the worker again when it is mended"
            )


class ReadAgent:
    """Reads mentions and hands them to the watch.

    Parameters
    ----------
    topics
        Names of the run's topics.
    stages
        The pure reading of a batch, each with the time from which it holds (milliseconds of seen_at), in order.
    readings_partitions
        To each of them goes one envelope a slice.
    outbox
        Durable appends.
    tallies
        Where is counted.
    consumer
        Gives the driver's consumer once the worker runs.
    replay
        Marks come from the publisher only.
    renew
        All stages as `control` now says; `None` where no version can come any more.
    """

    def __init__(
        self,
        topics: Topics,
        stages: Sequence[tuple[int, BatchReader]],
        readings_partitions: int,
        outbox: Outbox,
        tallies: Tallies,
        consumer: Callable[[], BatchConsumer],
        *,
        replay: bool,
        renew: Callable[[], Awaitable[Sequence[tuple[int, BatchReader]]]] | None = None,
    ) -> None:
        self._topics = topics
        self._stages = tuple(stages)
        self._readings_partitions = readings_partitions
        self._outbox = outbox
        self._tallies = tallies
        self._consumer = consumer
        self._replay = replay
        self._renew = renew
        #: Up to which seen_at the stages are known for certain.
        self._known_until = float("-inf")
        self._bugs = BugLimit()
        self._epoch = 0
        self._held: frozenset[TP] = frozenset()
        self._paused: frozenset[TP] = frozenset()
        self._marked: dict[int, int] = {}
        self._marking: dict[TP, asyncio.Future[None]] = {}
        self.active_at = float("-inf")

    async def resume(self, assignment: Assignment) -> dict[TP, int | None]:
        """Go on where the group committed: an envelope sent twice does no harm."""
        self._epoch = assignment.epoch
        self._held = assignment.partitions
        self._paused = frozenset()
        return dict.fromkeys(assignment.partitions)

    async def run(self, stream: StreamT[Any]) -> None:
        """Read batches for ever; each is acknowledged when its envelopes are.

        Partitions do not wait for one another's acknowledgements. Within one the order holds: no envelope is sent
        before the one that precedes it is acknowledged, or a hole could be left that nobody sees.
        """

        async def work(event: EventT[Any]) -> None:
            batch = cast("Batch", event.value)
            if batch.epoch == self._epoch:  # otherwise it was polled before a rebalance, and is polled again
                await self._read(batch)
                await stream.ack(event)

        async with Lanes(work) as lanes:
            async for event in cast("Stream[Any]", stream).noack().events():
                lanes.put(event.value.tp, event)

    async def pass_over(self, tp: TP, start: int, end: int, why: str) -> None:
        """Note what cannot be decoded in the dead letters, with its place: no mention depends on another."""
        detail = f"offsets {start} to {end - 1} cannot be decoded: {why}"
        logger.error("%s/%d: %s; they are passed over", tp.topic, tp.partition, detail)
        self._tallies.add("mentions_refused", end - start, RefusalReason.UNREADABLE)
        await self._bury([unreadable_letter(tp.topic, tp.partition, start, detail)])

    async def _know(self, seen_at: int) -> None:
        """Ask `control` before anything is read that a version not yet heard of may hold for.

        A version is announced `NOTICE_MS` before it holds. What was seen at `seen_at` lies in the log by now: whatever
        is announced from now on holds later than that much after it, however long this worker slept.
        """
        while self._renew is not None and seen_at > self._known_until:
            try:
                self._stages = tuple(await self._renew())
                self._known_until = seen_at + NOTICE_MS
            except LogUnavailableError as error:
                logger.warning("reading waits until control can be read: %s", error)
                await asyncio.sleep(_TRY_AGAIN)

    async def _read(self, batch: Batch) -> None:
        await self._know(batch.records[-1].timestamp)
        for start, end, records in slices(batch, [since for since, _ in self._stages]):
            stage = self._stages[in_force(self._stages, records[0].timestamp)][1]
            result = stage.read_batch(batch.tp.partition, start, end, records, batch.tp.topic)
            self._count(result.counts)
            await self._bury(result.refused)
            await self._send(result.envelopes)
            await asyncio.sleep(0)
            if result.counts.mentions or result.refused:
                self.active_at = perf_counter()

    def _count(self, counts: ReadCounts) -> None:
        self._tallies.add("mentions_read", counts.mentions)
        self._tallies.add("mentions_negative", counts.negative)
        for reason, amount in counts.refused.items():
            self._tallies.add("mentions_refused", amount, reason)
        for language, amount in counts.languages.items():
            self._tallies.add("mentions_language", amount, language)
        refused = sum(counts.refused.values())
        self._bugs.count(counts.mentions + refused, counts.refused.get(RefusalReason.BUG, 0))

    async def _bury(self, refused: Sequence[DeadLetter]) -> None:
        if refused:
            await self._outbox(self._topics.dead, 0, [NewRecord(encode_dead_letter(letter)) for letter in refused])

    async def _send(self, envelopes: Sequence[Envelope]) -> None:
        await asyncio.gather(
            *(
                self._outbox(self._topics.readings, partition, [NewRecord(encode(envelope))])
                for partition, envelope in enumerate(envelopes)
            )
        )

    def held(self) -> Mapping[TP, bool]:
        """The partitions this worker holds, and whether each is held back."""
        return {tp: tp in self._paused for tp in self._held}

    def hold_back(self, ahead: AbstractSet[int]) -> None:
        """Pause reading these partitions, since too much waits for the others, and go on with those paused before."""
        consumer = self._consumer()
        flowing = {tp for tp in self._held if consumer.handed_over(tp) is not None}  # none amid a rebalance
        wanted = frozenset(tp for tp in flowing if tp.partition in ahead)
        if wanted - self._paused:
            consumer.pause_partitions(wanted - self._paused)
        if go_on := (self._paused & flowing) - wanted:
            consumer.resume_partitions(go_on)
        self._paused = wanted

    async def mark_idle(self) -> None:
        """Mark the partitions in which the last fetch found nothing, so that the watch need not wait for them.

        Where others stamp, by clocks of their own, how late it is in a partition is told only by what is in it: so a
        mark record is appended there, and read back like any mention.
        """
        if self._replay:
            return
        if not self._consumer().stamps_here:
            self._append_marks()
            return
        marks = tuple(self._idle_marks())
        if not marks:
            return
        data = encode(Marks(marks))
        records = [NewRecord(data)]
        await asyncio.gather(
            *(self._outbox(self._topics.readings, p, records) for p in range(self._readings_partitions))
        )
        self._marked.update({partition: mark for partition, _, mark in marks})

    def _append_marks(self) -> None:
        """Append where the last mark is there; a partition that takes none, having no leader, holds nobody up."""
        consumer = self._consumer()
        for tp in self._held:
            before = self._marking.get(tp)
            if before is not None and before.done():
                before.result()  # an append that can never succeed ends the worker
            waits = before is not None and not before.done()
            if not waits and consumer.idle_at(tp) is not None and not consumer.in_flight(tp):
                self._marking[tp] = asyncio.ensure_future(self._outbox(tp.topic, tp.partition, [mark_record()]))

    def _idle_marks(self) -> Iterator[tuple[int, int, int]]:
        consumer = self._consumer()
        for tp in sorted(self._held):
            at, reached = consumer.idle_at(tp), consumer.handed_over(tp)
            # A batch handed over whose envelope is not yet acknowledged brings its own mark.
            if at is None or reached is None or consumer.in_flight(tp):
                continue
            mark = at - IDLE_MARGIN_MS
            if mark > self._marked.get(tp.partition, 0):
                yield tp.partition, reached, mark


def in_force(stages: Sequence[tuple[int, object]], seen_at: int) -> int:
    """Index of the stage that holds at `seen_at`.

    Examples
    --------
    >>> in_force([(0, "old"), (60_000, "new")], 59_999), in_force([(0, "old"), (60_000, "new")], 60_000)
    (0, 1)
    """
    return max(0, bisect_right(stages, seen_at, key=lambda stage: stage[0]) - 1)


def _in_order(records: Sequence[RecordLike], first: int, stop: int) -> int:
    """Up to where times do not go back."""
    times = [record.timestamp for record in records[first:stop]]
    if times == sorted(times):  # nearly always, and many times as fast as comparing one by one
        return stop
    return first + next(n for n in range(1, len(times)) if times[n] < times[n - 1])


def slices(batch: Batch, bounds: Sequence[int]) -> Iterator[tuple[int, int, Sequence[RecordLike]]]:
    """Cut a batch into pieces of at most `SLICE` records, each before or after every one of `bounds` (seen_at).

    In no piece does the time go back, as it does where a broker's clock was set or another broker leads: the watch
    raises what was seen before the pieces that came earlier, so where batches end makes no difference.

    Yields
    ------
    Start and end offset, and the records.
    """
    records, start, first = batch.records, batch.start, 0
    while first < len(records):
        stop = _in_order(records, first, min(first + SLICE, len(records)))
        for bound in bounds:
            if records[first].timestamp < bound <= records[stop - 1].timestamp:
                stop = bisect_left(records, bound, first, stop, key=lambda record: record.timestamp)
        end = batch.end if stop == len(records) else records[stop].offset
        yield start, end, records[first:stop]
        start, first = end, stop
