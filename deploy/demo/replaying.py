"""The bundled crisis as a replay run: which run, and its mentions into the log."""

from collections.abc import Iterator

from deploy.demo.story import mentions
from deploy.publishing import replay_settings
from deploy.settings import Settings
from streams.log import Log, UnknownTopicError, open_log
from streams.sources.lines import Line
from streams.sources.replay_publisher import ReplayPublisher
from streams.topics import Topics, topic_specs

_NAME = "demo-{}"
#: Older runs than these are not followed any more; what they found is in the alert store.
_FOLLOWED = 10


async def choose_run(settings: Settings, *, again: bool) -> list[str]:
    """Names of the demonstration's runs so far, the one to show last: a new one with `again`."""
    log = open_log(settings.log_url, settings.streams.kafka)
    await log.start()
    try:
        there = 0
        while await _exists(log, _NAME.format(there + 1)):
            there += 1
    finally:
        await log.stop()
    last = max(1, there + again)
    return [_NAME.format(number) for number in range(max(1, last - _FOLLOWED + 1), last + 1)]


async def _exists(log: Log, run: str) -> bool:
    try:
        await log.partitions(Topics(run).mentions)
    except UnknownTopicError:
        return False
    return True


async def publish_story(settings: Settings, run: str, known: frozenset[str]) -> int:
    """Put the story into the run's log, as far as it is not there yet; returns how many mentions it has."""
    streams = replay_settings(settings.streams, run)
    topic = Topics(run).mentions
    log = open_log(settings.log_url, settings.streams.kafka)
    await log.start()
    try:
        await log.create(*topic_specs(streams))
        publisher = ReplayPublisher(log, topic, known, await log.partitions(topic))
        await publisher.put(_lines())
        await publisher.finish()
        return publisher.published.accepted
    finally:
        await log.stop()


def _lines() -> Iterator[Line]:
    for number, mention in enumerate(mentions(), 1):
        yield Line(number, mention)
