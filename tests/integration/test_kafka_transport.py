"""The transport contract on a real Apache Kafka."""

from collections.abc import AsyncIterator

import pytest

from streams.app import broker_urls
from streams.transports.kafka_log import KafkaLog
from tests.contracts.transport_contract import Harness, TransportContract

pytestmark = pytest.mark.integration


@pytest.fixture
async def harness(kafka_url: str) -> AsyncIterator[Harness]:
    """The broker's log and the batch driver's address."""
    log = KafkaLog(kafka_url)
    await log.start()
    yield Harness(broker_urls(kafka_url)[0], log)
    await log.stop()


class TestKafkaTransport(TransportContract):
    """All of the contract."""
