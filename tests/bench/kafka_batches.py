"""How fast one worker reads mentions from Kafka: a bare aiokafka loop, this project's batches, a stock Faust agent.

    python -m tests.bench.kafka_batches [--mentions 400000] [--rounds 5] [--broker kafka://host:port]

Each decodes every mention and counts by minute and organisation. The three take turns in one run, because only their
ratios carry over to another machine. The stock agent reads a part of the topic only: it would take minutes.
"""

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import faust
import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.kafka.broker import Broker
from deploy.kafka.jars import download
from streams.log import TopicSpec
from streams.transports.batches import BatchTopic, NewRecord
from streams.transports.kafka_log import KafkaLog

PARTITIONS = 4
STOCK_SHARE = 0.1
REQUIRED_RATE, REQUIRED_RATIO = 100_000, 8.0


class Source(msgspec.Struct):
    """Where it was published."""

    kind: str
    name: str


class Mention(msgspec.Struct):
    """As much of a mention as counting needs, checked as it is decoded."""

    id: str
    published_at: str
    source: Source
    organisations: list[str]
    sentiment: float


decode = msgspec.json.Decoder(Mention).decode
Counts = Counter[tuple[str, str]]


def count(value: bytes, counts: Counts) -> None:
    """Decode one mention and count it."""
    mention = decode(value)
    minute = mention.published_at[:16]
    for organisation in mention.organisations:
        counts[minute, organisation] += 1


def make(number: int, chance: random.Random) -> bytes:
    """A mention of about 300 bytes."""
    text = " ".join(chance.choices(("mưa", "đường", "ngập", "cầu", "xã", "phường", "dân", "cứu trợ"), k=17))
    mention = {
        "id": f"m-{number:012d}",
        "published_at": f"2025-10-07T{number // 60000 % 24:02d}:{number // 1000 % 60:02d}:00+07:00",
        "source": {"kind": "news", "name": "báo mẫu"},
        "text": text,
        "organisations": [f"{chance.randrange(1, 97):02d}"],
        "sentiment": round(chance.uniform(-1, 1), 3),
    }
    return msgspec.json.encode(mention)


async def publish(url: str, topic: str, mentions: int) -> float:
    """Create and fill the topic; the mean length of a mention."""
    log = KafkaLog(url)
    await log.start()
    await log.create(TopicSpec(topic, PARTITIONS))
    chance, total = random.Random(3), 0
    for start in range(0, mentions, 20_000):
        for partition in range(PARTITIONS):
            numbers = range(start + partition, min(start + 20_000, mentions), PARTITIONS)
            records = [NewRecord(make(number, chance)) for number in numbers]
            total += sum(len(record.value or b"") for record in records)
            await log.append(topic, partition, records)
    await log.stop()
    return total / mentions


