"""The watchdog's eyes: what the worker holds, held against the log every few seconds."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from time import perf_counter

from faust.types import TP

from streams.agents.read import ReadAgent
from streams.agents.watch import WatchAgent
from streams.log import Log, LogError
from streams.tallies import Tallies
from streams.topics import Topics
from streams.transports.batches import BatchConsumer
from streams.watchdog import Sight, Stall, StallKind, Watchdog, counted

logger = logging.getLogger(__name__)

#: Seconds between two looks.
LOOK_EVERY = 5.0
#: A log that does not answer within this is not there, which is no fault of the worker.
_ANSWER_SECONDS = 10.0


class Guard:
    """Looks whether the worker moves.

    Parameters
    ----------
    read, watch
        The agents.
    consumer
        Gives the driver's consumer once the worker runs.
    log
        A client of its own: a consumer that stands still does not know how far the log is.
    topics
        Of the run.
    tallies
        Where stalls are counted.
    limit
        How long something may stand still although there is work.
    replay
        Marks come from a publisher, who may pause: a watermark that stands still is told, and no reason to end.
    stopwatch
        Seconds.
    """

    def __init__(
        self,
        read: ReadAgent,
        watch: WatchAgent,
        consumer: Callable[[], BatchConsumer],
        log: Log,
        topics: Topics,
        tallies: Tallies,
        limit: timedelta,
        *,
        replay: bool,
        stopwatch: Callable[[], float] = perf_counter,
    ) -> None:
        self._read = read
        self._watch = watch
        self._consumer = consumer
        self._log = log
        self._topics = topics
        self._tallies = tallies
        self._replay = replay
        self._stopwatch = stopwatch
        self._watchdog = Watchdog(limit.total_seconds())
        self._told: set[tuple[str, int, StallKind]] = set()

    async def look(self) -> list[Stall]:
        """Take a look; returns what only a new start can mend. What stands still is told once and counted."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                sights = [sight async for sight in self._sights()]
        except (LogError, TimeoutError):
            self._watchdog.forgive(self._stopwatch())
            return []
        stalls = self._watchdog.look(self._stopwatch(), sights)
        fresh = [stall for stall in stalls if (stall.topic, stall.partition, stall.kind) not in self._told]
        self._told = {(stall.topic, stall.partition, stall.kind) for stall in stalls}
        for stall in fresh:
            logger.error("stalled (%s): %s", stall.kind, stall)
        for kind, amount in counted(fresh).items():
            self._tallies.add("stalls", amount, kind)
        return [stall for stall in stalls if stall.kind is not StallKind.WATERMARK or not self._replay]

    async def _sights(self) -> AsyncIterator[Sight]:
        consumer = self._consumer()
        for tp, held_back in self._read.held().items():
            acknowledged = consumer.acknowledged(tp)
            yield await self._sight(tp, consumer, acknowledged, held_back=held_back)
        for tp, progress in self._watch.progress().items():
            sight = await self._sight(tp, consumer, progress.position, held_back=False)
            yield sight._replace(watermark=progress.watermark, newest_mark=progress.newest_mark)

    async def _sight(self, tp: TP, consumer: BatchConsumer, taken: int | None, *, held_back: bool) -> Sight:
        # In this order: what should be committed was so before the log was asked, and its end is as the worker saw it.
        due = consumer.to_commit(tp)
        _, end = await self._log.bounds(*tp)
        committed = await self._log.committed(self._topics.group, *tp)
        return Sight(
            *tp,
            end=end,
            handed_over=consumer.handed_over(tp),
            idle_at=consumer.idle_at(tp),
            taken=taken,
            to_commit=due,
            committed=committed or 0,
            held_back=held_back,
        )
