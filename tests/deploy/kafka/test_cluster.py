"""Three brokers on loopback: what the cluster promises to tests and to whoever tries it."""

from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.kafka.cluster import Cluster
from deploy.kafka.jars import missing
from streams.log import TopicSpec
from streams.transports.batches import NewRecord
from streams.transports.kafka_log import KafkaLog


def test_every_node_knows_every_controller(tmp_path: Path) -> None:
    cluster = Cluster.on_ports(tmp_path, 19092, 3)
    assert [broker.node for broker in cluster.brokers] == [1, 2, 3]
    assert len({tuple(broker.voters.items()) for broker in cluster.brokers}) == 1
    assert sorted(cluster.brokers[0].voters) == [1, 2, 3]
    assert len({broker.directory for broker in cluster.brokers}) == 3


@pytest.mark.integration
@pytest.mark.timeout(180)
async def test_three_copies_are_kept_and_one_broker_may_be_lost(tmp_path: Path) -> None:
    if sentence := missing():
        pytest.skip(sentence)
    with Cluster.anywhere(tmp_path, 3) as cluster:
        log = KafkaLog(cluster.url)
        await log.start()
        await log.create(TopicSpec("t", 3))
        for partition in range(3):
            await log.append("t", partition, [NewRecord(b"before")])
        admin = AIOKafkaAdminClient(bootstrap_servers=cluster.url.partition("://")[2])
        await admin.start()
        (topic,) = await admin.describe_topics(["t"])
        assert [len(partition["replicas"]) for partition in topic["partitions"]] == [3, 3, 3]
        await admin.create_topics([NewTopic("one-copy", 1, 1)])
        await admin.close()
        cluster.brokers[2].kill()
        for partition in range(3):
            assert await log.append("t", partition, [NewRecord(b"after")]) == 1
        await log.stop()
