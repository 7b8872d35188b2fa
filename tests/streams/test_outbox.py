"""The outbox: what it returns from is durable, what is not raises one kind of error."""

from collections.abc import AsyncIterator
from pathlib import Path

import faust
import pytest

from streams.log import Log, LogError, TopicSpec, open_log
from streams.outbox import Outbox
from streams.transports.batches import NewRecord
from tests.streams.test_app import files_at_most


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    app = faust.App("t", broker=url, store="memory://", datadir=str(tmp_path), web_enabled=False)
    yield Outbox(app)
    await app.producer.stop()


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    client = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    await client.start()
    await client.create(TopicSpec("t", 2, publisher_time=True))
    yield client
    await client.stop()


async def test_records_are_in_the_log_in_order_with_all_they_had(outbox: Outbox, log: Log) -> None:
    sent = [NewRecord(b"a", b"k", (("h", b"1"),), 1_700_000_000_123), NewRecord(None, b"k"), NewRecord(b"c")]
    await outbox("t", 1, sent)
    found = await log.read("t", 1, 0)
    assert [(r.value, r.key) for r in found] == [(b"a", b"k"), (None, b"k"), (b"c", None)]
    assert found[0].timestamp == 1_700_000_000_123
    assert list(found[0].headers) == [("h", b"1")]


@pytest.mark.usefixtures("log")
async def test_a_topic_that_is_not_there_is_named(outbox: Outbox) -> None:
    with pytest.raises(LogError, match="nowhere/0 did not take"):
        await outbox("nowhere", 0, [NewRecord(b"a")])


async def test_what_the_disk_did_not_take_raises(outbox: Outbox, log: Log, tmp_path: Path) -> None:
    await outbox("t", 0, [NewRecord(b"a")])
    with files_at_most((tmp_path / "log.db-wal").stat().st_size), pytest.raises(LogError, match="t/0 did not take"):
        await outbox("t", 0, [NewRecord(bytes(100_000)) for _ in range(3)])
    await outbox("t", 0, [NewRecord(b"b")])
    assert (await log.read("t", 0, 0))[-1].value == b"b"
