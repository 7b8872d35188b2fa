"""The log of topics as everything outside Faust's agents sees it: create, append, read. Two homes: SQLite and Kafka."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from streams.transports.batches import NewRecord, RecordLike

if TYPE_CHECKING:
    from streams.access import KafkaSettings
    from streams.topic_differences import TopicState


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """How a topic is kept.

    Parameters
    ----------
    name
        With the run's prefix.
    partitions
        At least 1; never shrinks.
    retention
        Records older than this may be deleted; `None` keeps them for ever.
    compacted
        Only the newest record of a key is kept; a tombstone (no value) deletes it.
    publisher_time
        The publisher's timestamps are kept (a replay); otherwise records are stamped at append.
    config
        Further settings by their Kafka names; the embedded log has none.
    replicas
        Copies; the log's own number unless told.
    """

    name: str
    partitions: int = 1
    retention: timedelta | None = None
    compacted: bool = False
    publisher_time: bool = False
    config: Mapping[str, str] = field(default_factory=dict)
    replicas: int | None = None


class LogError(Exception):
    """The log could not do what was asked; the sentence says what to do."""


class LogUnavailableError(LogError):
    """The log cannot be reached now; trying again later may help."""


class UnknownTopicError(LogError):
    """The topic or partition does not exist."""


class Log(Protocol):
    """A client of the log. Async; one per process is enough."""

    async def start(self) -> None:
        """Connect. Raises `LogUnavailableError`."""

    async def stop(self) -> None:
        """Flush and close; may be called twice."""

    async def create(self, *topics: TopicSpec) -> None:
        """Create the topics that do not exist yet; grow partitions where fewer than asked for."""

    async def partitions(self, topic: str) -> int:
        """Number of partitions. Raises `UnknownTopicError`."""

    async def append(self, topic: str, partition: int, records: Sequence[NewRecord]) -> int:
        """Append in order, durably, all in one go; returns the offset of the last when acknowledged."""

    async def read(
        self, topic: str, partition: int, offset: int, *, limit: int = 1000, wait: timedelta = timedelta(0)
    ) -> Sequence[RecordLike]:
        """Records from `offset` on (the first that still exist), at most `limit`; waits up to `wait` for the first."""

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """First offset that still exists and the next to be written."""

    async def committed(self, group: str, topic: str, partition: int) -> int | None:
        """A consumer group's committed offset (the next to read), if any."""


class TopicAdmin(Protocol):
    """What both logs' clients can say and do about topics beside `Log`."""

    async def describe(self, *topics: str) -> "Mapping[str, TopicState]":
        """How topics are kept, by name; one that does not exist is left out."""

    async def alter(self, *topics: TopicSpec) -> None:
        """Set the settings of topics that exist; those set by others beside them stay."""


class AdminLog(Log, TopicAdmin, Protocol):
    """A log's client with everything."""


def open_log(url: str, kafka: "KafkaSettings | None" = None) -> AdminLog:
    """Client for a log's address.

    Parameters
    ----------
    url
        `sqlite:///path/to/file` or `kafka://host:port[,host:port…]`.
    kafka
        How the cluster is entered; in the plain unless told.

    Raises
    ------
    LogError
        If the scheme is neither, or the address is incomplete.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest:
        from streams.transports.sqlite.client import SqliteLogClient  # noqa: PLC0415 - one driver is enough

        return SqliteLogClient(url)
    if scheme == "kafka" and rest:
        from streams.transports.kafka_log import KafkaLog  # noqa: PLC0415 - one driver is enough

        return KafkaLog(url, kafka)
    raise LogError(f"CANHBAO_LOG_URL must be sqlite:///path or kafka://host:port, not {url!r}")
