"""What one source may teach a baseline: three times its own median day, so that no page can make a flood normal."""

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from detectors.policy import DAY, VIETNAM

Ints = NDArray[np.int64]
#: Kind and name of a source.
Name = tuple[str, str]

#: Past days that the median is taken of, the silent ones since a source's first negative included.
DAYS = 30
#: Of a source known for fewer past days everything is learned.
KNOWN = 7
TIMES = 3
#: Negatives a day that any source may teach: most sources have a median of none.
LEAST = 5
#: Sources remembered of an organisation; they may grow to twice as many before the quietest are dropped. In an open
#: minute no more than that are told apart. What is beyond is learned like a new source.
KEPT = 200


class Past(msgspec.Struct, array_like=True):
    """A source's negatives of one organisation on consecutive Vietnamese days.

    Attributes
    ----------
    day
        The last of them, counted from 1970.
    most
        Negatives that may be learned of that day; `None` for all.
    counts
        One a day, oldest first, at most `DAYS` and the last.
    """

    day: int
    most: int | None = None
    counts: list[int] = msgspec.field(default_factory=lambda: [0])

    def turn(self, day: int) -> None:
        """Go on to a later day."""
        self.counts = self.until(day)
        self.day, self.most = day, cap(self.counts[:-1])

    def until(self, day: int) -> list[int]:
        """The counts that a later day would look back on, and its own."""
        return [*self.counts, *[0] * min(day - self.day, DAYS + 1)][-(DAYS + 1) :]

    def take(self, negatives: int) -> int:
        """Count negatives of the day; says how many of them are to be learned."""
        before = self.counts[-1]
        self.counts[-1] = before + negatives
        return negatives if self.most is None else max(0, min(negatives, self.most - before))


def cap(days: list[int]) -> int | None:
    """How many negatives of a source may be learned of a day after these.

    Examples
    --------
    >>> cap([4, 0, 9, 5, 4, 3, 200]), cap([0] * 29 + [200]), cap([4, 4])
    (12, 5, None)
    """
    if len(days) < KNOWN:
        return None
    ranked, half = sorted(days), len(days) // 2
    return max(LEAST, TIMES * (ranked[half] + ranked[-half - 1]) // 2)


class SourceCaps:
    """Counts negatives by organisation, source and day, and says how many of a closed minute are to be learned.

    Examples
    --------
    >>> caps = SourceCaps()
    >>> for minute in [*range(0, 8 * DAY, DAY), *[8 * DAY] * 200]:
    ...     caps.add("19", minute, ("facebook", "Trang B"))
    >>> days = [caps.close(day * DAY, np.array([1]), {"19": 0}) for day in range(8)]
    >>> caps.close(8 * DAY, np.array([200]), {"19": 0}).tolist()
    [5]
    """

    def __init__(self) -> None:
        self._open: dict[int, dict[str, dict[Name, int]]] = {}
        self._pasts: dict[str, dict[Name, Past]] = {}

    def add(self, organisation: str, minute: int, source: Name) -> None:
        """Count one negative mention in a minute that is still open."""
        counts = self._open.setdefault(minute, {}).setdefault(organisation, {})
        if source in counts or len(counts) < 2 * KEPT:
            counts[source] = counts.get(source, 0) + 1

    def close(self, minute: int, negative: Ints, rows: Mapping[str, int]) -> Ints | None:
        """Take a minute into the days; returns how many of its negatives are to be learned, `None` for all of them.

        Parameters
        ----------
        minute
            Later than any closed before.
        negative
            All negatives of it, row by row.
        rows
            Row of each organisation.
        """
        day, learned = (minute + VIETNAM) // DAY, None
        for organisation, counts in self._open.pop(minute, {}).items():
            pasts = self._pasts.setdefault(organisation, {})
            held = 0
            for source, many in counts.items():
                past = pasts.get(source)
                if past is None:
                    past = pasts[source] = Past(day)
                elif past.day < day:
                    past.turn(day)
                held += many - past.take(many)
            if len(pasts) > 2 * KEPT:
                self._pasts[organisation] = _loudest(pasts, day)
            if held:
                learned = negative.copy() if learned is None else learned
                learned[rows[organisation]] -= held
        return learned

    def parts(self) -> dict[str, bytes]:
        """Contents: what is open, and each organisation's past, which stays the same while it has no negatives."""
        counting = [
            (minute, [(code, list(counts.items())) for code, counts in by_code.items()])
            for minute, by_code in self._open.items()
        ]
        pasts = {f"of/{code}": msgspec.msgpack.encode(list(pasts.items())) for code, pasts in self._pasts.items()}
        return pasts | ({"open": msgspec.msgpack.encode(counting)} if counting else {})

    def take(self, parts: Mapping[str, bytes]) -> None:
        """Take over what `parts` wrote."""
        for name, data in parts.items():
            if name == "open":
                opened = msgspec.msgpack.decode(data, type=list[tuple[int, list[tuple[str, list[tuple[Name, int]]]]]])
                self._open = {minute: {code: dict(counts) for code, counts in by_code} for minute, by_code in opened}
            else:
                pasts = msgspec.msgpack.decode(data, type=list[tuple[Name, Past]])
                self._pasts[name.removeprefix("of/")] = dict(pasts)


def _loudest(pasts: dict[Name, Past], day: int) -> dict[Name, Past]:
    """Keep the sources with most negatives in the days that are looked back on; of equals the first by name."""
    ranked = sorted(pasts.items(), key=lambda item: (-sum(item[1].until(day)), item[0]))
    return dict(ranked[:KEPT])
