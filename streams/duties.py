"""What a worker does beside its agents: marks, snapshots, reports, back-pressure, and the last snapshot at stop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter

import faust

from streams.agents.read import ReadAgent
from streams.agents.watch import WatchAgent
from streams.guarding import LOOK_EVERY, Guard
from streams.log import Log, LogError, LogUnavailableError
from streams.outbox import Outbox
from streams.running import Failure
from streams.status import Report, Reports, encode_report
from streams.tallies import Tallies
from streams.topics import Topics
from streams.transports.batches import NewRecord
from streams.watchdog import StalledError

_BUSY_MARKS, _IDLE_MARKS = 0.2, 1.0
_STATUS_EVERY = 2.0
_PRESS_EVERY = 0.1
#: So long a stalled worker tries to say so before it ends.
_TELL_SECONDS = 2.0
#: Without news for so long, idle partitions are marked less often.
_QUIET = 2.0


@dataclass(slots=True)
class Worker:
    """A worker ready to start: the Faust application and what hangs on it."""

    app: faust.App
    read: ReadAgent
    watch: WatchAgent
    tallies: Tallies
    name: str
    failure: Failure


class Duties:
    """The regular duties of one worker; one that fails ends it.

    Parameters
    ----------
    worker
        Whose agents these are.
    outbox
        Where reports go.
    log
        Where the other workers' reports are read.
    topics
        Of the run.
    snapshot_every
        How often the watch's state is made durable.
    clock
        Milliseconds since 1970 UTC; only reports carry it.
    guard
        Looks whether the worker moves.
    """

    def __init__(
        self,
        worker: Worker,
        outbox: Outbox,
        log: Log,
        topics: Topics,
        snapshot_every: timedelta,
        clock: Callable[[], int],
        guard: Guard,
    ) -> None:
        self._worker = worker
        self._guard = guard
        self._outbox = outbox
        self._topics = topics
        self._snapshot_every = snapshot_every.total_seconds()
        self._clock = clock
        self._reports = Reports(log, topics.status)
        #: What other workers ask to pause: a partition is watched in one, and read in another.
        self._ahead_elsewhere: frozenset[int] = frozenset()
        self._on_duty = False

    def schedule(self) -> None:
        """Hang the duties on the application."""
        app, guard = self._worker.app, self._worker.failure.guard
        for duty in (self._mark, self._keep, self._tell, self._press, self._watch_over):
            app.task(guard(duty, duty.__name__.strip("_")))
        app.on_before_shutdown.connect(guard(self._at_stop, "keeping the state"), weak=False)

    async def _mark(self) -> None:
        app, read, watch = self._worker.app, self._worker.read, self._worker.watch
        while not app.should_stop:
            await read.mark_idle()
            quiet = perf_counter() - max(read.active_at, watch.active_at) > _QUIET
            await app.sleep(_IDLE_MARKS if quiet else _BUSY_MARKS)

    async def _keep(self) -> None:
        app = self._worker.app
        while not app.should_stop:
            await app.sleep(self._snapshot_every)
            await self._worker.watch.snapshot()

    async def _tell(self) -> None:
        app, self._on_duty = self._worker.app, True
        while not app.should_stop:
            await self.report()
            await self._worker.watch.go_on_without()
            await self.listen()
            await app.sleep(_STATUS_EVERY)

    async def _press(self) -> None:
        app, read, watch = self._worker.app, self._worker.read, self._worker.watch
        while not app.should_stop:
            read.hold_back(watch.ahead() | self._ahead_elsewhere)
            await app.sleep(_PRESS_EVERY)

    async def _watch_over(self) -> None:
        app = self._worker.app
        while not app.should_stop:
            await app.sleep(LOOK_EVERY)
            stalls = await self._guard.look()
            if stalls:
                with suppress(LogError, TimeoutError):  # what stands still may be the very way it is told by
                    async with asyncio.timeout(_TELL_SECONDS):
                        await self.report()
                raise StalledError("; ".join(map(str, stalls)))

    async def _at_stop(self, *_: object, **__: object) -> None:
        """Keep the state, unless something failed: then what is kept already is what the next start goes on from."""
        if self._on_duty and self._worker.failure.error is None and self._worker.app.crash_reason is None:
            await self._worker.watch.snapshot()
            await self.report()

    async def report(self) -> None:
        """Say how this worker stands."""
        worker = self._worker
        asked = (tuple(sorted(worker.watch.ahead())), worker.watch.silent())
        report = Report(worker.name, self._clock(), worker.tallies.values, *worker.watch.standing(), *asked)
        record = NewRecord(encode_report(report), key=worker.name.encode())
        await self._outbox(self._topics.status, 0, [record])

    async def listen(self) -> None:
        """Hear which partitions the other workers ask to pause."""
        with suppress(LogUnavailableError):  # what was known holds until the log is back
            others = [one for one in await self._reports.fresh(self._clock()) if one.worker != self._worker.name]
            self._ahead_elsewhere = frozenset(partition for one in others for partition in one.ahead)
