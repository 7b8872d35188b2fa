"""What the workers say of themselves, through the log: written by each, read by the alert service."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

import msgspec

from alerts.ports import SourceUnavailableError, Status
from streams.catching_up import CatchUp
from streams.log import Log, LogError, UnknownTopicError
from streams.tallies import Tallies
from streams.topics import Topics
from streams.transports.batches import RecordLike

logger = logging.getLogger(__name__)

#: A worker that has not reported for so long is not counted on.
FRESH = timedelta(seconds=30)


class Report(msgspec.Struct, frozen=True):
    """One worker's standing.

    Attributes
    ----------
    worker
        Its name; one that starts again under the same name goes on with its sums.
    at
        Milliseconds since 1970 UTC; once read, when the log took it.
    counters
        As in `Tallies`.
    positions
        Next `readings` offset to fold, by partition it holds.
    watermarks
        Milliseconds of seen_at, by `readings` partition it holds.
    pending_bytes
        Readings that wait for the watermark.
    ahead
        Mentions partitions whose readers, in whichever worker, are to pause: too much waits for the others.
    silent
        Feeds that are silent, as ``kind/name``.
    """

    worker: str
    at: int
    counters: dict[str, dict[str, float]] = {}
    positions: dict[str, int] = {}
    watermarks: dict[str, int] = {}
    pending_bytes: int = 0
    ahead: tuple[int, ...] = ()
    silent: tuple[str, ...] = ()


def encode_report(report: Report) -> bytes:
    """Bytes of a `status` record."""
    return msgspec.json.encode(report)


class Reports:
    """The newest report of every worker, followed through the log.

    Parameters
    ----------
    log
        Started client.
    topic
        `status` of the run.
    """

    def __init__(self, log: Log, topic: str) -> None:
        self._log = log
        self._topic = topic
        self._offset = 0
        self._reports: dict[str, Report] = {}

    async def all(self) -> dict[str, Report]:
        """By worker. Raises `LogError`."""
        first, end = await self._log.bounds(self._topic, 0)
        self._offset = max(self._offset, first)
        while self._offset < end:
            records = await self._log.read(self._topic, 0, self._offset, limit=1000)
            if not records:
                break
            for record in records:
                if record.value is not None:
                    _take(self._reports, record)
            self._offset = records[-1].offset + 1
        return self._reports

    async def fresh(self, now: int) -> list[Report]:
        """Those of workers that can be counted on at `now` (milliseconds since 1970 UTC). Raises `LogError`."""
        oldest = now - FRESH.total_seconds() * 1000
        return [report for report in (await self.all()).values() if report.at >= oldest]


async def newest_reports(log: Log, topic: str) -> dict[str, Report]:
    """The newest report of every worker, by name. Raises `LogError`."""
    return await Reports(log, topic).all()


def _take(reports: dict[str, Report], record: RecordLike) -> None:
    try:
        report = msgspec.json.decode(record.value or b"", type=Report)
    except msgspec.DecodeError:
        logger.warning("a worker's report cannot be read and is passed over")
        return
    # The log's stamp rather than the worker's word: its clock may be wrong, and nobody else's decides who is alive.
    reports[report.worker] = msgspec.structs.replace(report, at=record.timestamp)


class StatusReader:
    """`alerts.ports.LogHealth` over the log.

    Parameters
    ----------
    log
        Started client.
    topics
        Of the run asked about.
    clock
        Milliseconds since 1970 UTC.
    """

    def __init__(self, log: Log, topics: Topics, clock: Callable[[], int]) -> None:
        self._log = log
        self._topics = topics
        self._clock = clock
        self._reports = Reports(log, topics.status)
        self._catch_up = CatchUp()

    async def status(self) -> Status:
        """The present standing. Raises `SourceUnavailableError`."""
        try:
            fresh = await self._reports.fresh(self._clock())
            everyone = (await self._reports.all()).values()
            lag = {"read": await self._read_lag(), "watch": await self._watch_lag(fresh)}
        except UnknownTopicError:
            return Status({"read": 0.0, "watch": 0.0}, None, {})
        except LogError as error:
            raise SourceUnavailableError(str(error)) from error
        tallies = Tallies()
        for report in everyone:
            tallies.merge(report.counters)
        marks = [mark for report in fresh for mark in report.watermarks.values() if mark]
        now, lowest = self._clock(), min(marks, default=None)
        age = None if lowest is None else max(0.0, (now - lowest) / 1000)
        silent = sorted({name for report in fresh for name in report.silent})
        return Status(lag, age, tallies.values, silent, self._catch_up.seconds(now, lowest))

    async def _read_lag(self) -> float:
        lag = 0
        for partition in range(await self._log.partitions(self._topics.mentions)):
            first, end = await self._log.bounds(self._topics.mentions, partition)
            committed = await self._log.committed(self._topics.group, self._topics.mentions, partition)
            lag += end - max(first, committed or 0)
        return float(max(0, lag))

    async def _watch_lag(self, reports: list[Report]) -> float:
        positions: Mapping[str, int] = {k: v for report in reports for k, v in report.positions.items()}
        lag = 0
        for partition in range(await self._log.partitions(self._topics.readings)):
            first, end = await self._log.bounds(self._topics.readings, partition)
            lag += max(0, end - max(first, positions.get(str(partition), 0)))
        return float(lag)
