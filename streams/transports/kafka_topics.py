"""Topics on Kafka: created, described, altered. By aiokafka's admin client, which the project has anyway."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from streams.log import LogError, TopicSpec
from streams.topic_differences import TopicState, config_of

#: Where a described setting comes from: `DescribeConfigs` calls 1 what was set for the topic itself.
_OF_THE_TOPIC = 1


class KafkaTopics:
    """What is asked of a cluster about topics.

    Parameters
    ----------
    admin
        Started client.
    timeout
        Seconds that new partitions may take to get their leaders.
    """

    def __init__(self, admin: AIOKafkaAdminClient, timeout: float) -> None:
        self._admin = admin
        self._timeout = timeout

    async def create(self, topics: Sequence[TopicSpec]) -> None:
        """Create what does not exist; grow what has fewer partitions. Returns when each partition has a leader."""
        existing = await self.counts([spec.name for spec in topics])
        wanted = [_new_topic(spec) for spec in topics if spec.name not in existing]
        if wanted:
            for topic, code, message in (await self._admin.create_topics(wanted)).topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise LogError(f"topic {topic} could not be created: {message or for_code(code).__name__}")
        grown = {
            s.name: NewPartitions(s.partitions) for s in topics if existing.get(s.name, s.partitions) < s.partitions
        }
        if grown:
            await self._admin.create_partitions(grown)
        await self._until_led(topics)

    async def counts(self, topics: Sequence[str]) -> dict[str, int]:
        """Numbers of partitions of those that exist."""
        described = await self._admin.describe_topics(list(topics))
        return {topic["topic"]: len(topic["partitions"]) for topic in described if not topic["error_code"]}

    async def describe(self, topics: Sequence[str]) -> dict[str, TopicState]:
        """How those that exist are kept."""
        described = [t for t in await self._admin.describe_topics(list(topics)) if not t["error_code"]]
        configs = await self._configs([topic["topic"] for topic in described])
        return {topic["topic"]: _state(topic, configs[topic["topic"]]) for topic in described}

    async def alter(self, topics: Sequence[TopicSpec]) -> None:
        """Set the settings of `topics`.

        The request that aiokafka knows replaces all settings of a topic, so what was set for it beside ours is sent
        along.
        """
        states = await self.describe([spec.name for spec in topics])
        resources = [
            ConfigResource(ConfigResourceType.TOPIC, spec.name, _altered(spec, states[spec.name]))
            for spec in topics
            if spec.name in states
        ]
        if not resources:
            return
        for response in await self._admin.alter_configs(resources):
            for code, message, _, name in response.resources:
                if code:
                    raise LogError(f"topic {name} could not be altered: {message or for_code(code).__name__}")

    async def _configs(self, topics: Sequence[str]) -> dict[str, list[tuple[Any, ...]]]:
        if not topics:
            return {}
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
        found: dict[str, list[tuple[Any, ...]]] = {}
        for response in await self._admin.describe_configs(asked):
            for code, message, _, name, entries in response.resources:
                if code:
                    raise LogError(f"topic {name} could not be described: {message or for_code(code).__name__}")
                found[name] = entries
        return found

    async def _until_led(self, topics: Sequence[TopicSpec]) -> None:
        """Until every partition has a leader: a client that asks earlier waits for its next metadata."""
        wanted = {spec.name: spec.partitions for spec in topics}
        async with asyncio.timeout(self._timeout):
            while True:
                described = await self._admin.describe_topics(list(wanted))
                led = {
                    t["topic"]: sum(p["leader"] >= 0 for p in t["partitions"]) for t in described if not t["error_code"]
                }
                if all(led.get(name, 0) >= count for name, count in wanted.items()):
                    return
                await asyncio.sleep(0.02)


def _new_topic(spec: TopicSpec) -> NewTopic:
    if spec.replicas is not None:
        return NewTopic(spec.name, spec.partitions, spec.replicas, topic_configs=config_of(spec))
    # Empty rather than no assignments: otherwise aiokafka does not let the broker choose the number of replicas.
    return NewTopic(spec.name, spec.partitions, -1, {}, config_of(spec))


def _state(topic: Mapping[str, Any], entries: Sequence[tuple[Any, ...]]) -> TopicState:
    copies = min((len(partition["replicas"]) for partition in topic["partitions"]), default=1)
    config = {entry[0]: entry[1] or "" for entry in entries}
    own = frozenset(entry[0] for entry in entries if entry[3] == _OF_THE_TOPIC)
    return TopicState(len(topic["partitions"]), copies, config, own)


def _altered(spec: TopicSpec, state: TopicState) -> dict[str, str]:
    return {name: state.config[name] for name in state.own} | config_of(spec)
