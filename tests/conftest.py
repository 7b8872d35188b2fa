"""What tests share: one Kafka broker, started once, where it is needed."""

import os
from collections.abc import Iterator

import pytest

from deploy.kafka.broker import Broker, missing


@pytest.fixture(scope="session")
def kafka_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running broker: the one in `CANHBAO_TEST_KAFKA`, or one of our own.

    Skips the test where Java or Kafka's jars are not there.
    """
    if given := os.environ.get("CANHBAO_TEST_KAFKA"):
        yield given
        return
    if sentence := missing():
        pytest.skip(sentence)
    with Broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker.url
