"""The log's topics held against the settings, by whoever asks: the command, `doctor`, a worker that starts."""

import logging
from collections.abc import Sequence

from streams.log import AdminLog, LogError, TopicSpec
from streams.topic_differences import Difference, differences

logger = logging.getLogger(__name__)


async def found_differences(log: AdminLog, specs: Sequence[TopicSpec]) -> list[Difference]:
    """What is not as `specs` ask, topic by topic. Raises `LogError`."""
    states = await log.describe(*(spec.name for spec in specs))
    return [difference for spec in specs for difference in differences(spec, states.get(spec.name))]


async def refuse_grave(log: AdminLog, specs: Sequence[TopicSpec]) -> None:
    """Say what of the topics is not as asked, and refuse to work where results would be wrong. Raises `LogError`."""
    found = await found_differences(log, specs)
    for difference in found:
        if difference.is_wrong:
            logger.warning("%s", difference)
    grave = [str(difference) for difference in found if difference.grave]
    if grave:
        raise LogError(f"{'; '.join(grave)}. Findings would be wrong or state lost, so nothing is started")
