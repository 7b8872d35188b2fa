"""What each source usually sends, and what it sends now: surges and silences of the collector show here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.policy import DAY, VIETNAM
from detectors.snapshots import SnapshotError, pack, unpack

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Kind and name of a source.
Name = tuple[str, str]

#: Minutes of a bin, and how many bins are remembered: more than a day, the longest window an alarm names.
BIN = 15
RING = 26 * 60 // BIN
_HOUR = 60 // BIN
#: Minutes after which nobody waits for a silent source any more.
GIVEN_UP = 28 * DAY
#: Columns of what is counted: all mentions, and those that are not negative.
ALL, CALM = 0, 1


@dataclass(frozen=True, slots=True)
class FlowPolicy:
    """Parameters of what is usual of sources.

    Parameters
    ----------
    least_weight
        Weight of the newest visit to an hour of the day; working days and week-ends are learned apart.
    known
        Hours for which a source must be known before anything is said of it.
    cap
        So many times the usual, and a bit, is the most that an hour may teach: a surge does not become normal at once.
    kept
        Sources remembered; there may be twice as many before the quietest are dropped.
    silent_expected, silent_minutes
        A source is silent when so many mentions were to be expected since its last one, and that long ago it was.
    """

    least_weight: float = 0.15
    known: int = 72
    cap: float = 1.5
    kept: int = 256
    silent_expected: float = 20.0
    silent_minutes: int = 60

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if not (0 < self.least_weight <= 1 and self.cap >= 1 and self.known >= 1 and self.kept >= 1):
            raise ValueError("least_weight lies in 0 to 1, cap, known and kept start at 1")
        if self.silent_expected <= 0 or self.silent_minutes < BIN:
            raise ValueError(f"silence needs something to expect, and {BIN} minutes at least")


@dataclass(frozen=True, slots=True)
class Silence:
    """A source that sends nothing: the last minute with a mention, and how many were to be expected since."""

    name: Name
    last: int
    expected: float


class Flows:
    """The flow of every source: an hour-of-day profile, counts of the last day, and when it was last heard.

    Examples
    --------
    >>> flows = Flows(FlowPolicy(known=24))
    >>> for hour in range(36):
    ...     flows.take(60 * hour, {("news", "A"): (30, 10)})
    >>> flows.close(36 * 60 + 240)
    >>> [(one.name, one.last, round(one.expected)) for one in flows.silent()]
    [(('news', 'A'), 2100, 150)]
    """

    def __init__(self, policy: FlowPolicy | None = None) -> None:
        self.policy = policy or FlowPolicy()
        self.names: list[Name] = []
        self._rows: dict[Name, int] = {}
        #: Everything before this minute was taken; `None` before the first.
        self.until: int | None = None
        self._bins: Ints = np.zeros((RING, 0, 2), dtype=np.int64)
        self._usual: Floats = np.zeros((0, 2, 2, 24))
        self._visits: Ints = np.zeros((0, 2, 24), dtype=np.int64)
        self._last: Ints = np.zeros(0, dtype=np.int64)

    def take(self, minute: int, counts: Mapping[Name, tuple[int, int]]) -> None:
        """Count what sources sent in a minute, all mentions and the negative ones; minutes come in turn.

        A minute may come in several parts.
        """
        self.close(minute)
        place = minute // BIN % RING
        for name, (mentions, negative) in sorted(counts.items()):
            row = self._row(name)
            self._bins[place, row] += (mentions, mentions - negative)
            self._last[row] = minute

    def close(self, minute: int) -> None:
        """Go on to a minute: whatever came before it was taken."""
        if self.until is None:
            self.until = minute
        while self.until < minute:
            following = min(minute, (self.until // BIN + 1) * BIN)
            if following % BIN == 0:
                if following % 60 == 0:
                    self._learn(following - 60)
                self._bins[following // BIN % RING] = 0
            self.until = following

    def _row(self, name: Name) -> int:
        row = self._rows.get(name)
        if row is None:
            if len(self.names) >= 2 * self.policy.kept:
                self._forget()
            row = self._rows[name] = len(self.names)
            self.names.append(name)
            self._bins = np.concatenate([self._bins, np.zeros((RING, 1, 2), dtype=np.int64)], axis=1)
            self._usual = np.concatenate([self._usual, np.zeros((1, 2, 2, 24))])
            self._visits = np.concatenate([self._visits, np.zeros((1, 2, 24), dtype=np.int64)])
            self._last = np.append(self._last, -1)
        return row

    def _forget(self) -> None:
        """Keep the sources that usually send most; of equals the first by name."""
        loud = self._usual[:, ALL].sum(axis=(1, 2)).tolist()
        ranked = sorted(range(len(self.names)), key=lambda row: (-loud[row], self.names[row]))
        kept = sorted(ranked[: self.policy.kept])
        self._hold([self.names[row] for row in kept], self._bins[:, kept], self._usual[kept], self._visits[kept])
        self._last = self._last[kept]

    def _hold(self, names: list[Name], bins: Ints, usual: Floats, visits: Ints) -> None:
        self.names, self._rows = names, {name: row for row, name in enumerate(names)}
        self._bins, self._usual, self._visits = bins, usual, visits

    def _learn(self, hour: int) -> None:
        """Take the hour that begins at a minute into the profile."""
        places = [(hour // BIN + step) % RING for step in range(_HOUR)]
        counts = self._bins[places].sum(axis=0).astype(np.float64)
        day, of_day = _slot(hour)
        usual, visits = self._usual[:, :, day, of_day], self._visits[:, day, of_day]
        # The first hour of a kind of day begins from what the other kind knows, as if that were a visit.
        elsewhere = self._visits[:, 1 - day, of_day] > 0
        borrowed = (visits == 0) & elsewhere
        usual[borrowed] = self._usual[borrowed, :, 1 - day, of_day]
        # A feed that has just fallen silent must not make its silence usual; after a week it is what it is.
        lost = (counts[:, ALL] == 0) & (usual[:, ALL] >= 3.0) & (hour - self._last < 7 * DAY)
        most = self.policy.cap * usual + 3.0 * np.sqrt(3.0 * usual) + 3.0
        counts = np.where((visits + 3 * elsewhere >= 3)[:, None], np.minimum(counts, most), counts)
        weight = np.maximum(self.policy.least_weight, 1.0 / (visits + elsewhere + 1.0))[:, None]
        usual += np.where(lost[:, None], 0.0, weight * (counts - usual))
        visits += 1

    def known(self) -> NDArray[np.bool_]:
        """Which sources are known for long enough, in the order of `names`."""
        return np.asarray(self._visits.sum(axis=(1, 2)) >= self.policy.known)

    def usual(self, start: int, end: int, column: int = CALM) -> Floats:
        """How many mentions every source usually sends from `start` until `end` (exclusive)."""
        total = np.zeros(len(self.names))
        at = start
        while at < end:
            following = min(end, (at // 60 + 1) * 60)
            total += self._an_hour(at, column) * ((following - at) / 60.0)
            at = following
        return total

    def _an_hour(self, minute: int, column: int) -> Floats:
        """What is usual in the hour of a minute; of a kind of day that was never seen, as on the other."""
        day, of_day = _slot(minute)
        seen = self._visits[:, day, of_day] > 0
        return np.where(seen, self._usual[:, column, day, of_day], self._usual[:, column, 1 - day, of_day])

    def came(self, start: int, end: int, column: int = CALM) -> Ints:
        """How many mentions every source sent in the whole bins from that of `start` on and before `end`.

        What is older than a day and two hours is not remembered.
        """
        first, last = self.span(start, end)
        places = [place % RING for place in range(first // BIN, -(-last // BIN))]
        return np.asarray(self._bins[places][:, :, column].sum(axis=0))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The minutes, to a whole bin before `start`, of which `came` can tell."""
        end = min(end, self.until if self.until is not None else start)
        oldest = (end // BIN - RING + 1) * BIN
        return min(max(start // BIN * BIN, oldest), end), end

    def silent(self) -> list[Silence]:
        """The sources that send nothing though they should, by name; after four weeks nobody waits any more."""
        if self.until is None:
            return []
        found, known = [], self.known()
        since = self.until - self._last
        overdue = np.flatnonzero(known & (since >= self.policy.silent_minutes) & (since < GIVEN_UP))
        for row in overdue.tolist():
            last = int(self._last[row])
            begin = max(last + 1, self.until - 7 * DAY)
            expected = float(self.usual(begin, self.until, ALL)[row])
            if expected >= self.policy.silent_expected:
                found.append(Silence(self.names[row], last, expected))
        return sorted(found, key=lambda one: one.name)

    def snapshot(self) -> bytes:
        """Everything that is remembered, exactly."""
        head = {"names": self.names, "until": self.until}
        return pack(head, {"bins": self._bins, "usual": self._usual, "visits": self._visits, "last": self._last})

    def resume(self, data: bytes) -> None:
        """Continue from a snapshot. Raises `SnapshotError` if it is none."""
        head, state = unpack(data)
        try:
            names: Sequence[tuple[str, str]] = [(str(kind), str(name)) for kind, name in head["names"]]
            size, until = len(names), head["until"]
        except (KeyError, TypeError, ValueError) as error:
            raise SnapshotError("the snapshot is of other flows") from error
        shapes = {"bins": (RING, size, 2), "usual": (size, 2, 2, 24), "visits": (size, 2, 24), "last": (size,)}
        if {name: array.shape for name, array in state.items()} != shapes:
            raise SnapshotError("the snapshot is of other flows")
        self._hold(list(names), state["bins"], state["usual"], state["visits"])
        self._last, self.until = state["last"], until


def _slot(minute: int) -> tuple[int, int]:
    """Kind of day (1 at the week-end) and hour of the Vietnamese day.

    Examples
    --------
    >>> _slot(0), _slot(2 * DAY)
    ((0, 7), (1, 7))
    """
    local = minute + VIETNAM
    return int((local // DAY + 3) % 7 >= 5), local // 60 % 24
