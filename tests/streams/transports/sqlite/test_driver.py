"""The transport contract on the embedded log, and what only it promises."""

import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import faust
import pytest
from aiokafka.partitioner import DefaultPartitioner
from faust.exceptions import ProducerSendError
from faust.types import TP, EventT

from streams.log import TopicSpec
from streams.transports.batches import Assignment
from streams.transports.sqlite import consumer as consumer_module
from streams.transports.sqlite.client import SqliteLogClient
from streams.transports.sqlite.keeping import keep
from streams.transports.sqlite.leases import GroupHeldError
from streams.transports.sqlite.store import LogStore
from tests.contracts.transport_contract import Harness, Reader, TransportContract, eventually


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    log = SqliteLogClient(url)
    await log.start()
    yield Harness(url, log)
    await log.stop()


class TestSqliteTransport(TransportContract):
    """The contract."""


def an_app(url: str, group: str = "group", **settings: Any) -> faust.App:
    """A Faust application as the worker makes it."""
    defaults = {"store": "memory://", "web_enabled": False, "stream_wait_empty": False, "broker_commit_interval": 0.1}
    defaults["datadir"] = f"{tempfile.gettempdir()}/canhbao-test-{os.getpid()}"
    return faust.App(group, broker=url, topic_disable_leader=True, **{**defaults, **settings})


async def test_a_second_worker_of_a_group_is_refused_in_a_sentence_and_another_group_is_not(harness: Harness) -> None:
    topic = await harness.topic()
    await harness.fill(topic, 0, 5)
    async with Reader(harness, topic, "one").running():
        second = Reader(harness, topic, "one")
        with pytest.raises(GroupHeldError, match=r"another worker \(process \d+\) holds the consumer group 'one'"):
            await second.app.start()
        await second.app.stop()
        async with Reader(harness, topic, "two").running() as other:
            await eventually(lambda: other.count() == 5)
    async with Reader(harness, topic, "one").running() as next_one:
        await harness.fill(topic, 0, 1, first=5)
        await eventually(lambda: next_one.numbers(0) == [5])


async def test_a_batch_after_a_hole_starts_where_the_reader_stood(harness: Harness, tmp_path: Path) -> None:
    topic = await harness.topic(2, retention=timedelta(milliseconds=1))
    for partition in (0, 1):
        await harness.fill(topic, partition, 10)
    await asyncio.sleep(0.01)
    store = LogStore(tmp_path / "log.db")
    list(keep(store))
    async with Reader(harness, topic, resume=_from_three).running() as reader:
        consumer: Any = reader.app.consumer
        await eventually(lambda: consumer.idle_at(TP(topic, 0)) is not None)  # an empty hole is no backlog
        await harness.fill(topic, 0, 2, first=10)
        await eventually(lambda: reader.count() == 2)
        assert [(batch.start, batch.end, len(batch)) for batch in reader.batches] == [(3, 12, 2)]
        assert await reader.committed(0) == 12
    store.close()


async def _from_three(assignment: Assignment) -> dict[TP, int | None]:
    return dict.fromkeys(assignment.partitions, 3)


async def test_partitions_that_are_added_are_read_without_a_restart(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "_GROWTH_SECONDS", 0.05)
    topic = await harness.topic(1)
    await harness.fill(topic, 0, 5)
    asked: list[Assignment] = []

    async def resume(assignment: Assignment) -> dict[TP, int | None]:
        asked.append(assignment)
        return {}

    async with Reader(harness, topic, resume=resume).running() as reader:
        await eventually(lambda: reader.count() == 5)
        await reader.committed()
        await harness.log.create(TopicSpec(topic, 3))
        await harness.fill(topic, 2, 5)
        await eventually(lambda: len(reader.numbers(2)) == 5)
        await harness.fill(topic, 0, 5, first=5)
        await eventually(lambda: len(reader.numbers(0)) == 10)
    assert reader.numbers(0) == list(range(10))
    assert [len(assignment.partitions) for assignment in asked] == [1, 3]
    assert asked[0].epoch < asked[1].epoch


async def test_records_one_by_one_are_committed_in_order_and_never_past_one_in_flight(harness: Harness) -> None:
    """Faust's own list of what is acknowledged would commit past the first."""
    topic = await harness.topic()
    app = an_app(harness.broker)
    events: list[EventT[Any]] = []

    async def agent(stream: Any) -> None:
        async for event in stream.noack().events():
            events.append(event)  # noqa: PERF401 - a stream never ends

    app.agent(app.topic(topic, value_serializer="raw"), name="one-by-one")(agent)
    await app.start()
    await harness.fill(topic, 0, 10)
    await eventually(lambda: len(events) == 10)
    for event in events[1:]:
        assert event.ack()
    await app.consumer.commit()
    assert await harness.log.committed("group", topic, 0) is None
    assert events[0].ack()
    await app.consumer.commit()
    assert await harness.log.committed("group", topic, 0) == 10
    await app.stop()


async def test_records_that_an_agent_lets_faust_acknowledge_are_committed(harness: Harness) -> None:
    topic = await harness.topic(2)
    app = an_app(harness.broker)
    seen: list[bytes] = []

    async def agent(stream: Any) -> None:
        async for value in stream:
            seen.append(value)  # noqa: PERF401 - as above

    app.agent(app.topic(topic, value_serializer="raw", value_type=bytes), name="stock")(agent)
    for partition in (0, 1):
        await harness.fill(topic, partition, 2000)
    await app.start()
    await eventually(lambda: len(seen) == 4000)

    async def committed() -> bool:
        return [await harness.log.committed("group", topic, partition) for partition in (0, 1)] == [2000, 2000]

    await eventually(committed)
    await app.stop()


