"""The topics of a run: their names, how they are cut and how long they are kept."""

from dataclasses import dataclass, replace
from datetime import timedelta

from streams.log import TopicSpec
from streams.settings import StreamSettings

#: Envelopes and snapshot chunks may be larger than Kafka's default of 1 MiB.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024

_LARGE = {"max.message.bytes": str(MAX_MESSAGE_BYTES)}
#: Publishers compress; a broker told another codec would do it all again. A mention is at most 64 KiB of text.
_USUAL = {"max.message.bytes": str(1024 * 1024 + 12), "compression.type": "producer"}


@dataclass(frozen=True, slots=True)
class Topics:
    """Names of a run's topics.

    Parameters
    ----------
    run
        Name of the run; empty is the live one.

    Examples
    --------
    >>> Topics("").mentions, Topics("demo-1").readings
    ('mentions', 'demo-1.readings')
    """

    run: str

    def _named(self, topic: str) -> str:
        return f"{self.run}.{topic}" if self.run else topic

    @property
    def mentions(self) -> str:
        """Mentions as they come."""
        return self._named("mentions")

    @property
    def dead(self) -> str:
        """What was refused, with reason and coordinates."""
        return self._named("mentions.dead")

    @property
    def readings(self) -> str:
        """Envelopes."""
        return self._named("readings")

    @property
    def findings(self) -> str:
        """Revisions of alerts."""
        return self._named("findings")

    @property
    def excerpts(self) -> str:
        """Texts of the mentions that findings show."""
        return self._named("excerpts")

    @property
    def levels(self) -> str:
        """Closed minutes and hours."""
        return self._named("levels")

    @property
    def states(self) -> str:
        """Snapshots of the watch, one partition for each of `readings`."""
        return self._named("states")

    @property
    def control(self) -> str:
        """Versions of register, settings and partition counts, each with the minute from which it holds."""
        return self._named("control")

    @property
    def status(self) -> str:
        """What the workers say of themselves."""
        return self._named("status")

    @property
    def group(self) -> str:
        """Consumer group of the run's workers: also the Faust application's id."""
        return f"canhbao-{self.run}" if self.run else "canhbao"


def topic_specs(settings: StreamSettings) -> tuple[TopicSpec, ...]:
    """All topics of the run that `settings` describe.

    Examples
    --------
    >>> [spec.name for spec in topic_specs(StreamSettings())][:3]
    ['mentions', 'mentions.dead', 'readings']
    """
    topics = Topics(settings.run)
    short = settings.mentions_retention
    # A replay is read long after the times it carries: retention by record time would delete it at once.
    replay = None if settings.replay else short
    readings = settings.readings_partitions
    specs = (
        TopicSpec(topics.mentions, settings.mentions_partitions, replay, publisher_time=settings.replay),
        TopicSpec(topics.dead, 1, short, config=_LARGE),
        TopicSpec(topics.readings, readings, short, config=_LARGE),
        TopicSpec(topics.findings, 1, settings.findings_retention),
        TopicSpec(topics.excerpts, 1, short),
        TopicSpec(topics.levels, 1, settings.levels_retention),
        TopicSpec(topics.states, readings, compacted=True, config=_LARGE),
        TopicSpec(topics.control, 1, compacted=True, config=_LARGE),
        TopicSpec(topics.status, 1, timedelta(days=2), compacted=True),
    )
    kafka = settings.kafka
    least = {} if kafka.min_insync is None else {"min.insync.replicas": str(kafka.min_insync)}
    return tuple(replace(spec, replicas=kafka.replication, config={**_USUAL, **least, **spec.config}) for spec in specs)