async def bare(url: str, topic: str, mentions: int) -> float:
    """A plain aiokafka loop: seconds from the first record to the last."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=url.partition("://")[2],
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
    )
    await consumer.start()
    tps = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    consumer.assign(tps)
    await consumer.seek_to_beginning(*tps)
    counts, seen, began = Counts(), 0, 0.0
    while seen < mentions:
        for records in (await consumer.getmany(timeout_ms=1000)).values():
            began = began or time.perf_counter()
            for record in records:
                count(record.value, counts)
            seen += len(records)
    took = time.perf_counter() - began
    await consumer.stop()
    assert sum(counts.values()) == mentions
    return took


async def worker(url: str, topic: str, mentions: int, *, batches: bool) -> float:
    """A Faust worker with one agent, in batches or stock: seconds from the first record to the last."""
    broker = url.replace("kafka://", "kafka-batch://") if batches else url
    app = faust.App(
        f"bench-{uuid4().hex}",
        broker=broker,
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        stream_wait_empty=False,
        broker_max_poll_records=100_000,
        consumer_max_fetch_size=4 << 20,
        consumer_auto_offset_reset="earliest",
    )
    counts, done = Counts(), asyncio.Event()
    seen, began, ended = 0, 0.0, 0.0

    def note(more: int) -> None:
        nonlocal seen, ended
        seen += more
        if seen >= mentions and not done.is_set():
            ended = time.perf_counter()
            done.set()

    async def in_batches(stream: Any) -> None:
        nonlocal began
        async for event in stream.noack().events():
            began = began or time.perf_counter()
            for record in event.value.records:
                count(record.value, counts)
            await stream.ack(event)
            note(len(event.value))

    async def one_by_one(stream: Any) -> None:
        nonlocal began
        async for value in stream:
            began = began or time.perf_counter()
            count(value, counts)
            note(1)

    if batches:
        app.agent(BatchTopic(app, topics=[topic]), name="count")(in_batches)
    else:
        app.agent(app.topic(topic, value_serializer="raw", key_serializer="raw"), name="count")(one_by_one)
    await app.start()
    await done.wait()
    await app.stop()
    assert sum(counts.values()) >= mentions
    return ended - began


def once(kind: str, url: str, topic: str, mentions: int) -> float:
    """One measurement in a process of its own, so that none inherits another's memory: mentions a second."""
    command = [
        sys.executable,
        "-m",
        "tests.bench.kafka_batches",
        "--only",
        kind,
        "--broker",
        url,
        "--topic",
        topic,
        "--mentions",
        str(mentions),
    ]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return mentions / float(answer.stdout.split()[-1])


def measure(options: argparse.Namespace) -> float:
    """Run one of the three in this process: seconds."""
    if options.only == "bare":
        return asyncio.run(bare(options.broker, options.topic, options.mentions))
    return asyncio.run(worker(options.broker, options.topic, options.mentions, batches=options.only == "batches"))


def compare(url: str, mentions: int, rounds: int) -> bool:
    """Measure all three in turn, print the figures; whether what is required was reached."""
    topic = f"bench-{uuid4().hex[:8]}"
    length = asyncio.run(publish(url, topic, mentions))
    print(f"{mentions:,} mentions of {length:.0f} bytes, {PARTITIONS} partitions, {os.cpu_count()} cores")
    rates: dict[str, list[float]] = {"bare": [], "batches": [], "stock": []}
    for _ in range(rounds):
        for kind, found in rates.items():
            share = STOCK_SHARE if kind == "stock" else 1.0
            found.append(once(kind, url, topic, int(mentions * share)))
    print(f"{rounds} rounds: minimum, median, maximum")
    for kind, found in rates.items():
        print(f"{kind:>16}: {min(found):9,.0f} {statistics.median(found):9,.0f} {max(found):9,.0f} mentions/s")
    for peer in ("stock", "bare"):
        ratios = [one / other for one, other in zip(rates["batches"], rates[peer], strict=True)]
        print(f"batches to {peer:>5}: {min(ratios):9.2f} {statistics.median(ratios):9.2f} {max(ratios):9.2f}")
    print(f"required: {REQUIRED_RATE:,} mentions/s and {REQUIRED_RATIO:g} times stock, by the medians")
    ratio = statistics.median(rates["batches"]) / statistics.median(rates["stock"])
    return statistics.median(rates["batches"]) >= REQUIRED_RATE and ratio >= REQUIRED_RATIO


def main() -> None:
    """Exit status 1 when the required rate or ratio was not reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mentions", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--broker", help="kafka://host:port; one is started unless given")
    parser.add_argument("--only", choices=("bare", "batches", "stock"), help=argparse.SUPPRESS)
    parser.add_argument("--topic", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(measure(options))
        return
    with ExitStack() as stack:
        url = options.broker
        if url is None:
            download()
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="canhbao-bench-")))
            url = stack.enter_context(Broker(directory)).url
        sys.exit(not compare(url, options.mentions, options.rounds))


if __name__ == "__main__":
    main()
