"""What every batch transport promises: one test for each trap of Faust and its drivers that would break it.

A transport's own test module subclasses `TransportContract` and provides the fixture `harness`.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any
from uuid import uuid4

import faust
from faust.types import TP

from streams.log import Log, TopicSpec
from streams.transports.batches import Assignment, Batch, BatchTopic, NewRecord
from streams.transports.ledger import BATCH_BYTES, IN_FLIGHT_BYTES

GRACE = 30.0


async def eventually(condition: Callable[[], bool] | Callable[[], Awaitable[bool]], within: float = GRACE) -> None:
    """Wait until `condition` holds; fails when it does not in time."""
    async with asyncio.timeout(within):
        while True:
            answer = condition()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.01)


@dataclass
class Harness:
    """A log and where its transport is found.

    Parameters
    ----------
    broker
        Faust's address of the transport.
    log
        A started client of the same log.
    """

    broker: str
    log: Log
    settings: Mapping[str, Any] = field(default_factory=dict)

    def app(self, group: str, **settings: Any) -> faust.App:
        """A Faust application as the worker makes it."""
        defaults: dict[str, Any] = {
            "broker": self.broker,
            "store": "memory://",
            "datadir": tempfile.gettempdir() + f"/canhbao-test-{os.getpid()}",
            "web_enabled": False,
            "topic_disable_leader": True,
            "stream_wait_empty": False,
            "broker_commit_interval": 0.2,
            "broker_session_timeout": 6.0,
            "broker_heartbeat_interval": 1.0,
            "broker_max_poll_records": 100_000,
            "consumer_max_fetch_size": BATCH_BYTES,
            "consumer_auto_offset_reset": "earliest",
        }
        return faust.App(group, **{**defaults, **self.settings, **settings})

    async def topic(self, partitions: int = 1, **spec: Any) -> str:
        """A new topic's name."""
        name = f"t-{uuid4().hex[:12]}"
        await self.log.create(TopicSpec(name, partitions, **spec))
        return name

    async def fill(self, topic: str, partition: int, count: int, size: int = 40, first: int = 0) -> None:
        """Append `count` numbered records of about `size` bytes."""
        for start in range(first, first + count, 2000):
            numbers = range(start, min(start + 2000, first + count))
            await self.log.append(topic, partition, [NewRecord(b"%d" % n + b" " * size) for n in numbers])


@dataclass
class Reader:
    """An application with one agent that keeps what it gets, and acknowledges it if told to.

    Parameters
    ----------
    acknowledges
        Whether each batch is acknowledged at once.
    """

    harness: Harness
    topic: str
    group: str = field(default_factory=lambda: f"g-{uuid4().hex[:12]}")
    acknowledges: bool = True
    resume: Callable[[Assignment], Awaitable[Mapping[TP, int | None]]] | None = None
    events: list[Any] = field(default_factory=list)
    app: faust.App = field(init=False)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.app = self.harness.app(self.group)
        self.go_on.set()
        self.app.agent(BatchTopic(self.app, topics=[self.topic], resume=self.resume), name="reader")(self._read)

    async def _read(self, stream: Any) -> None:
        async for event in stream.noack().events():
            self.events.append(event)
            await self.go_on.wait()
            if self.acknowledges:
                await stream.ack(event)

    @property
    def batches(self) -> list[Batch]:
        """What has come so far."""
        return [event.value for event in self.events]

    def of(self, partition: int) -> list[Batch]:
        """The batches of one partition."""
        return [batch for batch in self.batches if batch.tp.partition == partition]

    def numbers(self, partition: int) -> list[int]:
        """The numbers in one partition's records, in the order they came."""
        records = (record for batch in self.of(partition) for record in batch.records)
        return [int(record.value.split()[0]) for record in records if record.value]

    def count(self) -> int:
        """How many records have come."""
        return sum(map(len, self.batches))

    async def committed(self, partition: int = 0) -> int | None:
        """What the group has committed, after it was asked to commit."""
        await self.app.consumer.commit()
        return await self.harness.log.committed(self.group, self.topic, partition)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Reader"]:
        """The application, started and stopped."""
        await self.app.start()
        try:
            yield self
        finally:
            await self.app.stop()


def _have_come(reader: Reader, batches: int) -> bool:
    return len(reader.events) >= batches


