"""The ceilings: plain loops over the topic with aiokafka and with confluent-kafka."""

import time
from uuid import uuid4

from tests.bench.kafka.work import PARTITIONS, Counts, count


async def bare(servers: str, topic: str, mentions: int) -> tuple[float, int]:
    """A plain aiokafka loop: seconds from the first record to the last, and the negatives counted."""
    from aiokafka import AIOKafkaConsumer, TopicPartition

    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers, auto_offset_reset="earliest", max_partition_fetch_bytes=4 << 20
    )
    await consumer.start()
    tps = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    consumer.assign(tps)
    await consumer.seek_to_beginning(*tps)
    counts, seen, began = Counts(), 0, 0.0
    while seen < mentions:
        for records in (await consumer.getmany(timeout_ms=1000)).values():
            began = began or time.perf_counter()
            seen += count((record.value for record in records), counts)
    took = time.perf_counter() - began
    await consumer.stop()
    return took, sum(counts.values())


def confluent(servers: str, topic: str, mentions: int) -> tuple[float, int]:
    """The same with confluent-kafka, which fetches in threads of its own."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": f"bench-{uuid4().hex}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    counts, seen, began = Counts(), 0, 0.0
    while seen < mentions:
        messages = consumer.consume(5_000, timeout=1.0)
        if messages:
            began = began or time.perf_counter()
            seen += count((message.value() or b"" for message in messages), counts)
    took = time.perf_counter() - began
    consumer.close()
    return took, sum(counts.values())
