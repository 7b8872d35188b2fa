"""What Faust asks the embedded log about topics, and what it creates there."""

from collections.abc import Mapping
from typing import Any

from faust.types import TP

from streams.log import UnknownTopicError
from streams.transports.sqlite.session import LogSession


class TopicsPart:
    """What Faust's consumer says of topics, partitions and their bounds."""

    transport: Any
    _session: LogSession

    async def create_topic(self, topic: str, partitions: int, replication: int, **options: Any) -> None:
        """Create a topic as Faust declares it, if it does not exist."""
        del replication  # there is one copy: the file
        await self.transport.create_topic(topic, partitions, **options)

    def topic_partitions(self, topic: str) -> int | None:
        """Number of partitions, `None` if there is no such topic."""
        try:
            return len(self._session.store.topic(topic).partitions)
        except UnknownTopicError:
            return None

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """Next offsets to be written."""
        store = self._session.store
        return {tp: store.bounds(store.partition(tp))[1] for tp in partitions}

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        """First offsets that still exist."""
        store = self._session.store
        return {tp: store.bounds(store.partition(tp))[0] for tp in partitions}

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        """Partition of a key: the one Kafka's clients choose."""
        return self.transport.partition_of(topic, key) if partition is None else partition

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)
