"""The log contract on the embedded log, and what only its client promises."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from streams.log import Log, LogError, TopicSpec, open_log
from streams.transports.batches import NewRecord
from streams.transports.sqlite.client import SqliteLogClient
from tests.contracts.log_contract import LogContract, read_all


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
async def log(url: str) -> AsyncIterator[Log]:
    client = open_log(url)
    await client.start()
    yield client
    await client.stop()


@pytest.fixture
async def another(url: str, log: Log) -> AsyncIterator[Log]:
    del log  # started first, as in other logs' tests
    client = open_log(url)
    await client.start()
    yield client
    await client.stop()


class TestSqliteLog(LogContract):
    """The contract."""


async def test_one_append_that_is_refused_spoils_none_beside_it(log: Log) -> None:
    await log.create(TopicSpec("a"))
    bad: list[NewRecord] = [NewRecord("text")]  # type: ignore[arg-type]  # hostile on purpose
    results = await asyncio.gather(
        log.append("a", 0, [NewRecord(b"1")]),
        log.append("a", 0, bad),
        log.append("b", 0, [NewRecord(b"2")]),
        log.append("a", 0, []),
        log.append("a", 0, [NewRecord(b"3", headers=[("\ud800", b"")])]),
        log.append("a", 0, [NewRecord(b"4", timestamp=-1)]),
        log.append("a", 0, [NewRecord(b"5")]),
        return_exceptions=True,
    )
    assert [type(one).__name__ for one in results] == [
        "int", "TypeError", "UnknownTopicError", "ValueError", "UnicodeEncodeError", "ValueError", "int",
    ]  # fmt: skip
    assert [record.value for record in await read_all(log, "a")] == [b"1", b"5"]


async def test_a_client_that_is_not_started_says_so(url: str) -> None:
    client = SqliteLogClient(url)
    with pytest.raises(LogError, match="not open"):
        await client.append("a", 0, [NewRecord(b"1")])
    with pytest.raises(LogError, match="not open"):
        await client.create(TopicSpec("a"))
    await client.stop()


async def test_starting_twice_and_starting_again_after_a_stop_works(url: str) -> None:
    client = SqliteLogClient(url)
    for n in range(2):
        await client.start()
        await client.start()
        await client.create(TopicSpec("a"))
        assert await client.append("a", 0, [NewRecord(b"1")]) == n
        await client.stop()


async def test_stopping_writes_what_is_queued(url: str) -> None:
    client = SqliteLogClient(url)
    await client.start()
    await client.create(TopicSpec("a"))
    appends = [asyncio.create_task(client.append("a", 0, [NewRecord(b"%d" % n)])) for n in range(100)]
    await asyncio.sleep(0)
    await client.stop()
    assert sorted(await asyncio.gather(*appends)) == list(range(100))


async def test_who_gives_up_waiting_for_an_append_disturbs_nobody(log: Log) -> None:
    await log.create(TopicSpec("a"))
    impatient = asyncio.create_task(log.append("a", 0, [NewRecord(b"1")]))
    await asyncio.sleep(0)
    impatient.cancel()
    await log.append("a", 0, [NewRecord(b"2")])
    assert [record.value for record in await read_all(log, "a")] == [b"1", b"2"]


async def test_another_clients_append_is_noticed_within_milliseconds(log: Log, another: Log) -> None:
    await log.create(TopicSpec("a"))
    loop = asyncio.get_running_loop()
    delays = []
    for n in range(50):
        waiting = asyncio.create_task(another.read("a", 0, n, wait=timedelta(seconds=10)))
        await log.append("a", 0, [NewRecord(b"x")])
        appended = loop.time()
        await waiting
        delays.append(loop.time() - appended)
    assert sorted(delays)[25] < 0.05  # 2 ms when nothing else is going on
