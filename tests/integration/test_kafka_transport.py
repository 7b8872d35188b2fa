"""The transport contract on a real Apache Kafka, and what only Kafka has: real rebalances, holes, a log cut short."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from itertools import pairwise
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition
from faust.types import TP

from streams.log import LogError
from streams.transports.batches import Assignment
from streams.transports.kafka_log import KafkaLog
from tests.contracts.transport_contract import Harness, Reader, TransportContract, eventually

pytestmark = pytest.mark.integration


@pytest.fixture
async def harness(kafka_url: str) -> AsyncIterator[Harness]:
    """The broker's log and the batch driver's address."""
    log = KafkaLog(kafka_url)
    await log.start()
    yield Harness(kafka_url.replace("kafka://", "kafka-batch://"), log)
    await log.stop()


def servers(url: str) -> str:
    """The address as aiokafka takes it."""
    return url.partition("://")[2]


class TestKafkaTransport(TransportContract):
    """All of the contract."""

    async def test_an_event_from_before_a_rebalance_acknowledges_nothing(self, harness: Harness) -> None:
        topic = await harness.topic(2)
        for partition in (0, 1):
            await harness.fill(topic, partition, 10)
        asked: list[Assignment] = []

        async def resume(assignment: Assignment) -> Mapping[TP, int | None]:
            asked.append(assignment)
            return {}

        first = Reader(harness, topic, acknowledges=False, resume=resume)
        second = Reader(harness, topic, first.group, acknowledges=False)
        async with first.running():
            await eventually(lambda: first.count() == 20)
            old = list(first.events)
            async with second.running():
                await eventually(lambda: len(asked[-1].partitions) == 1)
                await eventually(lambda: first.count() == 30)  # its own partition, again from the beginning
                assert [event.ack() for event in old] == [False] * len(old)
                assert {await first.committed(p) for p in (0, 1)} == {None}
                await eventually(lambda: second.count() == 10)
            await eventually(lambda: len(asked[-1].partitions) == 2)
        assert [one.epoch < other.epoch for one, other in pairwise(asked)] == [True] * (len(asked) - 1)

    async def test_what_is_acknowledged_is_committed_before_partitions_are_handed_on(self, harness: Harness) -> None:
        topic = await harness.topic(2)
        first = Reader(harness, topic)
        first.app.conf.broker_commit_interval = 3600
        second = Reader(harness, topic, first.group)
        async with first.running():
            for partition in (0, 1):
                await harness.fill(topic, partition, 10)
            await eventually(lambda: first.count() == 20)
            async with second.running():
                for partition in (0, 1):
                    await harness.fill(topic, partition, 10, first=10)
                await eventually(lambda: first.count() + second.count() >= 40)
            assert first.count() + second.count() == 40

    async def test_transaction_markers_are_no_loss(self, harness: Harness, kafka_url: str) -> None:
        topic = await harness.topic()
        producer = AIOKafkaProducer(bootstrap_servers=servers(kafka_url), transactional_id=topic)
        await producer.start()
        async with Reader(harness, topic).running() as reader:
            for turn in range(4):
                async with producer.transaction():
                    for n in range(10):
                        await producer.send(topic, b"%d" % (10 * turn + n), partition=0)
                await eventually(lambda turn=turn: reader.count() == 10 * (turn + 1))
            consumer: Any = reader.app.consumer
            await eventually(lambda: consumer.idle_at(TP(topic, 0)) is not None)
        await producer.stop()
        assert reader.numbers(0) == list(range(40))
        assert all(one.end == other.start for one, other in pairwise(reader.batches))

    async def test_records_lost_to_retention_are_passed_over(
        self, harness: Harness, kafka_url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        topic = await harness.topic()
        await harness.fill(topic, 0, 100)
        admin = AIOKafkaAdminClient(bootstrap_servers=servers(kafka_url))
        await admin.start()
        await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=50)})
        await admin.close()

        async def resume(assignment: Assignment) -> Mapping[TP, int | None]:
            return dict.fromkeys(assignment.partitions, 10)

        async with Reader(harness, topic, resume=resume).running() as reader:
            await eventually(lambda: reader.count() == 50)
            assert await reader.committed() == 100
        assert (reader.batches[0].start, reader.numbers(0)) == (10, list(range(50, 100)))
        assert "records 10 to 49 are no more in the log" in caplog.text

    async def test_a_log_that_ends_before_the_state_stops_the_worker(self, harness: Harness) -> None:
        topic = await harness.topic()
        await harness.fill(topic, 0, 100)

        async def resume(assignment: Assignment) -> Mapping[TP, int | None]:
            return dict.fromkeys(assignment.partitions, 1000)

        reader = Reader(harness, topic, resume=resume)
        async with reader.running():
            await eventually(lambda: reader.app.crashed)
        assert isinstance(reader.app.crash_reason, LogError)
        assert "ends at 100" in str(reader.app.crash_reason)
        assert reader.count() == 0

    async def test_a_resume_that_fails_stops_the_worker(self, harness: Harness) -> None:
        topic = await harness.topic()

        async def resume(_: Assignment) -> Mapping[TP, int | None]:
            raise LogError("the state cannot be read")

        reader = Reader(harness, topic, resume=resume)
        starting = asyncio.create_task(reader.app.start())
        await eventually(lambda: reader.app.crashed)
        await starting
        await reader.app.stop()
        assert "cannot be read" in str(reader.app.crash_reason)

    async def test_resuming_that_faust_gives_up_on_stops_the_worker(self, harness: Harness) -> None:
        topic = await harness.topic()

        async def resume(_: Assignment) -> Mapping[TP, int | None]:
            await asyncio.sleep(3600)
            return {}

        reader = Reader(harness, topic, resume=resume)
        reader.app.conf.broker_request_timeout = 7.0
        starting = asyncio.create_task(reader.app.start())
        await eventually(lambda: reader.app.crashed)
        await starting
        await reader.app.stop()
        assert "broker_request_timeout" in str(reader.app.crash_reason)

    async def test_a_quiet_partitions_fetch_is_answered_within_a_tenth_of_a_second(self, harness: Harness) -> None:
        topic = await harness.topic()
        async with Reader(harness, topic).running() as reader:
            consumer: Any = reader.app.consumer
            tp, times = TP(topic, 0), set[int]()
            started = asyncio.get_running_loop().time()
            while len(times) < 10:
                times |= {time} if (time := consumer.idle_at(tp)) else set()
                await asyncio.sleep(0.01)
            assert asyncio.get_running_loop().time() - started < 10 * 0.5  # Faust's own driver waits 1.5 s for each

    async def test_a_worker_without_partitions_is_told_so(self, harness: Harness) -> None:
        topic = await harness.topic()
        asked: dict[int, list[frozenset[TP]]] = {0: [], 1: []}

        def reader(number: int, group: str) -> Reader:
            async def resume(assignment: Assignment) -> Mapping[TP, int | None]:
                asked[number].append(assignment.partitions)
                return {}

            return Reader(harness, topic, group, resume=resume)

        first, second = reader(0, f"g-{topic}"), reader(1, f"g-{topic}")
        async with first.running(), second.running():
            await asyncio.sleep(0)
            await eventually(lambda: {len(asked[0][-1]), len(asked[1][-1])} == {0, 1})
