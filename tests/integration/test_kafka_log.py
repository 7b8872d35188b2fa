"""The log contract on a real Apache Kafka, and what only Kafka has."""

import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from streams.log import LogError, LogUnavailableError
from streams.transports.batches import NewRecord
from streams.transports.kafka_log import KafkaLog
from tests.contracts.log_contract import LogContract

pytestmark = pytest.mark.integration


async def _client(url: str) -> AsyncIterator[KafkaLog]:
    client = KafkaLog(url)
    await client.start()
    yield client
    await client.stop()


@pytest.fixture
async def log(kafka_url: str) -> AsyncIterator[KafkaLog]:
    """A started client."""
    async for client in _client(kafka_url):
        yield client


@pytest.fixture
async def another(kafka_url: str) -> AsyncIterator[KafkaLog]:
    """A second one."""
    async for client in _client(kafka_url):
        yield client


class TestKafkaLog(LogContract):
    """All of the contract."""

    async def test_more_than_one_batch_is_appended_in_order(self, log: KafkaLog) -> None:
        topic = await self.topic(log)
        records = [NewRecord(b"%d" % n + b"x" * 60_000) for n in range(40)]
        assert await log.append(topic, 0, records) == 39
        found = await log.read(topic, 0, 0, limit=100, wait=timedelta(seconds=5))
        while len(found) < 40:
            found = [*found, *await log.read(topic, 0, len(found), wait=timedelta(seconds=5))]
        assert [record.value for record in found] == [record.value for record in records]

    async def test_a_record_larger_than_a_batch_is_appended_where_the_topic_allows_it(self, log: KafkaLog) -> None:
        topic = await self.topic(log, config={"max.message.bytes": str(8 << 20)})
        large = bytes(range(256)) * (3 << 12)  # 3 MiB
        assert await log.append(topic, 0, [NewRecord(b"small"), NewRecord(large), NewRecord(b"small")]) == 2
        values = [r.value for n in range(3) for r in await log.read(topic, 0, n, limit=1, wait=timedelta(seconds=5))]
        assert values == [b"small", large, b"small"]

    async def test_a_record_the_topic_does_not_allow_is_refused(self, log: KafkaLog) -> None:
        topic = await self.topic(log, config={"max.message.bytes": "10000", "compression.type": "uncompressed"})
        with pytest.raises(LogError):
            await log.append(topic, 0, [NewRecord(bytes(100_000))])

    async def test_reading_beyond_the_end_finds_nothing_and_then_goes_on_there(self, log: KafkaLog) -> None:
        topic = await self.topic(log)
        await log.append(topic, 0, [NewRecord(b"%d" % n) for n in range(5)])
        assert list(await log.read(topic, 0, 7, wait=timedelta(seconds=0.3))) == []
        await log.append(topic, 0, [NewRecord(b"%d" % n) for n in range(5, 10)])
        found = await log.read(topic, 0, 7, wait=timedelta(seconds=5))
        assert [record.offset for record in found] == [7, 8, 9]


async def test_a_broker_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = KafkaLog(f"kafka://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(LogUnavailableError, match="does not answer"):
            await client.start()
        await client.stop()


async def test_a_client_that_was_not_started_says_so() -> None:
    with pytest.raises(LogError, match="not started"):
        await KafkaLog("kafka://127.0.0.1:1").partitions("t")
