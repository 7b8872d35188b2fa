"""The embedded log for everything outside Faust's agents."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from faust.types import TP

from streams.log import TopicSpec, UnknownTopicError
from streams.topic_differences import TopicState, config_of
from streams.transports.batches import NewRecord, RecordLike
from streams.transports.sqlite.schema import path_of
from streams.transports.sqlite.session import LogSession
from streams.transports.sqlite.store import clock_ms


class SqliteLogClient:
    """`streams.log.Log` over one SQLite file. Appends under way at once share a transaction.

    Parameters
    ----------
    url
        `sqlite:///relative/path` or `sqlite:////absolute/path`.
    clock
        Milliseconds since 1970 UTC; stamps what this client appends.

    Raises
    ------
    LogError
        If the address names no file.
    """

    def __init__(self, url: str, *, clock: Callable[[], int] = clock_ms) -> None:
        self._session = LogSession(path_of(url), clock)
        self._started = False

    async def start(self) -> None:
        """Open the file, creating it if need be. Raises `LogError`, `LogUnavailableError`."""
        if not self._started:
            await self._session.open()
            self._started = True

    async def stop(self) -> None:
        """Write what is queued and close; may be called twice."""
        if self._started:
            self._started = False
            await self._session.close()

    async def create(self, *topics: TopicSpec) -> None:
        """Create the topics that do not exist yet; grow partitions where fewer than asked for."""
        await self._session.run(self._session.store.create, *topics)

    async def describe(self, *topics: str) -> Mapping[str, TopicState]:
        """How topics are kept, by name; one that does not exist is left out."""
        found: dict[str, TopicState] = {}
        for name in topics:
            with suppress(UnknownTopicError):
                topic = self._session.store.topic(name)
                kept = None if topic.retention is None else timedelta(milliseconds=topic.retention)
                spec = TopicSpec(name, len(topic.partitions), kept, topic.compacted, topic.publisher_time)
                found[name] = TopicState(spec.partitions, config=config_of(spec))
        return found

    async def alter(self, *topics: TopicSpec) -> None:
        """Set the settings of topics that exist."""
        await self._session.run(self._session.store.alter, *topics)

    async def partitions(self, topic: str) -> int:
        """Number of partitions. Raises `UnknownTopicError`."""
        return len(self._session.store.topic(topic).partitions)

    async def append(self, topic: str, partition: int, records: Sequence[NewRecord]) -> int:
        """Append in order, durably, all in one go; returns the offset of the last.

        Raises
        ------
        UnknownTopicError, LogUnavailableError
            Nothing of it was appended.
        TypeError, ValueError
            If there is nothing to append, or a record is not what `NewRecord` says.
        """
        await self._session.room()
        return int((await self._session.submit(topic, partition, records)).offset)

    async def read(
        self, topic: str, partition: int, offset: int, *, limit: int = 1000, wait: timedelta = timedelta(0)
    ) -> Sequence[RecordLike]:
        """Records from `offset` on (the first that still exist), at most `limit`; waits up to `wait` for the first."""
        loop = asyncio.get_running_loop()
        store = self._session.store
        id_ = store.partition(TP(topic, partition))
        deadline = loop.time() + wait.total_seconds()
        while True:
            seen = self._session.version()
            records, _ = store.read(id_, offset, limit=limit)
            if records or loop.time() >= deadline:
                return records
            while self._session.version() == seen and loop.time() < deadline:
                await self._session.pause()

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """First offset that still exists and the next to be written."""
        store = self._session.store
        return store.bounds(store.partition(TP(topic, partition)))

    async def committed(self, group: str, topic: str, partition: int) -> int | None:
        """A consumer group's committed offset (the next to read), if any."""
        return self._session.store.committed(group, TP(topic, partition))
