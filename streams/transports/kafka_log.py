"""The log of topics on Kafka, for everything outside Faust's agents: see `streams.log.Log`."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    LeaderNotAvailableError,
    NodeNotReadyError,
    NotCoordinatorForGroupError,
    NotLeaderForPartitionError,
    RequestTimedOutError,
    UnknownTopicOrPartitionError,
)
from aiokafka.structs import RecordMetadata, TopicPartition

from streams.access import KafkaSettings
from streams.log import LogError, LogUnavailableError, TopicSpec, UnknownTopicError
from streams.topic_differences import TopicState
from streams.transports.batches import NewRecord, RecordLike
from streams.transports.credentials import client_arguments
from streams.transports.kafka_greeting import greet
from streams.transports.kafka_topics import KafkaTopics
from streams.transports.kafka_unreadable import UNREADABLE

# Kafka's own limit for one request; topics with larger messages say so in `max.message.bytes`.
_LARGEST_REQUEST = 9 << 20
_BATCH_BYTES = 512 << 10
# Partitions that are read one after the other keep their reader, and what it fetched ahead.
_READERS = 32
_REQUEST_TIMEOUT_MS = 15_000
# Where a broker says nothing, this finds who leads instead of it.
_METADATA_MS = 3_000
# What passes by itself: a new broker creates its topic of offsets when it is first asked for a group.
_NO_COORDINATOR = (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError)
_UNAVAILABLE = (
    *_NO_COORDINATOR,
    KafkaConnectionError,
    KafkaTimeoutError,
    LeaderNotAvailableError,
    NodeNotReadyError,
    NotLeaderForPartitionError,
    RequestTimedOutError,
    TimeoutError,
    OSError,
)


class KafkaLog:
    """A client of topics on Kafka.

    Parameters
    ----------
    url
        `kafka://host:port[,host:port…]`.
    access
        How the cluster is entered; in the plain unless told.
    """

    def __init__(self, url: str, access: KafkaSettings | None = None) -> None:
        self._servers = url.partition("://")[2].rstrip("/").split(",")
        self._access = access or KafkaSettings()
        self._common: dict[str, Any] = {}
        self._admin: AIOKafkaAdminClient | None = None
        self._producer: AIOKafkaProducer | None = None
        self._readers: OrderedDict[TopicPartition, tuple[AIOKafkaConsumer, asyncio.Lock]] = OrderedDict()
        self._opening = asyncio.Lock()
        self._turns: dict[tuple[str, int], asyncio.Lock] = {}

    async def start(self) -> None:
        """Connect. Raises `LogUnavailableError`, or `LogError` where the cluster refuses or cannot be used."""
        arguments = client_arguments(self._access)
        await greet(self._servers, arguments)
        self._common = {
            "bootstrap_servers": self._servers,
            "request_timeout_ms": _REQUEST_TIMEOUT_MS,
            "metadata_max_age_ms": _METADATA_MS,
            **arguments,
        }
        self._admin = AIOKafkaAdminClient(**self._common)
        self._producer = AIOKafkaProducer(
            **self._common,
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            compression_type="lz4",
            max_batch_size=_BATCH_BYTES,
            max_request_size=_LARGEST_REQUEST,
        )
        try:
            async with self._translated():
                await self._admin.start()
                await self._producer.start()
        except LogError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Flush and close; may be called twice."""
        readers, self._readers = self._readers, OrderedDict()
        for reader, _ in readers.values():
            await reader.stop()
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()
        admin, self._admin = self._admin, None
        if admin is not None:
            await admin.close()

    async def create(self, *topics: TopicSpec) -> None:
        """Create the topics that do not exist yet; grow partitions where fewer than asked for."""
        async with self._translated() as (admin, producer):
            await self._topics(admin).create(topics)
            await producer.client.force_metadata_update()

    async def partitions(self, topic: str) -> int:
        """Number of partitions. Raises `UnknownTopicError`."""
        async with self._translated() as (admin, _):
            counts = await self._topics(admin).counts([topic])
        if topic not in counts:
            raise UnknownTopicError(f"there is no topic {topic}: create it by canhbao topics create")
        return counts[topic]

    async def append(self, topic: str, partition: int, records: Sequence[NewRecord]) -> int:
        """Append in order, durably, all in one go; returns the offset of the last when acknowledged."""
        await self._check(topic, partition)
        async with self._translated() as (_, producer):
            pending: list[tuple[asyncio.Future[RecordMetadata], int]] = []
            batch, count = producer.create_batch(), 0
            for record in records:
                fits = _add(batch, record)
                if not fits:
                    pending.append((await self._send(producer, batch, topic, partition), count))
                    batch, count = producer.create_batch(), 0
                    if not _add(batch, record):
                        raise LogError(f"a record of {len(record.value or b'')} bytes is too large for {topic}")
                count += 1
            batch.close()
            pending.append((await self._send(producer, batch, topic, partition), count))
            results = await asyncio.gather(*(future for future, _ in pending))
            last: int = results[-1].offset + pending[-1][1] - 1
            return last

    async def _send(
        self, producer: AIOKafkaProducer, batch: object, topic: str, partition: int
    ) -> "asyncio.Future[RecordMetadata]":
        """Queue a batch when it is its turn: of many that wait at once, aiokafka counts the time of each many times."""
        async with self._turns.setdefault((topic, partition), asyncio.Lock()):
            sent: asyncio.Future[RecordMetadata] = await producer.send_batch(batch, topic, partition=partition)
            return sent

    async def read(
        self, topic: str, partition: int, offset: int, *, limit: int = 1000, wait: timedelta = timedelta(0)
    ) -> Sequence[RecordLike]:
        """Records from `offset` on (the first that still exist), at most `limit`; waits up to `wait` for the first."""
        deadline = asyncio.get_running_loop().time() + wait.total_seconds()
        async with (
            self._translated(),
            self._reader(topic, partition) as (reader, tp),
            _decoded(topic, partition, offset),
        ):
            if await reader.position(tp) != offset:
                reader.seek(tp, offset)
            found: list[RecordLike] = (await reader.getmany(tp, timeout_ms=0, max_records=limit)).get(tp, [])
            while not found:
                left = deadline - asyncio.get_running_loop().time()
                if await reader.position(tp) < offset:
                    reader.seek(tp, offset)  # asked beyond its end, it had gone back to the beginning
                if offset < (await reader.end_offsets([tp]))[tp]:
                    found = (await reader.getmany(tp, timeout_ms=100, max_records=limit)).get(tp, [])
                    offset = max(offset, await reader.position(tp))
                elif left <= 0:
                    break
                else:
                    await asyncio.sleep(min(left, 0.02))
            return found

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """First offset that still exists and the next to be written."""
        async with self._translated(), self._reader(topic, partition) as (reader, tp):
            first = (await reader.beginning_offsets([tp]))[tp]
            return first, (await reader.end_offsets([tp]))[tp]

    async def committed(self, group: str, topic: str, partition: int) -> int | None:
        """A consumer group's committed offset (the next to read), if any."""
        tp = TopicPartition(topic, partition)
        async with self._translated() as (admin, _), asyncio.timeout(_REQUEST_TIMEOUT_MS / 1000):
            while True:
                try:
                    found = (await admin.list_consumer_group_offsets(group, partitions=[tp])).get(tp)
                except _NO_COORDINATOR:
                    await asyncio.sleep(0.1)
                else:
                    return None if found is None or found.offset < 0 else int(found.offset)

    async def describe(self, *topics: str) -> Mapping[str, TopicState]:
        """How topics are kept, by name; one that does not exist is left out."""
        async with self._translated() as (admin, _):
            return await self._topics(admin).describe(topics)

    async def alter(self, *topics: TopicSpec) -> None:
        """Set the settings of topics that exist; those set by others beside them stay."""
        async with self._translated() as (admin, _):
            await self._topics(admin).alter(topics)

    @staticmethod
    def _topics(admin: AIOKafkaAdminClient) -> KafkaTopics:
        return KafkaTopics(admin, _REQUEST_TIMEOUT_MS / 1000)

    async def _check(self, topic: str, partition: int) -> None:
        producer = self._producer
        known = producer.client.cluster.partitions_for_topic(topic) if producer is not None else None
        if known is not None and partition in known:
            return
        count = await self.partitions(topic)
        if not 0 <= partition < count:
            raise UnknownTopicError(f"topic {topic} has partitions 0 to {count - 1}, not {partition}")
        if producer is not None:
            await producer.client.force_metadata_update()  # it may have grown since the producer last looked

    @asynccontextmanager
    async def _reader(self, topic: str, partition: int) -> AsyncIterator[tuple[AIOKafkaConsumer, TopicPartition]]:
        """The partition's own consumer, for one caller at a time."""
        tp = TopicPartition(topic, partition)
        async with self._opening:
            if tp not in self._readers:
                await self._check(topic, partition)
                self._readers[tp] = (await self._open(tp), asyncio.Lock())
            self._readers.move_to_end(tp)
            reader, lock = self._readers[tp]
            await self._close_the_oldest()
        async with lock:
            yield reader, tp

    async def _open(self, tp: TopicPartition) -> AIOKafkaConsumer:
        reader = AIOKafkaConsumer(
            **self._common,
            fetch_max_wait_ms=100,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await reader.start()
        reader.assign([tp])
        return reader

    async def _close_the_oldest(self) -> None:
        for tp, (reader, lock) in list(self._readers.items())[:-_READERS]:
            if not lock.locked():
                del self._readers[tp]
                await reader.stop()

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[tuple[AIOKafkaAdminClient, AIOKafkaProducer]]:
        if self._admin is None or self._producer is None:
            raise LogError("the log's client is not started")
        try:
            yield self._admin, self._producer
        except UnknownTopicOrPartitionError as error:
            raise UnknownTopicError(f"the topic or partition is not there: {error}") from error
        except _UNAVAILABLE as error:
            raise LogUnavailableError(f"Kafka at {','.join(self._servers)} does not answer: {error!r}") from error
        except KafkaError as error:
            raise LogError(f"Kafka refused: {error}") from error


@asynccontextmanager
async def _decoded(topic: str, partition: int, offset: int) -> AsyncIterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise LogError(
            f"{topic}/{partition} cannot be decoded somewhere from offset {offset} on ({error}): restore the log, or "
            "start a new run"
        ) from error


def _add(batch: object, record: NewRecord) -> bool:
    headers = list(record.headers)
    added = batch.append(timestamp=record.timestamp, key=record.key, value=record.value, headers=headers)  # type: ignore[attr-defined]  # untyped
    return added is not None
