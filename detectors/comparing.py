"""Two replays of the same counts or mentions, held side by side: what one setting tells that another does not."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

#: Alerts of an organisation that fired so near to each other are about the same.
SAME = timedelta(hours=24)
VIETNAM = timedelta(hours=7)
#: Hours by Vietnamese time in which an alert wakes somebody: from the first on, and before the second.
NIGHT = (22, 6)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Alerts of two replays, by their places in what was given.

    Attributes
    ----------
    kept
        Pairs that are about the same.
    gained, lost
        Of the second and of the first replay alone.
    """

    kept: tuple[tuple[int, int], ...]
    gained: tuple[int, ...]
    lost: tuple[int, ...]


Fired = tuple[str, datetime]


def compare(first: Sequence[Fired], second: Sequence[Fired], same: timedelta = SAME) -> Comparison:
    """Pair the alerts of two replays: organisations, and when they fired, in order of time.

    An alert is paired with the earliest one of the other replay that is of the same organisation, fired at most `same`
    before or after it, and has no partner yet.

    Examples
    --------
    >>> at = datetime.fromisoformat
    >>> before = [("19", at("2025-10-07T08:00:00Z")), ("01", at("2025-10-09T02:00:00Z"))]
    >>> compare(before, [("19", at("2025-10-07T07:30:00Z")), ("79", at("2025-10-08T07:30:00Z"))])
    Comparison(kept=((0, 0),), gained=(1,), lost=(1,))
    """
    theirs: dict[str, list[int]] = defaultdict(list)
    for place, (name, _) in enumerate(second):
        theirs[name].append(place)
    kept = []
    for place, (name, at) in enumerate(first):
        waiting = theirs[name]
        while waiting and second[waiting[0]][1] < at - same:
            waiting.pop(0)
        if waiting and second[waiting[0]][1] <= at + same:
            kept.append((place, waiting.pop(0)))
    mine, others = {a for a, _ in kept}, {b for _, b in kept}
    gained = tuple(place for place in range(len(second)) if place not in others)
    return Comparison(tuple(kept), gained, tuple(place for place in range(len(first)) if place not in mine))


def later_by(comparison: Comparison, first: Sequence[Fired], second: Sequence[Fired]) -> timedelta | None:
    """How much later the second replay's alerts fired than their partners, in the median; `None` without partners."""
    seconds = [(second[b][1] - first[a][1]).total_seconds() for a, b in comparison.kept]
    return timedelta(seconds=median(seconds)) if seconds else None


def at_night(times: Iterable[datetime]) -> int:
    """How many of these fall into the Vietnamese night.

    Examples
    --------
    >>> at_night([datetime.fromisoformat("2025-10-07T15:00:00Z"), datetime.fromisoformat("2025-10-07T23:00:00Z")])
    1
    """
    hours = [(at + VIETNAM).hour for at in times]
    return sum(hour >= NIGHT[0] or hour < NIGHT[1] for hour in hours)
