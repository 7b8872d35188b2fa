"""Where `publish` sends mentions: the live run, or a replay run that keeps the mentions' own times."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Protocol

from alerts.ports import Refused
from deploy.settings import Settings
from streams.log import open_log
from streams.sources.lines import Line, Unreadable
from streams.sources.publisher import Published, Publisher
from streams.topics import Topics, topic_specs


class Target(Protocol):
    """Takes lines of mentions."""

    published: Published

    async def put(self, lines: Iterable[Line | Unreadable]) -> list[Refused]:
        """Take lines; returns what was refused."""

    async def finish(self) -> None:
        """All is told: returns when everything is durable."""


class _Live:
    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self.published = publisher.published

    async def put(self, lines: Iterable[Line | Unreadable]) -> list[Refused]:
        return await self._publisher.put(lines)

    async def finish(self) -> None:
        await self._publisher.flush()


@asynccontextmanager
async def open_target(
    settings: Settings, known: frozenset[str], *, replay: str, clock: Callable[[], int]
) -> AsyncIterator[Target]:
    """Connect to the log, with the run's topics made where they were missing."""
    streams = settings.streams
    if replay:
        streams = streams.model_validate({**streams.model_dump(), "run": replay, "replay": True})
    topic = Topics(streams.run).mentions
    log = open_log(settings.log_url)
    await log.start()
    try:
        await log.create(*topic_specs(streams))
        partitions = await log.partitions(topic)
        yield _Live(Publisher(log, topic, known, partitions, clock=clock))
    finally:
        await log.stop()
