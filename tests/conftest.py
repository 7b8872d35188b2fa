"""What tests share: one Kafka broker, started once, where it is needed."""

import os
from collections.abc import Iterator

import pytest

from deploy.kafka.broker import Broker
from deploy.kafka.cluster import Cluster
from deploy.kafka.jars import missing


@pytest.fixture(scope="session")
def kafka_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of running brokers: those in `CANHBAO_TEST_KAFKA`, or our own, as many as `CANHBAO_TEST_BROKERS` says.

    Skips the test where Java or Kafka's jars are not there.
    """
    if given := os.environ.get("CANHBAO_TEST_KAFKA"):
        yield given
        return
    if sentence := missing():
        pytest.skip(sentence)
    directory, count = tmp_path_factory.mktemp("kafka"), int(os.environ.get("CANHBAO_TEST_BROKERS", "1"))
    with Broker(directory) if count == 1 else Cluster.anywhere(directory, count) as running:
        yield running.url
