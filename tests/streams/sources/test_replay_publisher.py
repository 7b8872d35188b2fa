"""Replays into a real embedded log: marks, and going on where a publication was cut off."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streams.log import Log, TopicSpec, open_log
from streams.mentions import mark_of
from streams.sources.lines import Line
from streams.sources.replay_publisher import ReplayMismatchError, ReplayPublisher
from streams.transports.batches import RecordLike

LINES = [
    Line(
        number,
        json.dumps(
            {
                "id": str(number),
                "published_at": f"2025-10-07T{number // 60:02d}:{number % 60:02d}:30Z",
                "source": {"kind": "web", "name": "A"},
                "title": "x",
            }
        ).encode(),
    )
    for number in range(300)
]


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    log = open_log(f"sqlite:///{tmp_path / 'log.sqlite'}")
    await log.start()
    await log.create(TopicSpec("r.mentions", 2, publisher_time=True))
    yield log
    await log.stop()


def publisher(log: Log) -> ReplayPublisher:
    return ReplayPublisher(log, "r.mentions", frozenset(), 2, batch=50)


async def contents(log: Log) -> list[list[RecordLike]]:
    return [list(await log.read("r.mentions", partition, 0, limit=10_000)) for partition in range(2)]


async def test_every_partition_gets_every_mark_and_the_last_one_is_final(log: Log) -> None:
    target = publisher(log)
    await target.put(LINES)
    await target.finish()
    for records in await contents(log):
        marks = [mark for record in records if (mark := mark_of(record))]
        assert len(marks) == 301
        assert [final for _, final in marks].count(True) == 1
        assert marks[-1][1]
        times = [record.timestamp for record in records]
        assert times == sorted(times)


@pytest.mark.parametrize("cut", [0, 1, 77, 299])
async def test_a_publication_that_was_cut_off_is_completed_by_the_same_one(log: Log, tmp_path: Path, cut: int) -> None:
    whole = open_log(f"sqlite:///{tmp_path / 'whole.sqlite'}")
    await whole.start()
    await whole.create(TopicSpec("r.mentions", 2, publisher_time=True))
    target = publisher(whole)
    await target.put(LINES)
    await target.finish()

    await publisher(log).put(LINES[:cut])  # what it had not flushed by then is lost with it
    again = publisher(log)
    await again.put(LINES)
    await again.finish()
    assert [[(r.value, r.timestamp) for r in part] for part in await contents(log)] == [
        [(r.value, r.timestamp) for r in part] for part in await contents(whole)
    ]
    await whole.stop()


async def test_publishing_again_adds_nothing(log: Log) -> None:
    for _ in range(2):
        target = publisher(log)
        await target.put(LINES)
        await target.finish()
        assert target.published.accepted == 300
    assert sum(map(len, await contents(log))) == 300 + 2 * 301


async def test_other_mentions_are_refused(log: Log) -> None:
    target = publisher(log)
    await target.put(LINES)
    await target.finish()
    with pytest.raises(ReplayMismatchError, match="another name"):
        await publisher(log).put(LINES[1:])


async def test_a_shorter_replay_is_refused_at_its_end(log: Log) -> None:
    target = publisher(log)
    await target.put(LINES)
    await target.finish()
    shorter = publisher(log)
    await shorter.put(LINES[:100])
    with pytest.raises(ReplayMismatchError):
        await shorter.finish()


async def test_what_is_refused_is_told_and_the_rest_goes_on(log: Log) -> None:
    target = publisher(log)
    refused = await target.put([Line(1, b"{"), *LINES[:3]])
    assert [(each.line, each.reason) for each in refused] == [(1, "not_json")]
    assert target.published.accepted == 3
