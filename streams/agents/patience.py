"""Whether ticks wait for a partition that nobody reads any more (docs/determinism.md). Pure."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

#: However long it was since the last look, no more than this counts: the worker may have slept, or the log been gone.
LONGEST_LOOK = 5.0


@dataclass(slots=True)
class Patience:
    """Counts for how long the marks of partitions stood still while others went on.

    Parameters
    ----------
    limit
        Seconds of it, after which a partition is given up.

    Examples
    --------
    >>> patience = Patience(limit=4.0)
    >>> patience.lost(0.0, {0: 1000, 1: 900}, behind={1})
    frozenset()
    >>> patience.lost(2.0, {0: 3000, 1: 900}, behind={1}), patience.lost(4.0, {0: 5000, 1: 900}, behind={1})
    (frozenset(), frozenset({1}))
    """

    limit: float
    _looked: float | None = None
    _marks: dict[int, int] = field(default_factory=dict)
    _stood: dict[int, float] = field(default_factory=dict)

    def lost(
        self, now: float, marks: Mapping[int, int], behind: AbstractSet[int], *, pressed: bool = False
    ) -> frozenset[int]:
        """The partitions to go on without.

        Nothing counts while nobody's mark moves: then all are idle, or the log cannot be reached, or the watch itself
        was away. What is told once is told again only after as long.

        Parameters
        ----------
        now
            Seconds, by a stopwatch.
        marks
            Milliseconds of seen_at, by partition.
        behind
            Those that ticks wait for.
        pressed
            So much waits for them that the readers of all others pause.
        """
        passed = 0.0 if self._looked is None else min(now - self._looked, LONGEST_LOOK)
        moved = {partition for partition, mark in marks.items() if mark != self._marks.get(partition, mark)}
        self._looked, self._marks = now, dict(marks)
        stood = {partition: self._stood.get(partition, 0.0) for partition in behind if partition not in moved}
        if moved or pressed:
            stood = {partition: seconds + passed for partition, seconds in stood.items()}
        lost = frozenset(partition for partition, seconds in stood.items() if seconds >= self.limit)
        self._stood = {partition: seconds for partition, seconds in stood.items() if partition not in lost}
        return lost
