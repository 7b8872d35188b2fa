"""How topics should be kept, how they are, and what to do about the difference. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from streams.log import TopicSpec


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as the log has it.

    Parameters
    ----------
    partitions
        How many.
    replicas
        Copies of the partition with the fewest.
    config
        Settings by their Kafka names, in force now, whether set for the topic or for the whole cluster.
    own
        Those of them that were set for this topic.
    """

    partitions: int
    replicas: int = 1
    config: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()


class Remedy(Enum):
    """What mends a difference."""

    CREATE = "`canhbao topics create` creates it"
    GROW = "`canhbao topics create` adds partitions"
    ALTER = "`canhbao topics create --alter` sets it"
    BY_HAND = "only the cluster's own tools can move copies (kafka-reassign-partitions.sh)"
    NONE = "partitions never shrink; set the number in the settings to what is there"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the settings ask.

    Parameters
    ----------
    grave
        Results would be wrong or state lost: a worker must not start.
    """

    topic: str
    setting: str
    there: str
    wanted: str
    remedy: Remedy
    grave: bool = False

    @property
    def is_wrong(self) -> bool:
        """Whether it should be mended. More partitions than asked for do no harm: settings tell how topics begin."""
        return self.remedy is not Remedy.NONE

    @property
    def what(self) -> str:
        """The difference without its remedy."""
        if self.remedy is Remedy.CREATE:
            return f"topic {self.topic} does not exist"
        return f"topic {self.topic}: {self.setting} is {self.there}, wanted is {self.wanted}"

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy.value}"


#: Beside these, a difference costs room or speed only.
_GRAVE = ("cleanup.policy", "message.timestamp.type")


def config_of(spec: TopicSpec) -> dict[str, str]:
    """A topic's settings by their Kafka names.

    Examples
    --------
    >>> config_of(TopicSpec("states", compacted=True))["cleanup.policy"]
    'compact'
    """
    return {
        "cleanup.policy": "compact" if spec.compacted else "delete",
        "message.timestamp.type": "CreateTime" if spec.publisher_time else "LogAppendTime",
        "retention.ms": "-1" if spec.retention is None else str(int(spec.retention.total_seconds() * 1000)),
        **spec.config,
    }


def differences(spec: TopicSpec, state: TopicState | None) -> Iterator[Difference]:
    """What is not as `spec` asks; nothing where all is.

    Parameters
    ----------
    state
        `None` where there is no such topic.

    Examples
    --------
    >>> spec = TopicSpec("mentions", 8, config={"max.message.bytes": "1048588"})
    >>> there = {**config_of(spec), "message.timestamp.type": "CreateTime", "max.message.bytes": "10000000"}
    >>> for difference in differences(spec, TopicState(4, config=there)):
    ...     print(difference.setting, difference.there, difference.wanted, difference.grave)
    partitions 4 8 False
    message.timestamp.type CreateTime LogAppendTime True
    max.message.bytes 10000000 1048588 False
    """
    if state is None:
        yield Difference(spec.name, "topic", "missing", "there", Remedy.CREATE)
        return
    if state.partitions != spec.partitions:
        remedy = Remedy.GROW if state.partitions < spec.partitions else Remedy.NONE
        yield Difference(spec.name, "partitions", str(state.partitions), str(spec.partitions), remedy)
    if spec.replicas is not None and state.replicas != spec.replicas:
        yield Difference(spec.name, "replication", str(state.replicas), str(spec.replicas), Remedy.BY_HAND)
    for name, wanted in config_of(spec).items():
        there = state.config.get(name, wanted)
        if there != wanted:
            yield Difference(spec.name, name, there, wanted, Remedy.ALTER, name in _GRAVE)
