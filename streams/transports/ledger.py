"""What was handed over and what of it is acknowledged: the bookkeeping that both batch drivers share. Pure."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from faust.types import TP

#: A partition is paused once this much of it was handed over and not yet taken in.
IN_FLIGHT_BYTES = 8 << 20
#: A batch holds at most this much, unless a single record is larger.
BATCH_BYTES = 4 << 20


class Verdict(Enum):
    """What became of a batch that was offered, or of an acknowledgement."""

    ACCEPTED = "accepted"
    #: Not here: seek to `BatchLedger.handed_over` and fetch again.
    SEEK = "seek"
    #: The partition is not held, or not yet resumed: drop it.
    UNASSIGNED = "unassigned"
    #: From an earlier assignment: what it acknowledges was forgotten with it.
    STALE = "stale"
    #: Nothing handed over ends there, or it was acknowledged before.
    UNKNOWN = "unknown"


@dataclass(slots=True)
class _Batch:
    end: int
    size: int
    acknowledged: bool = False


@dataclass(slots=True)
class _Partition:
    position: int
    committable: int
    committed: int
    begun: int = 0
    in_flight: int = 0
    hole: int = -1
    batches: deque[_Batch] = field(default_factory=deque)
    by_end: dict[int, _Batch] = field(default_factory=dict)


class BatchLedger:
    """Continuity, acknowledgement and back-pressure of the batches handed to one worker.

    Parameters
    ----------
    limit
        Bytes of a partition handed over and not yet taken in, from which the partition is paused.

    Examples
    --------
    >>> tp = TP("mentions", 0)
    >>> ledger = BatchLedger()
    >>> ledger.assign(1, {tp: 10})
    >>> ledger.accept(tp, 10, 15, size=900), ledger.accept(tp, 15, 20, size=900)
    (<Verdict.ACCEPTED: 'accepted'>, <Verdict.ACCEPTED: 'accepted'>)
    >>> ledger.ack(tp, 20, epoch=1), ledger.committable()  # the first batch is not acknowledged yet
    (<Verdict.ACCEPTED: 'accepted'>, {})
    >>> ledger.ack(tp, 15, epoch=1), ledger.committable()
    (<Verdict.ACCEPTED: 'accepted'>, {TP(topic='mentions', partition=0): 20})
    """

    def __init__(self, limit: int = IN_FLIGHT_BYTES) -> None:
        self.limit = limit
        self.epoch = 0
        self._partitions: dict[TP, _Partition] = {}

    def assign(self, epoch: int, offsets: Mapping[TP, int]) -> None:
        """Forget everything of earlier assignments; hand over from `offsets` on.

        Parameters
        ----------
        epoch
            Number of the assignment; acknowledgements of another are ignored.
        offsets
            Every batch partition held from now on, with the first offset to hand over.
        """
        self.epoch = epoch
        self._partitions = {tp: _Partition(at, at, at, begun=at) for tp, at in offsets.items()}

    def revoke(self) -> None:
        """Hold nothing until the next `assign`; late acknowledgements are ignored."""
        self._partitions = {}

    def seek(self, tp: TP, offset: int) -> None:
        """Go on at `offset` in one partition: what of it was handed over before is forgotten."""
        held = self._partitions.get(tp)
        if held is not None:
            self._partitions[tp] = _Partition(offset, offset, held.committed, begun=offset)

    def handed_over(self, tp: TP) -> int | None:
        """Offset at which the next batch must start; `None` while `tp` is not held."""
        held = self._partitions.get(tp)
        return None if held is None else held.position

    def acknowledged(self, tp: TP) -> int | None:
        """Up to where everything handed over is acknowledged; `None` while `tp` is not held."""
        held = self._partitions.get(tp)
        return None if held is None else held.committable

    def to_commit(self, tp: TP) -> int | None:
        """What the log should soon say is committed; `None` before anything of this assignment is acknowledged."""
        held = self._partitions.get(tp)
        return None if held is None or held.committable == held.begun else held.committable

    def accept(self, tp: TP, first: int, end: int, size: int) -> Verdict:
        """Hand over the records `[first, end)`, if they go on where the last batch ended.

        A batch that starts later was either polled under an older position, or there is a hole in the log (retention,
        transaction markers). The first time the verdict is `SEEK`; a true hole shows itself by being there again.

        Parameters
        ----------
        first, end
            Offset of the first record, and one past the last.
        size
            Bytes of keys and values.
        """
        held = self._partitions.get(tp)
        if held is None:
            return Verdict.UNASSIGNED
        if first != held.position and not (first > held.position and first == held.hole):
            held.hole = first
            return Verdict.SEEK
        held.hole = -1
        held.position = end
        held.in_flight += size
        batch = held.by_end[end] = _Batch(end, size)
        held.batches.append(batch)
        return Verdict.ACCEPTED

    def expect(self, tp: TP, first: int) -> None:
        """The next batch may start at `first`: what lies before it is known to be unreadable."""
        held = self._partitions.get(tp)
        if held is not None:
            held.hole = first

    def ack(self, tp: TP, end: int, epoch: int) -> Verdict:
        """Acknowledge the batch that ends at `end`. Acknowledged is committable once all before it are, too."""
        batch, verdict = self._find(tp, end, epoch)
        if batch is None or batch.acknowledged:
            return verdict if batch is None else Verdict.UNKNOWN
        held = self._partitions[tp]
        batch.acknowledged = True
        self._release(held, batch)
        while held.batches and held.batches[0].acknowledged:
            held.committable = held.batches.popleft().end
            del held.by_end[held.committable]
        return Verdict.ACCEPTED

    def taken(self, tp: TP, end: int, epoch: int) -> Verdict:
        """The batch that ends at `end` no longer weighs on memory, though it is not yet acknowledged.

        For a holder of state who acknowledges at its next snapshot: without it, a partition would be paused until a
        snapshot that may need the records behind the pause.
        """
        batch, verdict = self._find(tp, end, epoch)
        if batch is not None:
            self._release(self._partitions[tp], batch)
        return verdict

    def committable(self) -> dict[TP, int]:
        """Offsets that may be committed and are not, by partition."""
        return {tp: held.committable for tp, held in self._partitions.items() if held.committable > held.committed}

    def committed(self, offsets: Mapping[TP, int]) -> None:
        """The log has durably committed `offsets`."""
        for tp, offset in offsets.items():
            held = self._partitions.get(tp)
            if held is not None:
                held.committed = max(held.committed, min(offset, held.committable))

    def in_flight(self, tp: TP) -> int:
        """Bytes handed over and not yet acknowledged or taken in."""
        held = self._partitions.get(tp)
        return 0 if held is None else held.in_flight

    def room(self, tp: TP) -> int:
        """Bytes that may still be handed over before `tp` is paused; 0 while it is paused or not held."""
        held = self._partitions.get(tp)
        return 0 if held is None else max(0, self.limit - held.in_flight)

    def paused(self, tp: TP) -> bool:
        """Whether fetching of `tp` waits for acknowledgements (or for the next assignment)."""
        return self.room(tp) == 0

    def _find(self, tp: TP, end: int, epoch: int) -> tuple[_Batch | None, Verdict]:
        if epoch != self.epoch:
            return None, Verdict.STALE
        held = self._partitions.get(tp)
        if held is None:
            return None, Verdict.UNASSIGNED
        batch = held.by_end.get(end)
        return batch, Verdict.UNKNOWN if batch is None else Verdict.ACCEPTED

    @staticmethod
    def _release(held: _Partition, batch: _Batch) -> None:
        held.in_flight -= batch.size
        batch.size = 0
