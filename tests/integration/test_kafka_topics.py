"""`canhbao topics` on a real broker: differences are shown, altered on request, and partitions never shrink."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.access import KafkaSettings
from streams.log import AdminLog, open_log
from streams.settings import StreamSettings
from streams.topics import Topics, topic_specs
from tests.integration.test_kafka_access import canhbao
from tests.rig import Rig

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


@pytest.fixture
async def log(kafka_url: str) -> AsyncIterator[AdminLog]:
    """A started client."""
    client = open_log(kafka_url)
    await client.start()
    yield client
    await client.stop()


async def wrongly_kept(url: str, topic: str) -> None:
    """A topic as somebody else might have made it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=url.partition("://")[2])
    await admin.start()
    config = {"retention.ms": "1000", "compression.type": "gzip", "cleanup.policy": "delete", "segment.ms": "3600000"}
    await admin.create_topics([NewTopic(topic, 6, 1, topic_configs=config)])
    await admin.close()


async def test_differences_are_shown_and_altered_on_request(kafka_url: str, tmp_path: Path, log: AdminLog) -> None:
    run = "kept-wrongly"
    rig = Rig(tmp_path, kafka_url, settings={"CANHBAO_STREAMS__RUN": run})
    topics = Topics(run)
    await wrongly_kept(kafka_url, topics.mentions)
    first = canhbao(rig, "topics", "check")
    assert first.returncode == 1
    assert f"topic {topics.readings} does not exist" in first.stderr
    assert f"topic {topics.mentions}: retention.ms is 1000, wanted is 259200000" in first.stderr
    assert f"topic {topics.mentions}: message.timestamp.type is CreateTime, wanted is LogAppendTime" in first.stderr
    assert f"topic {topics.mentions}: compression.type is gzip, wanted is producer" in first.stderr
    assert "partitions never shrink" in first.stderr
    refused = canhbao(rig, "worker")
    assert refused.returncode == 1
    assert "message.timestamp.type is CreateTime" in refused.stderr.splitlines()[-1]
    altered = canhbao(rig, "topics", "create", "--alter")
    assert altered.returncode == 0, altered.stderr
    assert f"topic {topics.mentions}: retention.ms 1000 → 259200000" in altered.stderr
    assert canhbao(rig, "topics", "check").returncode == 0
    state = (await log.describe(topics.mentions))[topics.mentions]
    assert (state.partitions, state.config["segment.ms"]) == (6, "3600000")


async def test_what_was_created_is_as_asked(log: AdminLog) -> None:
    settings = StreamSettings(run="as-asked", mentions_partitions=3, kafka=KafkaSettings(replication=1, min_insync=1))
    specs = topic_specs(settings)
    await log.create(*specs)
    states = await log.describe(*(spec.name for spec in specs))
    for spec in specs:
        state = states[spec.name]
        assert (state.partitions, state.replicas) == (spec.partitions, 1)
        assert {name: state.config[name] for name in spec.config} == dict(spec.config)
        assert state.config["cleanup.policy"] == ("compact" if spec.compacted else "delete")
