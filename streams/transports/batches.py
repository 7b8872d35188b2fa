"""What a batch is: all the records polled from one partition at once, as one Faust event."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import faust
from faust.types import TP


class RecordLike(Protocol):
    """What every record of a batch has, whichever driver polled it (aiokafka's own records fit)."""

    @property
    def offset(self) -> int:
        """Place in the partition."""

    @property
    def timestamp(self) -> int:
        """Append time (a replay: the publisher's), in milliseconds since 1970 UTC."""

    @property
    def key(self) -> bytes | None:
        """The record's key."""

    @property
    def value(self) -> bytes | None:
        """The record's bytes; `None` is a tombstone."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Name and value pairs, in order."""


class Record(NamedTuple):
    """A record as the SQLite log hands it out. See `RecordLike` for the fields."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """The value of a batch event.

    Parameters
    ----------
    tp
        Topic and partition.
    records
        In order of offset, never empty.
    start
        The offset the reader stood at: every record of the log in `[start, end)` is in `records`, or is no more in
        the log (retention, compaction, transaction markers).
    end
        One past the last record's offset: where reading goes on.
    epoch
        Number of the assignment under which it was polled; a holder of state drops batches of another epoch.
    """

    tp: TP
    records: Sequence[RecordLike]
    start: int
    end: int
    epoch: int

    def __len__(self) -> int:
        return len(self.records)


@dataclass(frozen=True, slots=True)
class Assignment:
    """The partitions of a batch topic that this worker holds from now on.

    Parameters
    ----------
    epoch
        Grows with every rebalance; `Batch.epoch` of what is polled from now on.
    partitions
        Those of the topic this worker holds.
    """

    epoch: int
    partitions: frozenset[TP]


#: Called at every assignment, before any batch of the topic is handed over, with what this worker now holds. Answers
#: where reading goes on in each partition; `None` means: at the group's committed offset, or at the beginning.
Resume = Callable[[Assignment], Awaitable[Mapping[TP, int | None]]]


#: Called with topic and partition, first offset and one past the last, and the reason, where something in the log
#: cannot be decoded; what follows is read when it returns.
PassOver = Callable[[TP, int, int, str], Awaitable[None]]


class BatchTopic(faust.Topic):
    """A topic whose records arrive as one event per polled partition batch.

    The event's value is a `Batch`, its offset the batch's last. The stream is read with `noack()` and each event
    acknowledged by hand, in order, when what it led to is durable.

    Parameters
    ----------
    resume
        See `Resume`.
    unreadable
        See `PassOver`; without it what cannot be decoded ends the application.
    """

    def __init__(
        self, *args: Any, resume: Resume | None = None, unreadable: PassOver | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("value_serializer", "raw")
        kwargs.setdefault("key_serializer", "raw")
        kwargs.setdefault("acks", True)
        super().__init__(*args, **kwargs)
        self.resume = resume
        self.unreadable = unreadable

    def _clone_args(self) -> Mapping[str, Any]:
        # Faust subscribes clones of a topic, made from these; without `resume` among them it would be lost.
        return {**super()._clone_args(), "resume": self.resume, "unreadable": self.unreadable}


class BatchConsumer(Protocol):
    """What agents use of both drivers' consumers: what they have beside Faust's own interface, and pausing."""

    #: Whether `idle_at` is by the very clock that stamps appends. Where it is not, only what is in a partition tells
    #: how late it is there.
    stamps_here: bool

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        """Hand over nothing more of `tps` until they are resumed, or assigned anew."""

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Hand over again, from where it was paused."""

    def idle_at(self, tp: TP) -> int | None:
        """Log time of the last fetch of `tp` that found nothing after what was handed over.

        Returns
        -------
        Milliseconds since 1970 UTC by the clock that stamps appends as near as the driver can tell, or `None` while
        records wait, or before the first fetch of this assignment.
        """

    def handed_over(self, tp: TP) -> int | None:
        """Offset at which the next batch of `tp` must start; `None` while `tp` is not assigned or not yet resumed."""

    def acknowledged(self, tp: TP) -> int | None:
        """Offset up to which all that was handed over is acknowledged; `None` as for `handed_over`."""

    def to_commit(self, tp: TP) -> int | None:
        """What of it the log should soon have as committed; `None` before anything of this assignment is."""

    def in_flight(self, tp: TP) -> int:
        """Bytes of `tp` handed over and neither acknowledged nor taken in."""

    def taken(self, batch: Batch) -> None:
        """Stop counting a batch against the memory bound: its records are folded, its acknowledgement comes later."""

    def acknowledge(self, tp: TP, end: int, epoch: int) -> None:
        """Acknowledge the batch of `tp` that ends at `end`, without holding on to its event."""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to append. `timestamp` (ms) only where the topic keeps the publisher's time."""

    value: bytes | None
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = field(default=())
    timestamp: int | None = None
