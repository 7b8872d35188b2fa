"""Whether a worker that lives also works: what should move and does not, by name. Pure.

Faust has known stalls: a partition that is assigned but not fetched, an agent that waits for ever, a commit that fails
in silence. None of them ends the process. So what the worker holds is held against the log every few seconds, and what
stood still for too long although there is work is named.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

#: However long it was since the last look, no more than this counts: the process may have been held, or the log away.
LONGEST_LOOK = 15.0


class StalledError(Exception):
    """The worker stands still although there is work; started again it goes on from its newest snapshot."""


class StallKind(StrEnum):
    """What stands still."""

    STREAM = "stream"
    AGENT = "agent"
    COMMIT = "commit"
    WATERMARK = "watermark"


class Sight(NamedTuple):
    """A partition that the worker holds, as it is seen at one moment.

    Parameters
    ----------
    end
        Next offset of the log.
    handed_over, taken, to_commit, committed
        How far: what was polled was handed to the agent, taken in by it, should be committed, and is. `None` while not
        known.
    idle_at
        When the last fetch found nothing after what was handed over: there may be nothing to hand over before `end`
        (markers of transactions, for example).
    held_back
        It is paused on purpose: what it would bring had to wait for others.
    watermark, newest_mark
        Of a `readings` partition, milliseconds of seen_at; else `None`.
    """

    topic: str
    partition: int
    end: int
    handed_over: int | None
    taken: int | None = None
    to_commit: int | None = None
    committed: int = 0
    idle_at: int | None = None
    held_back: bool = False
    watermark: int | None = None
    newest_mark: int | None = None


class Stall(NamedTuple):
    """What stands still, for how long, and where."""

    kind: StallKind
    topic: str
    partition: int
    seconds: float
    detail: str

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}: {self.detail} for {self.seconds:.0f} s"


#: What changes as long as a thing moves.
_Value = tuple[int | None, ...]


@dataclass(slots=True)
class _Standing:
    value: _Value
    mark: int | None
    seconds: float = 0.0


@dataclass(slots=True)
class Watchdog:
    """Counts for how long each thing stood still although there was work.

    Parameters
    ----------
    limit
        Seconds of it, from which it is a stall.

    Examples
    --------
    >>> watchdog = Watchdog(limit=20.0)
    >>> sight = Sight("mentions", 0, end=9, handed_over=4)
    >>> for second in (0, 10, 20):
    ...     stalls = watchdog.look(second, [sight])
    >>> print(*stalls)
    mentions/0: assigned, and 5 records wait from 4 on, but none is handed over for 20 s
    """

    limit: float
    _looked: float | None = None
    _standing: dict[tuple[str, int, StallKind], _Standing] = field(default_factory=dict)

    def look(self, now: float, sights: Iterable[Sight]) -> list[Stall]:
        """Take a look; returns what stands still for too long by now.

        Parameters
        ----------
        now
            Seconds, by a stopwatch.
        sights
            Everything the worker holds. What is not among them is forgotten.
        """
        passed = 0.0 if self._looked is None else min(max(0.0, now - self._looked), LONGEST_LOOK)
        self._looked = now
        before, self._standing = self._standing, {}
        stalls = []
        for sight in sights:
            for kind, value, detail in _waiting(sight):
                key = (sight.topic, sight.partition, kind)
                stood = _stood(before.get(key), value, sight.newest_mark, passed, kind)
                self._standing[key] = stood
                if stood.seconds >= self.limit:
                    stalls.append(Stall(kind, sight.topic, sight.partition, stood.seconds, detail))
        return stalls

    def forgive(self, now: float) -> None:
        """The log could not be asked: nothing is to be held against the worker until the next look."""
        self._looked = now


def _stood(before: _Standing | None, value: _Value, mark: int | None, passed: float, kind: StallKind) -> _Standing:
    if before is None or before.value != value:
        return _Standing(value, mark)
    if kind is StallKind.WATERMARK and mark == before.mark:
        return _Standing(value, mark, before.seconds)  # nobody goes on: there is nothing to wait for
    return _Standing(value, mark, before.seconds + passed)


def _waiting(sight: Sight) -> Iterable[tuple[StallKind, _Value, str]]:
    """What has work waiting, how far it came, and words for it."""
    at, taken = sight.handed_over, sight.taken
    if not sight.held_back and (at is None or at < sight.end):
        waiting = f"{sight.end - at:,} records wait from {at:,} on" if at is not None else "it was never begun"
        yield StallKind.STREAM, (at, sight.idle_at), f"assigned, and {waiting}, but none is handed over"
    if at is not None and taken is not None and taken < at:
        yield StallKind.AGENT, (taken,), f"the agent holds what it was handed from {taken:,} to {at:,}"
    if sight.to_commit is not None and sight.committed < sight.to_commit:
        detail = f"{sight.to_commit:,} is to be committed, and what is stays at {sight.committed:,}"
        yield StallKind.COMMIT, (sight.committed,), detail
    if sight.watermark is not None and sight.newest_mark is not None and sight.watermark < sight.newest_mark:
        yield StallKind.WATERMARK, (sight.watermark,), f"the watermark stays at {sight.watermark}"


def counted(stalls: Iterable[Stall]) -> Mapping[StallKind, int]:
    """How many of each kind."""
    sums: dict[StallKind, int] = {}
    for stall in stalls:
        sums[stall.kind] = sums.get(stall.kind, 0) + 1
    return sums