class TransportContract:
    """The tests. Each begins with topics of its own."""

    async def test_what_was_polled_from_a_partition_is_one_event(self, harness: Harness) -> None:
        topic = await harness.topic(2)
        for partition in (0, 1):
            await harness.fill(topic, partition, 5000)
        async with Reader(harness, topic).running() as reader:
            await eventually(lambda: reader.count() >= 10_000)
        assert len(reader.batches) < 50
        for partition in (0, 1):
            assert reader.numbers(partition) == list(range(5000))
        for event in reader.events:
            batch = event.value
            assert isinstance(batch, Batch)
            assert event.message.offset == batch.end - 1 == batch.records[-1].offset
            assert event.message.tp == batch.tp
            assert batch.start == batch.records[0].offset
            assert [record.offset for record in batch.records] == list(range(batch.start, batch.end))

    async def test_headers_keys_tombstones_and_times_arrive(self, harness: Harness) -> None:
        topic = await harness.topic(1, publisher_time=True)
        at, headers = 1_700_000_000_123, (("a", b"1"),)
        sent = [NewRecord(b"v", b"k", headers, at), NewRecord(None, b"k", timestamp=at + 1)]
        await harness.log.append(topic, 0, sent)
        async with Reader(harness, topic).running() as reader:
            await eventually(lambda: reader.count() == 2)
        first, second = (record for batch in reader.batches for record in batch.records)
        assert (first.key, first.value, first.timestamp, tuple(first.headers)) == (b"k", b"v", at, headers)
        assert (second.key, second.value, second.timestamp) == (b"k", None, at + 1)

    async def test_partitions_are_served_in_turn(self, harness: Harness) -> None:
        topic = await harness.topic(4)
        await harness.fill(topic, 0, 20_000, size=1000)
        for partition in (1, 2, 3):
            await harness.fill(topic, partition, 10)
        async with Reader(harness, topic).running() as reader:
            await eventually(lambda: reader.count() >= 20_030)
        order = [batch.tp.partition for batch in reader.batches]
        assert order.count(0) > 3
        assert {order.index(partition) for partition in (1, 2, 3)} < set(range(9))

    async def test_nothing_is_committed_past_a_batch_that_is_not_acknowledged(self, harness: Harness) -> None:
        topic = await harness.topic()
        async with Reader(harness, topic, acknowledges=False).running() as reader:
            for n in range(3):
                await harness.fill(topic, 0, 5, first=5 * n)
                await eventually(lambda n=n: reader.count() == 5 * (n + 1))
            first, *others = reader.events
            for event in reversed(others):
                assert event.ack()
            assert await reader.committed() is None
            assert first.ack()
            assert await reader.committed() == 15

    async def test_a_paused_partition_waits_while_others_flow_and_goes_on_where_it_was(self, harness: Harness) -> None:
        topic = await harness.topic(2)
        first, second = TP(topic, 0), TP(topic, 1)
        async with Reader(harness, topic).running() as reader:
            for partition in (0, 1):
                await harness.fill(topic, partition, 10)
            await eventually(lambda: reader.count() == 20)
            reader.app.consumer.pause_partitions({first})
            await asyncio.sleep(0.2)  # a fetch under way may still bring something
            for partition in (0, 1):
                await harness.fill(topic, partition, 10, first=10)
            await eventually(lambda: len(reader.numbers(second.partition)) == 20)
            assert reader.numbers(first.partition) == list(range(10))
            reader.app.consumer.resume_partitions({first})
            await eventually(lambda: reader.count() == 40)
            assert reader.numbers(first.partition) == list(range(20))

    async def test_a_stop_amid_resume_is_no_crash(self, harness: Harness) -> None:
        asked = asyncio.Event()

        async def resume(_: Assignment) -> Mapping[TP, int | None]:
            asked.set()
            await asyncio.Event().wait()
            return {}

        reader = Reader(harness, await harness.topic(), resume=resume)
        starting = asyncio.ensure_future(reader.app.start())
        async with asyncio.timeout(GRACE):
            await asked.wait()
            await reader.app.stop()
            await starting
        assert reader.app.crash_reason is None

    async def test_a_batch_is_acknowledged_once(self, harness: Harness) -> None:
        topic = await harness.topic()
        await harness.fill(topic, 0, 5)
        async with Reader(harness, topic, acknowledges=False).running() as reader:
            await eventually(lambda: reader.count() == 5)
            assert [reader.events[0].ack(), reader.events[0].ack()] == [True, False]

    async def test_an_agent_that_is_stopped_at_work_acknowledges_nothing(self, harness: Harness) -> None:
        topic = await harness.topic()
        await harness.fill(topic, 0, 5)
        reader = Reader(harness, topic)
        reader.go_on.clear()
        async with reader.running():
            await eventually(lambda: reader.count() == 5)
        assert await harness.log.committed(reader.group, topic, 0) is None

    async def test_what_is_acknowledged_is_committed_at_stop(self, harness: Harness) -> None:
        topic = await harness.topic()
        await harness.fill(topic, 0, 5)
        async with Reader(harness, topic).running() as reader:
            await eventually(lambda: reader.count() == 5)
        assert await harness.log.committed(reader.group, topic, 0) == 5

    async def test_reading_goes_on_where_resume_says(self, harness: Harness) -> None:
        topic = await harness.topic(3)
        for partition in range(3):
            await harness.fill(topic, partition, 100)
        asked: list[Assignment] = []

        async def resume(assignment: Assignment) -> Mapping[TP, int | None]:
            asked.append(assignment)
            return {TP(topic, 0): 70, TP(topic, 1): None}

        group = f"g-{uuid4().hex[:12]}"
        async with Reader(harness, topic, group).running() as earlier:
            await eventually(lambda: earlier.count() == 300)
        async with Reader(harness, topic, group, resume=resume).running() as reader:
            await eventually(lambda: reader.count() == 30)
            await harness.fill(topic, 1, 1, first=100)
            await eventually(lambda: reader.count() == 31)
        assert asked[-1].partitions == {TP(topic, p) for p in range(3)}
        assert {batch.epoch for batch in reader.batches} == {asked[-1].epoch}
        assert reader.numbers(0) == list(range(70, 100))  # before what the group has committed
        assert reader.numbers(1) == [100]  # from what it has committed on

    async def test_nothing_is_handed_over_before_resume_has_answered(self, harness: Harness) -> None:
        topic = await harness.topic()
        await harness.fill(topic, 0, 100)
        asked, answer = asyncio.Event(), asyncio.Event()

        async def resume(assignment: Assignment) -> Mapping[TP, int | None]:
            asked.set()
            await answer.wait()
            return dict.fromkeys(assignment.partitions, 40)

        reader = Reader(harness, topic, resume=resume)
        starting = asyncio.create_task(reader.app.start())  # Faust's start waits for the first seek
        await asyncio.wait_for(asked.wait(), GRACE)
        tp = TP(topic, 0)
        await asyncio.sleep(0.5)  # the time in which a batch that was polled too early would come
        consumer: Any = reader.app.consumer
        assert (reader.count(), consumer.handed_over(tp), consumer.idle_at(tp)) == (0, None, None)
        answer.set()
        await starting
        await eventually(lambda: reader.count() == 60)
        await reader.app.stop()
        assert reader.batches[0].start == 40

    async def test_a_position_moved_by_somebody_else_loses_and_repeats_nothing(self, harness: Harness) -> None:
        topic = await harness.topic()
        await harness.fill(topic, 0, 100)
        async with Reader(harness, topic).running() as reader:
            await eventually(lambda: reader.count() == 100)
            await reader.committed()
            for step, offset in enumerate([0, 60, 100 + 50 * 2]):
                await reader.app.consumer.seek(TP(topic, 0), offset)
                await harness.fill(topic, 0, 50, first=100 + 50 * step)
                await reader.app.consumer.seek(TP(topic, 0), offset)
                await eventually(lambda step=step: reader.count() == 150 + 50 * step)
            consumer: Any = reader.app.consumer
            await consumer.seek_to_committed()
            await harness.fill(topic, 0, 50, first=250)
            await eventually(lambda: reader.count() == 300)
        assert reader.numbers(0) == list(range(300))
        assert all(one.end == other.start for one, other in pairwise(reader.batches))

    async def test_acknowledgements_of_an_earlier_assignment_are_ignored(self, harness: Harness) -> None:
        topic = await harness.topic()
        await harness.fill(topic, 0, 5)
        async with Reader(harness, topic, acknowledges=False).running() as reader:
            await eventually(lambda: reader.count() == 5)
            batch = reader.batches[0]
            consumer: Any = reader.app.consumer
            consumer.acknowledge(batch.tp, batch.end, batch.epoch - 1)
            assert await reader.committed() is None
            consumer.acknowledge(batch.tp, batch.end, batch.epoch)
            assert await reader.committed() == 5

    async def test_a_partition_that_is_behind_is_bounded_in_bytes_and_holds_up_no_other(self, harness: Harness) -> None:
        topic = await harness.topic(2)
        await harness.fill(topic, 0, 6000, size=4000)
        async with Reader(harness, topic, acknowledges=False).running() as reader:
            consumer: Any = reader.app.consumer
            tp = TP(topic, 0)
            await eventually(lambda: consumer.in_flight(tp) >= IN_FLIGHT_BYTES)
            await harness.fill(topic, 1, 1000)
            await eventually(lambda: len(reader.numbers(1)) == 1000)
            assert consumer.in_flight(tp) <= IN_FLIGHT_BYTES + BATCH_BYTES
            assert all(sum(len(r.value or b"") for r in batch.records) <= BATCH_BYTES * 1.1 for batch in reader.batches)
            done = 0
            while done < len(reader.events) or len(reader.numbers(0)) < 6000:
                for event in reader.events[done:]:
                    assert event.ack()
                    done += 1
                await asyncio.sleep(0.01)
        assert reader.numbers(0) == list(range(6000))

    async def test_what_is_taken_in_leaves_room_though_it_is_not_acknowledged(self, harness: Harness) -> None:
        topic = await harness.topic()
        await harness.fill(topic, 0, 6000, size=4000)
        async with Reader(harness, topic, acknowledges=False).running() as reader:
            consumer: Any = reader.app.consumer
            done = 0
            while reader.count() < 6000:
                for batch in reader.batches[done:]:
                    consumer.taken(batch)
                    done += 1
                await asyncio.sleep(0.01)
            assert await reader.committed() is None

    async def test_an_idle_partition_is_known_to_be_empty_up_to_a_time_before_whatever_comes_next(
        self, harness: Harness
    ) -> None:
        topic = await harness.topic(2)
        await harness.fill(topic, 0, 10)
        async with Reader(harness, topic).running() as reader:
            consumer: Any = reader.app.consumer
            for n in range(20):
                tp = TP(topic, n % 2)
                before = consumer.idle_at(tp)
                await eventually(lambda tp=tp, before=before: (consumer.idle_at(tp) or 0) > (before or 0))
                known = consumer.idle_at(tp)
                count = len(reader.numbers(tp.partition))
                await harness.fill(topic, tp.partition, 1, first=1000)
                await eventually(lambda tp=tp, count=count: len(reader.numbers(tp.partition)) == count + 1)
                assert reader.of(tp.partition)[-1].records[-1].timestamp >= known

    async def test_restarts_lose_nothing_and_repeat_only_what_was_not_acknowledged(self, harness: Harness) -> None:
        topic, group = await harness.topic(2), f"g-{uuid4().hex[:12]}"
        applied: dict[int, list[int]] = {0: [], 1: []}

        def apply(events: list[Any]) -> bool:
            for event in events:
                if event.ack():
                    applied[event.message.partition] += [int(r.value.split()[0]) for r in event.value.records]
            return sum(map(len, applied.values())) == 4000

        for turn in range(4):
            for partition in (0, 1):
                await harness.fill(topic, partition, 500, first=500 * turn)
            reader = Reader(harness, topic, group, acknowledges=False)
            async with reader.running():
                if turn == 3:
                    await eventually(partial(apply, reader.events))
                else:
                    await eventually(partial(_have_come, reader, 2))
                    apply(reader.events[:2])  # the others, if any, are acknowledged by nobody
        assert applied == {0: list(range(2000)), 1: list(range(2000))}

    async def test_a_table_of_ten_thousand_keys_is_recovered_byte_for_byte(self, harness: Harness) -> None:
        topic, batches = await harness.topic(2), await harness.topic(2)
        group = f"g-{uuid4().hex[:12]}"
        expected = {b"key-%d" % n: b"%d\x00\xff" % n * 3 for n in range(10_000)}

        def application() -> tuple[faust.App, Any, list[int]]:
            app = harness.app(group)
            table = app.Table("pairs", partitions=2, key_type=bytes, value_type=bytes)
            read: list[int] = []

            async def pairs(stream: Any) -> None:
                async for key, value in stream.items():
                    table[key] = value

            async def others(stream: Any) -> None:
                async for event in stream.noack().events():
                    read[:] = [sum(read) + len(event.value)]

            app.agent(app.topic(topic, key_serializer="raw", value_serializer="raw"), name="pairs")(pairs)
            app.agent(BatchTopic(app, topics=[batches]), name="others")(others)
            return app, table, read

        for partition in (0, 1):
            await harness.log.append(
                topic, partition, [NewRecord(v, k) for n, (k, v) in enumerate(expected.items()) if n % 2 == partition]
            )
        app, table, _ = application()
        await app.start()
        await eventually(lambda: len(table) == 10_000)
        await app.stop()
        app, table, read = application()
        await harness.fill(batches, 0, 10)
        await app.start()
        await eventually(lambda: sum(read) == 10)
        recovered = dict(table.items())
        await app.stop()
        assert recovered == expected
