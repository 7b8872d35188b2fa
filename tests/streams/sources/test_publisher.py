"""Mentions into a real embedded log."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.ports import SourceUnavailableError
from streams.log import Log, TopicSpec, open_log
from streams.mentions import identity, partition_of
from streams.sources.lines import Line, Unreadable
from streams.sources.publisher import Publisher, chunked
from streams.sources.sink import LogMentionSink

NOW = 1_759_800_000_000  # 2025-10-07T01:20:00Z


def line(number: int, **fields: Any) -> Line:
    mention = {
        "id": str(number),
        "published_at": "2025-10-07T01:00:00Z",
        "source": {"kind": "web", "name": "Báo A"},
        "title": "x",
        **fields,
    }
    return Line(number, json.dumps(mention).encode())


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    log = open_log(f"sqlite:///{tmp_path / 'log.sqlite'}")
    await log.start()
    await log.create(TopicSpec("mentions", 3))
    yield log
    await log.stop()


async def contents(log: Log, partitions: int = 3) -> list[list[bytes | None]]:
    return [[r.value for r in await log.read("mentions", p, 0, limit=10_000)] for p in range(partitions)]


def publisher(log: Log, **options: Any) -> Publisher:
    return Publisher(log, "mentions", frozenset({"19"}), 3, clock=lambda: NOW, **options)


async def test_each_mention_is_appended_once_in_its_partition_in_order(log: Log) -> None:
    lines = [line(number) for number in range(200)]
    target = publisher(log, batch=30)
    assert await target.put(lines) == []
    await target.finish()
    expected: list[list[bytes]] = [[], [], []]
    for each in lines:
        expected[partition_of(identity("web", "Báo A", str(each.number)), 3)].append(each.data)
    assert await contents(log) == expected
    assert target.published.accepted == 200


async def test_what_is_refused_is_told_with_its_line_and_counted(log: Log) -> None:
    target = publisher(log)
    lines: list[Line | Unreadable] = [
        line(1),
        Line(2, b"{"),
        line(3, organisations=["99"]),
        Unreadable(4, "line_too_long", "the line is longer"),
        line(5, published_at="2025-10-07T02:00:00Z"),
        line(6, organisations=["19"]),
    ]
    refused = await target.put(lines)
    await target.finish()
    assert [(each.line, each.reason) for each in refused] == [
        (2, "not_json"),
        (3, "organisation"),
        (4, "line_too_long"),
        (5, "future"),
    ]
    assert (target.published.accepted, target.published.lines) == (2, 6)
    assert sum(map(len, await contents(log))) == 2


async def test_the_sink_takes_only_the_sources_that_a_token_may_use(log: Log) -> None:
    sink = LogMentionSink(log, "mentions", frozenset(), lambda: NOW)
    lines = [(each.number, each.data) for each in (line(1), line(2, source={"kind": "web", "name": "Báo B"}))]
    taken = await sink.put(lines, frozenset({"Báo B"}))
    assert (taken.accepted, [(each.line, each.reason) for each in taken.refused]) == (1, [(1, "source_not_allowed")])
    assert (await sink.put(lines, None)).accepted == 2


async def test_the_sink_says_when_there_is_no_topic(log: Log) -> None:
    sink = LogMentionSink(log, "nothing.mentions", frozenset(), lambda: NOW)
    with pytest.raises(SourceUnavailableError, match="canhbao topics create"):
        await sink.put([(1, line(1).data)], None)


@given(st.integers(0, 50), st.integers(1, 9))
def test_pieces_put_together_are_the_whole(count: int, size: int) -> None:
    lines = [Line(number, b"x") for number in range(count)]
    parts = list(chunked(lines, size))
    assert [each for part in parts for each in part] == lines
    assert all(1 <= len(part) <= size for part in parts)
