"""The source of findings: excerpts first, in order, nothing lost over restarts, nothing unreadable let through."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest

from alerts.model import Excerpt, Finding, canonical
from alerts.ports import Found, SourceUnavailableError
from streams.findings_source import LogFindingSource
from streams.log import Log, open_log
from streams.settings import StreamSettings
from streams.topics import Topics, topic_specs
from streams.transports.batches import NewRecord
from tests.alerts.examples import FINDING

TOPICS = Topics("r1")


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    client = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    await client.start()
    yield client
    await client.stop()


async def create(log: Log) -> None:
    await log.create(*topic_specs(StreamSettings(run="r1")))


def finding(**changes: object) -> Finding:
    return msgspec.structs.replace(FINDING, **changes)


def excerpt(number: int) -> Excerpt:
    return Excerpt(f"m{number}", "news", "Báo Thử", f"Tin {number}", "https://example.org", "2026-01-01T00:00:00.000Z")


async def say(log: Log, *values: Finding | Excerpt) -> None:
    for value in values:
        topic = TOPICS.findings if isinstance(value, Finding) else TOPICS.excerpts
        await log.append(topic, 0, [NewRecord(canonical(value))])


async def taken(source: LogFindingSource, count: int, after: dict[tuple[str, int], int] | None = None) -> list[Found]:
    """The first `count` that come."""
    found: list[Found] = []
    async for batch in source.follow(after or {}):
        found += batch
        if len(found) >= count:
            return found
    raise AssertionError


def values(found: Sequence[Found]) -> list[str]:
    return [one.value.id for one in found]


async def test_excerpts_come_before_the_finding_that_shows_them(log: Log) -> None:
    await create(log)
    await say(log, excerpt(1), excerpt(2), finding(id="a" * 32), excerpt(3), finding(id="b" * 32))
    found = await taken(LogFindingSource(log, TOPICS), 5)
    assert values(found) == ["m1", "m2", "m3", "a" * 32, "b" * 32]


async def test_a_restart_at_any_place_loses_nothing(log: Log) -> None:
    await create(log)
    for number in range(3):
        await say(log, excerpt(number), finding(id=f"{number}" * 32))
    everything = await taken(LogFindingSource(log, TOPICS), 6)
    for stored in range(6):
        places = {(one.place.topic, one.place.partition): one.place.offset for one in everything[:stored]}
        rest = await taken(LogFindingSource(log, TOPICS), 6 - stored, places)
        assert everything[:stored] + rest == everything


@pytest.mark.parametrize(
    "change",
    [
        {"fired_at": "soon"},
        {"window_start": "2026-01-01T00:00:00"},
        {"first_fired_at": "9" * 50},
        {"revision": 0},
        {"id": ""},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_finding_nobody_could_work_with_is_passed_over_and_counted(log: Log, change: dict[str, object]) -> None:
    await create(log)
    await say(log, finding(**change), finding(id="b" * 32))
    source = LogFindingSource(log, TOPICS)
    assert values(await taken(source, 1)) == ["b" * 32]
    assert source.unreadable == 1


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"\xff\xfe", b'{"id": 1}', b'"\\ud800"', None])
async def test_hostile_bytes_in_either_topic_are_passed_over(log: Log, data: bytes | None) -> None:
    await create(log)
    for topic in (TOPICS.findings, TOPICS.excerpts):
        await log.append(topic, 0, [NewRecord(data)])
    await say(log, excerpt(1), finding(id="b" * 32))
    assert values(await taken(LogFindingSource(log, TOPICS), 2)) == ["m1", "b" * 32]


async def test_more_than_a_page_comes_in_bounded_batches(log: Log) -> None:
    await create(log)
    await log.append(TOPICS.excerpts, 0, [NewRecord(canonical(excerpt(number))) for number in range(1200)])
    await say(log, finding(id="b" * 32))
    sizes, found = [], 0
    async for batch in LogFindingSource(log, TOPICS).follow({}):
        sizes.append(len(batch))
        found += len(batch)
        if found == 1201:
            break
    assert sizes == [500, 500, 200, 1]


async def test_a_run_without_a_worker_is_quiet_until_it_has_one(log: Log) -> None:
    follow = LogFindingSource(log, TOPICS).follow({})
    assert await anext(follow) == []
    await create(log)
    await say(log, finding(id="b" * 32))
    assert values(await anext(follow)) == ["b" * 32]


async def test_a_log_that_cannot_be_used_is_unavailable(tmp_path: Path) -> None:
    closed = open_log(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(SourceUnavailableError):
        await anext(LogFindingSource(closed, TOPICS).follow({}))
