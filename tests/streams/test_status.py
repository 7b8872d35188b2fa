"""What workers say of themselves: newest by name, summed, and who can be counted on."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from alerts.ports import SourceUnavailableError
from streams.log import Log, open_log
from streams.settings import StreamSettings
from streams.status import Report, Reports, StatusReader, encode_report, newest_reports
from streams.topics import Topics, topic_specs
from streams.transports.batches import NewRecord
from streams.transports.sqlite.client import SqliteLogClient

NOW = 1_760_000_000_000
TOPICS = Topics("")


#: What the log stamps; the worker's own word for when it reported counts for nothing.
clock = [NOW]


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    clock[0] = NOW - 3_600_000
    client = SqliteLogClient(f"sqlite:///{tmp_path / 'log.db'}", clock=lambda: clock[0])
    await client.start()
    yield client
    await client.stop()


@pytest.fixture
async def ready(log: Log) -> Log:
    await log.create(*topic_specs(StreamSettings(mentions_partitions=2, readings_partitions=2)))
    return log


async def say(log: Log, *reports: Report) -> None:
    """Append each when its `at` says, though the worker's clock is an hour ahead."""
    for report in reports:
        clock[0] = report.at
        report = msgspec.structs.replace(report, at=report.at + 3_600_000)  # noqa: PLW2901 - the same report
        await log.append(TOPICS.status, 0, [NewRecord(encode_report(report), key=report.worker.encode())])


async def test_before_the_first_worker_nothing_is_known_and_nothing_raised(log: Log) -> None:
    status = await StatusReader(log, TOPICS, lambda: NOW).status()
    assert status[:3] == ({"read": 0.0, "watch": 0.0}, None, {})


async def test_lag_is_what_was_not_yet_committed_or_folded(ready: Log) -> None:
    await ready.append(TOPICS.mentions, 1, [NewRecord(b"x")] * 3)
    await ready.append(TOPICS.readings, 1, [NewRecord(b"x")] * 5)
    await say(ready, Report("a", NOW, {}, {"1": 4}, {"1": NOW - 2000}))
    status = await StatusReader(ready, TOPICS, lambda: NOW).status()
    assert status.lag == {"read": 3.0, "watch": 1.0}
    assert status.watermark_age_seconds == 2.0


async def test_sums_of_all_workers_count_and_positions_of_the_fresh_only(ready: Log) -> None:
    await ready.append(TOPICS.readings, 0, [NewRecord(b"x")] * 2)
    gone = Report("gone", NOW - 31_000, {"findings": {"fired": 1}}, {"0": 2}, {"0": 1})
    here = Report("here", NOW, {"findings": {"fired": 2}}, {}, {})
    await say(ready, gone, here)
    status = await StatusReader(ready, TOPICS, lambda: NOW).status()
    assert status.counters == {"findings": {"fired": 3}}
    assert status.lag["watch"] == 2.0
    assert status.watermark_age_seconds is None


async def test_reports_are_followed_and_what_cannot_be_read_is_passed_over(ready: Log) -> None:
    reports = Reports(ready, TOPICS.status)
    await say(ready, Report("b", NOW - 60_000), Report("a", NOW - 1, ahead=(3,)))
    await ready.append(TOPICS.status, 0, [NewRecord(b"{", key=b"c"), NewRecord(None, key=b"d")])
    assert set(await reports.all()) == {"a", "b"}
    await say(ready, Report("a", NOW, ahead=(1, 2)))
    (fresh,) = await reports.fresh(NOW)
    assert fresh.ahead == (1, 2)
    assert (await newest_reports(ready, TOPICS.status))["a"] == fresh


async def test_a_log_that_cannot_be_used_is_unavailable(tmp_path: Path) -> None:
    closed = open_log(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(SourceUnavailableError):
        await StatusReader(closed, TOPICS, lambda: NOW).status()