async def test_what_is_sent_is_durable_when_its_future_is_done(harness: Harness) -> None:
    topic = await harness.topic(3)
    app = an_app(harness.broker, producer_only=True)
    async with producing(app) as producer:
        futures = [
            await producer.send(topic, None, b"%d" % n, 1, 5.0, {"a": b"b"} if n % 2 else [("a", b"c")])
            for n in range(100)
        ]
        done = await asyncio.gather(*futures)
        assert [(one.topic, one.topic_partition, one.offset) for one in done] == [
            (topic, TP(topic, 1), n) for n in range(100)
        ]
        assert await harness.log.bounds(topic, 1) == (0, 100)
        first, second = await harness.log.read(topic, 1, 0, limit=2)
        assert (first.value, list(first.headers), list(second.headers)) == (b"0", [("a", b"c")], [("a", b"b")])
        keyed = await producer.send_and_wait(topic, b"key", b"v", None, None, None)
        expected = DefaultPartitioner()(b"key", [0, 1, 2], [0, 1, 2])
        assert (keyed.partition, producer.key_partition(topic, b"key")) == (expected, TP(topic, expected))
        assert producer.supports_headers()
        await producer.flush()


async def test_what_cannot_be_sent_is_refused_in_a_sentence(harness: Harness) -> None:
    topic = await harness.topic()
    async with producing(an_app(harness.broker)) as producer:
        for bad in ((f"{topic}x", b"v", 0), (topic, b"v", 3), (topic, "text", 0)):
            with pytest.raises(ProducerSendError, match="cannot send to"):
                await producer.send(bad[0], None, bad[1], bad[2], None, None)


async def test_a_replays_times_survive_fausts_seconds(harness: Harness) -> None:
    topic = await harness.topic(1, publisher_time=True)
    times = [1_700_000_000_000 + 37 * n for n in range(300)]
    async with producing(an_app(harness.broker)) as producer:
        for at in times:
            await producer.send(topic, None, b"v", 0, at / 1000, None)
        await producer.flush()
    assert [record.timestamp for record in await harness.log.read(topic, 0, 0, limit=300)] == times


async def test_a_topic_is_declared_as_faust_asks(harness: Harness, tmp_path: Path) -> None:
    async with producing(an_app(harness.broker)) as producer:
        await producer.create_topic("a", 3, 1, compacting=True, retention=60.0)
        await producer.create_topic("b", 1, 1, config={"message.timestamp.type": "CreateTime"})
    store = LogStore(tmp_path / "log.db")
    topics = [store.topic(name) for name in "ab"]
    store.close()
    assert [(t.compacted, t.retention, t.publisher_time, len(t.partitions)) for t in topics] == [
        (True, 60_000, False, 3),
        (False, None, True, 1),
    ]


@asynccontextmanager
async def producing(app: faust.App) -> AsyncIterator[Any]:
    await app.producer.start()
    try:
        yield app.producer
    finally:
        await app.producer.stop()


#: Reads batches, appends to a file what it has applied with where it goes on, acknowledges, until it is killed.
WORKER = """
import asyncio, json, os, sys
import faust
from faust.types import TP
from streams.transports.batches import BatchTopic
url, state = sys.argv[1:]
last = {}
if os.path.exists(state):
    for line in open(state):
        if line.endswith("\\n"):
            partition, start, end, numbers = json.loads(line)
            last[partition] = end
async def resume(assignment):
    return {tp: last.get(tp.partition) for tp in assignment.partitions}
app = faust.App("group", broker=url, store="memory://", datadir=state + "-data",
                web_enabled=False, stream_wait_empty=False,
                broker_commit_interval=0.05, topic_disable_leader=True)
async def read(stream):
    async for event in stream.noack().events():
        batch = event.value
        assert batch.start == last.get(batch.tp.partition, 0), (batch.start, last)
        with open(state, "a") as file:
            file.write(json.dumps([batch.tp.partition, batch.start, batch.end,
                                   [int(record.value.split()[0]) for record in batch.records]]) + "\\n")
        last[batch.tp.partition] = batch.end
        event.ack()
        await asyncio.sleep(0.01)
app.agent(BatchTopic(app, topics=["in"], resume=resume), name="read")(read)
async def main():
    await app.start()
    print("ready", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_a_worker_killed_at_random_moments_applies_everything_once(harness: Harness, tmp_path: Path) -> None:
    await harness.log.create(TopicSpec("in", 3))
    state, noise, count = tmp_path / "applied", random.Random(5), 0
    for _ in range(3):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, harness.broker, str(state), stdout=asyncio.subprocess.PIPE
        )
        assert worker.stdout is not None
        assert await worker.stdout.readline() == b"ready\n"
        until = asyncio.get_running_loop().time() + noise.uniform(0.2, 0.7)
        while asyncio.get_running_loop().time() < until:
            for partition in range(3):
                await harness.fill(topic="in", partition=partition, count=20, first=count)
            count += 20
        worker.kill()
        await worker.communicate()
    applied: dict[int, list[int]] = {0: [], 1: [], 2: []}
    last: dict[int, int] = {}
    for line in state.read_text().splitlines():
        partition, start, end, numbers = json.loads(line)
        assert start == last.get(partition, 0)
        last[partition] = end
        applied[partition] += numbers

    async def resume(assignment: Assignment) -> dict[TP, int | None]:
        return {tp: last[tp.partition] for tp in assignment.partitions}

    async with Reader(harness, "in", "group", resume=resume).running() as reader:
        await eventually(lambda: sum(map(len, applied.values())) + reader.count() == 3 * count)
    assert {p: applied[p] + reader.numbers(p) for p in range(3)} == {p: list(range(count)) for p in range(3)}
