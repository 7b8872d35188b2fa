"""Faust's transport on the embedded log, for addresses `sqlite:///path` (entry point `faust.transports`)."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from aiokafka.partitioner import DefaultPartitioner
from faust.exceptions import ProducerSendError
from faust.transport import base
from faust.types import TP
from faust.types.tuples import RecordMetadata
from mode.utils.times import want_seconds

from streams.log import LogError, TopicSpec
from streams.transports.batches import NewRecord
from streams.transports.sqlite.consumer import Consumer
from streams.transports.sqlite.schema import path_of
from streams.transports.sqlite.session import LogSession
from streams.transports.sqlite.store import Appended

_APPEND_TIME = 1


class Producer(base.Producer):
    """Faust's producer: what is sent while a transaction is under way shares the next one."""

    transport: "Transport"

    async def on_start(self) -> None:
        """Open the log."""
        await super().on_start()
        await self.transport.session.open()

    async def on_stop(self) -> None:
        """Write what is queued and close the log."""
        await self.flush()
        await super().on_stop()
        await self.transport.session.close()

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Sequence[tuple[str, bytes]] | Mapping[str, bytes] | None,
        *,
        transactional_id: str | None = None,
    ) -> "asyncio.Future[RecordMetadata]":
        """Queue a record; the future has its place when it is durable.

        Raises
        ------
        ProducerSendError
            If the topic or partition does not exist, or the record cannot be stored.
        """
        del transactional_id  # Faust's exactly-once is not used
        session = self.transport.session
        await session.room()
        pairs = tuple(headers.items() if isinstance(headers, Mapping) else headers or ())
        record = NewRecord(value, key, pairs, None if timestamp is None else round(timestamp * 1000))
        try:
            number = self.transport.partition_of(topic, key) if partition is None else partition
            tp = TP(topic, number)

            def place(appended: Appended) -> RecordMetadata:
                return RecordMetadata(topic, number, tp, appended.offset, appended.timestamp / 1000, _APPEND_TIME)

            return session.submit(topic, number, (record,), place)
        except (LogError, TypeError, ValueError) as error:
            raise ProducerSendError(f"cannot send to {topic}: {error}") from error

    async def send_and_wait(self, *args: Any, **kwargs: Any) -> RecordMetadata:
        """Send a record and wait until it is durable."""
        return await (await self.send(*args, **kwargs))

    async def flush(self) -> None:
        """Wait until all that was sent is durable."""
        await self.buffer.flush()
        await self.transport.session.flush()

    async def create_topic(self, topic: str, partitions: int, replication: int, **options: Any) -> None:
        """Create a topic as Faust declares it, if it does not exist. See `Transport.create_topic`."""
        del replication  # there is one copy: the file
        await self.transport.create_topic(topic, partitions, **options)

    def key_partition(self, topic: str, key: bytes) -> TP:
        """Partition of a key: the one Kafka's clients choose."""
        return TP(topic, self.transport.partition_of(topic, key))

    def supports_headers(self) -> bool:
        """Records have headers."""
        return True


class Transport(base.Transport):
    """Faust's transport on one SQLite file. One worker holds a consumer group; others only send."""

    Consumer: ClassVar[type[Any]] = Consumer
    Producer: ClassVar[type[Any]] = Producer

    default_port = 0
    driver_version = f"sqlite={sqlite3.sqlite_version}"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = LogSession(self.path)

    @property
    def path(self) -> Path:
        """The log's file. Raises `LogError` if the address names none."""
        url = self.url[0]
        more = "?" if url.query_string or url.fragment else ""
        return path_of(f"{url.scheme}://{url.path}{more}")

    def partition_of(self, topic: str, key: bytes | None) -> int:
        """Partition of a key, as Kafka's clients choose it; without a key any."""
        partitions = range(len(self.session.store.topic(topic).partitions))
        # Faust's settings are descriptors; mypy takes one whose value is callable for a method.
        settings: Any = self.app.conf
        partitioner: Any = settings.producer_partitioner or DefaultPartitioner()
        return int(partitioner(key, partitions, partitions))

    async def create_topic(
        self,
        topic: str,
        partitions: int,
        *,
        config: Mapping[str, Any] | None = None,
        retention: Any = None,
        compacting: bool | None = None,
        **_: Any,
    ) -> None:
        """Create a topic if it does not exist; grow it if it has fewer partitions.

        Parameters
        ----------
        config
            Of Kafka's settings, `message.timestamp.type=CreateTime` is understood: the publisher's time is kept.
        """
        publisher_time = (config or {}).get("message.timestamp.type") == "CreateTime"
        spec = TopicSpec(
            name=topic,
            partitions=partitions,
            retention=timedelta(seconds=want_seconds(retention)) if retention else None,
            compacted=bool(compacting),
            publisher_time=publisher_time,
        )
        await self.session.run(self.session.store.create, spec)
