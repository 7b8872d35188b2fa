"""What the workers say of themselves, through the log: written by each, read by the alert service."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

import msgspec

from alerts.ports import SourceUnavailableError, Status
from streams.log import Log, LogError, LogUnavailableError, UnknownTopicError
from streams.tallies import Tallies
from streams.topics import Topics

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
        Milliseconds since 1970 UTC.
    counters
        As in `Tallies`.
    positions
        Next `readings` offset to fold, by partition it holds.
    watermarks
        Milliseconds of seen_at, by `readings` partition it holds.
    pending_bytes
        Readings that wait for the watermark.
    """

    worker: str
    at: int
    counters: dict[str, dict[str, float]] = {}
    positions: dict[str, int] = {}
    watermarks: dict[str, int] = {}
    pending_bytes: int = 0


def encode_report(report: Report) -> bytes:
    """Bytes of a `status` record."""
    return msgspec.json.encode(report)


async def newest_reports(log: Log, topic: str) -> dict[str, Report]:
    """The newest report of every worker, by name."""
    offset, end = await log.bounds(topic, 0)
    reports: dict[str, Report] = {}
    while offset < end:
        records = await log.read(topic, 0, offset, limit=1000)
        if not records:
            break
        for record in records:
            if record.value is not None:
                _take(reports, record.value)
        offset = records[-1].offset + 1
    return reports


def _take(reports: dict[str, Report], data: bytes) -> None:
    try:
        report = msgspec.json.decode(data, type=Report)
    except msgspec.DecodeError:
        logger.warning("a worker's report cannot be read and is passed over")
        return
    reports[report.worker] = report


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
        self._reports: dict[str, Report] = {}
        self._offset = 0

    async def status(self) -> Status:
        """The present standing. Raises `SourceUnavailableError`."""
        try:
            await self._follow()
            fresh = [r for r in self._reports.values() if self._clock() - r.at <= FRESH.total_seconds() * 1000]
            lag = {"read": await self._read_lag(), "watch": await self._watch_lag(fresh)}
        except UnknownTopicError:
            return Status({"read": 0.0, "watch": 0.0}, None, {})
        except (LogUnavailableError, LogError) as error:
            raise SourceUnavailableError(str(error)) from error
        tallies = Tallies()
        for report in self._reports.values():
            tallies.merge(report.counters)
        marks = [mark for report in fresh for mark in report.watermarks.values() if mark]
        age = (self._clock() - min(marks)) / 1000 if marks else None
        return Status(lag, None if age is None else max(0.0, age), tallies.values)

    async def _follow(self) -> None:
        first, end = await self._log.bounds(self._topics.status, 0)
        self._offset = max(self._offset, first)
        while self._offset < end:
            records = await self._log.read(self._topics.status, 0, self._offset, limit=1000)
            if not records:
                return
            for record in records:
                if record.value is not None:
                    _take(self._reports, record.value)
            self._offset = records[-1].offset + 1

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
