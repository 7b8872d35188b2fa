"""Snapshots: what is acknowledged can be read back, whatever is torn."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.log import Log, TopicSpec, open_log
from streams.snapshots import CHUNK_BYTES, SnapshotWriter, newest_snapshot
from streams.transports.batches import NewRecord

TOPIC = "states"


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    client = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    await client.start()
    await client.create(TopicSpec(TOPIC, 1, compacted=True))
    yield client
    await client.stop()


class Crash(Exception):  # noqa: N818 - it stands for a crash
    """The worker dies here."""


class Appender:
    """Appends to the log until it is told to die after so many records."""

    def __init__(self, log: Log, dies_after: int | None = None) -> None:
        self.log = log
        self.left = dies_after
        self.written = 0

    async def __call__(self, topic: str, partition: int, records: Sequence[NewRecord]) -> None:
        for record in records:
            if self.left is not None:
                if self.left == 0:
                    raise Crash
                self.left -= 1
            await self.log.append(topic, partition, [record])
            self.written += 1


async def test_a_snapshot_is_read_back_as_it_was_written(log: Log) -> None:
    parts = {"head": b"x", "big": bytes(range(256)) * (CHUNK_BYTES // 100), "empty": b""}
    await SnapshotWriter(TOPIC, 0, "w1").write(17, parts, Appender(log))
    snapshot, _ = await newest_snapshot(log, TOPIC, 0)
    assert snapshot is not None
    assert (snapshot.position, snapshot.parts) == (17, parts)


async def test_nothing_written_reads_back_as_nothing(log: Log) -> None:
    assert await newest_snapshot(log, TOPIC, 0) == (None, [])


async def test_an_unchanged_part_is_not_written_again_in_its_slot(log: Log) -> None:
    writer, appender = SnapshotWriter(TOPIC, 0, "w1"), Appender(log)
    for position in (1, 2):
        await writer.write(position, {"ids": b"same", "head": b"%d" % position}, appender)
    before = appender.written
    await writer.write(3, {"ids": b"same", "head": b"3"}, appender)
    assert appender.written - before == 2  # the head part and the head


async def test_a_part_that_is_gone_is_deleted_after_the_head(log: Log) -> None:
    writer = SnapshotWriter(TOPIC, 0, "w1")
    for position, parts in enumerate(({"a": b"1", "b": b"2"}, {"a": b"1"}, {"a": b"1"}), 1):
        await writer.write(position, parts, Appender(log))
    snapshot, keys = await newest_snapshot(log, TOPIC, 0)
    assert snapshot is not None
    assert snapshot.parts == {"a": b"1"}
    assert b"w1/0/b/0" not in keys


@settings(max_examples=30, deadline=None)
@given(
    contents=st.lists(
        st.dictionaries(st.sampled_from(["head", "bank", "ids/1", "ids/2"]), st.binary(max_size=20), min_size=1),
        min_size=2,
        max_size=5,
    ),
    dies_after=st.integers(0, 30),
)
async def test_a_crash_at_any_record_leaves_the_last_complete_snapshot(
    tmp_path_factory: pytest.TempPathFactory, contents: list[dict[str, bytes]], dies_after: int
) -> None:
    client = open_log(f"sqlite:///{tmp_path_factory.mktemp('log') / 'log.db'}")
    await client.start()
    await client.create(TopicSpec(TOPIC, 1, compacted=True))
    writer, appender = SnapshotWriter(TOPIC, 0, "w"), Appender(client, dies_after)
    complete = 0
    try:
        for position, parts in enumerate(contents, 1):
            await writer.write(position, parts, appender)
            complete = position
    except Crash:
        pass
    snapshot, _ = await newest_snapshot(client, TOPIC, 0)
    await client.stop()
    found = 0 if snapshot is None else snapshot.position
    # A head may have been acknowledged just before the crash: then the newer snapshot is whole as well.
    assert found in (complete, complete + 1)
    if snapshot is not None:
        assert snapshot.parts == contents[found - 1]


async def test_a_zombie_cannot_spoil_its_successors_snapshot(log: Log) -> None:
    zombie, successor = SnapshotWriter(TOPIC, 0, "old"), SnapshotWriter(TOPIC, 0, "new")
    await zombie.write(5, {"bank": b"five"}, Appender(log))
    await successor.write(9, {"bank": b"nine"}, Appender(log))
    await zombie.write(6, {"bank": b"six"}, Appender(log))
    snapshot, _ = await newest_snapshot(log, TOPIC, 0)
    assert snapshot is not None
    assert (snapshot.position, snapshot.parts) == (9, {"bank": b"nine"})
