"""Growing a run: `mentions` may grow at any time, at a minute told beforehand; the number of `readings` is fixed."""

import logging
from dataclasses import replace

from streams.log import AdminLog, Log, TopicSpec, UnknownTopicError
from streams.settings import StreamSettings
from streams.topics import Topics, topic_specs
from streams.versions import settle_partitions

logger = logging.getLogger(__name__)


async def _there(log: Log, topic: str) -> int | None:
    try:
        return await log.partitions(topic)
    except UnknownTopicError:
        return None


async def specs_in_force(log: Log, settings: StreamSettings, *, grow: bool = False) -> tuple[TopicSpec, ...]:
    """The run's topics, with the numbers of partitions that hold whatever the settings say.

    `readings` and `states` keep the number of their first start: by it every organisation has its place. `mentions`
    keeps the number that it has unless it is to `grow`: what lies in a partition that was not announced would be taken
    for late.
    """
    topics = Topics(settings.run)
    readings, mentions = await _there(log, topics.readings), await _there(log, topics.mentions)
    if readings not in (None, settings.readings_partitions):
        logger.warning(
            "%s has %d partitions from its first start, and keeps them: the settings ask for %d, which only a run with "
            "another name would take",
            topics.readings,
            readings,
            settings.readings_partitions,
        )
    if mentions is not None and mentions < settings.mentions_partitions and not grow:
        logger.warning(
            "%s has %d partitions, the settings ask for %d: run `canhbao topics create`",
            topics.mentions,
            mentions,
            settings.mentions_partitions,
        )
    held = {topics.readings: readings, topics.states: readings, topics.mentions: None if grow else mentions}
    return tuple(replace(spec, partitions=held.get(spec.name) or spec.partitions) for spec in topic_specs(settings))


async def announce_growth(log: AdminLog, settings: StreamSettings, now: int) -> int | None:
    """Tell every `readings` partition that `mentions` is about to grow.

    Parameters
    ----------
    now
        Milliseconds since 1970 UTC.

    Returns
    -------
    From when on the new number holds (milliseconds): the topic is to grow then, not before. `None` where nothing
    grows, or the run has not begun.
    """
    topics = Topics(settings.run)
    readings, mentions = await _there(log, topics.readings), await _there(log, topics.mentions)
    if readings is None or mentions is None or mentions >= settings.mentions_partitions:
        return None
    return await settle_partitions(log, settings, readings, now, count=settings.mentions_partitions)
