"""Where `publish` sends mentions: the live run, or a replay run that keeps the mentions' own times."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Protocol

from pydantic import ValidationError

from alerts.ports import Refused
from deploy.settings import Settings, SettingsError
from streams.log import open_log
from streams.settings import StreamSettings
from streams.sources.lines import Line, Unreadable
from streams.sources.publisher import Published, Publisher
from streams.sources.replay_publisher import ReplayPublisher
from streams.topics import Topics, topic_specs


class Target(Protocol):
    """Takes lines of mentions."""

    published: Published

    async def put(self, lines: Iterable[Line | Unreadable]) -> list[Refused]:
        """Take lines; returns what was refused."""

    async def finish(self) -> None:
        """All is told: returns when everything is durable."""


def replay_settings(settings: StreamSettings, run: str) -> StreamSettings:
    """The settings of a replay run of that name. Raises `SettingsError` for a name that cannot be."""
    try:
        return StreamSettings.model_validate({**settings.model_dump(), "run": run, "replay": True})
    except ValidationError as error:
        raise SettingsError(
            f"--replay names a run with up to 40 lower-case letters, digits and dashes, not {run!r}"
        ) from error


@asynccontextmanager
async def open_target(
    settings: Settings, known: frozenset[str], *, replay: str, clock: Callable[[], int]
) -> AsyncIterator[Target]:
    """Connect to the log, with the run's topics made where they were missing."""
    streams = replay_settings(settings.streams, replay) if replay else settings.streams
    topic = Topics(streams.run).mentions
    log = open_log(settings.log_url, settings.streams.kafka)
    await log.start()
    try:
        await log.create(*topic_specs(streams))
        partitions = await log.partitions(topic)
        if streams.replay:
            yield ReplayPublisher(log, topic, known, partitions)
        else:
            yield Publisher(log, topic, known, partitions, clock=clock)
    finally:
        await log.stop()
