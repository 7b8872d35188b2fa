"""What comes next: how much in the next hours, with intervals that learn from their own misses; phase and peak."""

from dataclasses import dataclass
from enum import StrEnum
from math import asin, erf, exp, log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.policy import DAY, VIETNAM
from detectors.snapshots import SnapshotError, pack, unpack

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Hours that are forecast, and the hours that are remembered for it.
HORIZONS = (1, 6, 24)
MEMORY = 24
#: Logarithm by which the longest horizon's interval is wider before its own misses are known: levels wander in a day.
_LONGEST_WIDTH = 0.45
#: What is forecast, in the order of the arrays.
NEGATIVE, POSITIVE = 0, 1


class Phase(StrEnum):
    """Where a spike stands."""

    CALM = "calm"
    SMOULDERING = "smouldering"
    BREAKING_OUT = "breaking_out"
    SPREADING = "spreading"
    SUBSIDING = "subsiding"


@dataclass(frozen=True, slots=True)
class ForecastPolicy:
    """Parameters of forecasts.

    Parameters
    ----------
    least_weight
        Weight of the newest visit to an hour of the day; working days and week-ends are learned apart.
    miss
        Share of outcomes that may lie outside the interval, half on each side.
    step
        How fast the width of the intervals follows their misses.
    dispersion, doubt
        Variance of a count as a multiple of its mean, and relative standard deviation of the mean beyond that.
    fade
        Hours in which an excess falls to a half before its own course is known; and the bounds of what is learned.
    stands_out
        Standard deviations above the usual from which on an hour has an excess.
    spread
        Times the usual from which on what neither grows nor falls is spreading, not smouldering.
    longest_rise
        Hours that a rise may last: how long it goes on is judged from how long it has, on a logarithmic scale.
    """

    least_weight: float = 0.12
    miss: float = 0.1
    step: float = 0.04
    dispersion: float = 2.2
    doubt: float = 0.25
    fade: tuple[float, float, float] = (3.0, 0.75, 12.0)
    stands_out: float = 3.0
    spread: float = 4.0
    longest_rise: float = 12.0

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if not (0 < self.least_weight <= 1 and 0 < self.miss < 1 and self.step > 0):
            raise ValueError("least_weight and miss lie in 0 to 1, step is positive")
        usual, least, most = self.fade
        if not 0 < least <= usual <= most or self.dispersion < 1 or self.longest_rise <= 0:
            raise ValueError("fade needs its bounds around it; dispersion starts at 1, longest_rise is positive")


@dataclass(frozen=True, slots=True)
class Outlook:
    """Forecasts of every row: arrays (horizons, series, rows).

    `expected` and the bounds `low` and `high` of the interval are of all that comes within the horizon.
    """

    expected: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Course:
    """A phase, how probable it is, and in how many hours the peak is to be expected (0 when it is over)."""

    phase: Phase
    probability: float
    peak_hours: float


class Forecaster:
    """Forecasts every organisation's volumes at the end of each hour, and learns from how they turn out.

    What is usual at the hour of the day is scaled by what the last day was like; what is beyond fades with its own
    half-life. The interval's width follows the misses[^1], for each organisation, series and horizon by itself.

    Parameters
    ----------
    size
        Organisations, row by row.

    Examples
    --------
    >>> forecaster = Forecaster(1)
    >>> for hour in range(24 * 14):
    ...     forecaster.learn(60 * hour, np.array([[10], [4]]))
    >>> found = forecaster.outlook()
    >>> [round(float(value)) for value in found.expected[:, NEGATIVE, 0]]
    [10, 60, 240]
    >>> bool((found.low <= found.expected).all() and (found.expected <= found.high).all())
    True

    References
    ----------
    [^1]: Gibbs, I., Candès, E. (2021). Adaptive conformal inference under distribution shift. NeurIPS 34, 1660-1672.
    """

    def __init__(self, size: int, policy: ForecastPolicy | None = None) -> None:
        self.policy = policy or ForecastPolicy()
        #: First minute of the next hour to learn; `None` before the first.
        self.upcoming: int | None = None
        self._state: dict[str, NDArray[Any]] = _empty(size)

    @property
    def size(self) -> int:
        """Rows."""
        return int(self._state["usual"].shape[-1])

    def grow(self, size: int) -> None:
        """Add rows that have seen nothing."""
        fresh = _empty(size - self.size)
        self._state = {name: np.concatenate([old, fresh[name]], axis=-1) for name, old in self._state.items()}

    def learn(self, hour: int, counts: Ints) -> None:
        """Take the counts (series, rows) of the hour that begins at a minute; hours that were skipped were empty."""
        if self.upcoming is not None:
            for missed in range(max(self.upcoming, hour - 60 * 24 * 35), hour, 60):
                self._learn(missed, np.zeros_like(counts))
        self._learn(hour, counts)

    def _learn(self, hour: int, counts: Ints) -> None:
        state, place = self._state, hour // 60 % MEMORY
        usual = self.usual(hour)
        self._score(hour, counts)
        state["recent"][place] = counts
        state["wonted"][place] = usual
        day, of_day = _slot(hour)
        slot, visits = state["usual"][:, day, of_day], state["visits"][day, of_day]
        elsewhere = state["visits"][1 - day, of_day] > 0
        borrowed = (visits == 0) & elsewhere
        slot[:, borrowed] = state["usual"][:, 1 - day, of_day][:, borrowed]
        weight = np.maximum(self.policy.least_weight, 1.0 / (visits + elsewhere + 1.0))
        # A crisis is no hour like another: what it may teach is bounded.
        most = 3.0 * slot + 3.0 * np.sqrt(self.policy.dispersion * (slot + 1.0))
        slot += weight * (np.where(visits + 2 * elsewhere >= 2, np.minimum(counts, most), counts) - slot)
        visits += 1
        self.upcoming = hour + 60
        self._remember(hour)

    def _score(self, hour: int, counts: Ints) -> None:
        """Let the widths follow how the forecasts that end with this hour turned out."""
        state = self._state
        for place, horizon in enumerate(HORIZONS):
            made = (hour // 60 - horizon + 1) % MEMORY
            past = [(hour // 60 - back) % MEMORY for back in range(1, horizon)]
            total = counts + state["recent"][past].sum(axis=0)
            low, high = state["low"][made, place], state["high"][made, place]
            there = high >= 0
            step, miss = self.policy.step, self.policy.miss / 2.0
            for side, missed in ((0, total < low), (1, total > high)):
                width = state["width"][place, side]
                width += np.where(there, step * (missed - miss), 0.0)
                np.clip(width, -1.5, 3.0, out=width)

    def _remember(self, hour: int) -> None:
        """Keep the forecasts made at the end of an hour, to be scored."""
        found, made = self.outlook(), (hour // 60 + 1) % MEMORY
        warm = self._state["visits"].sum(axis=(0, 1)) >= MEMORY
        self._state["low"][made] = np.where(warm, found.low, 0.0)
        self._state["high"][made] = np.where(warm, found.high, -1.0)

    def usual(self, hour: int) -> Floats:
        """What is usual in the hour that begins at a minute (series, rows); of a kind of day not seen, as the other."""
        day, of_day = _slot(hour)
        seen = self._state["visits"][day, of_day] > 0
        return np.where(seen, self._state["usual"][:, day, of_day], self._state["usual"][:, 1 - day, of_day])

    def outlook(self) -> Outlook:
        """Forecast from the end of the last hour on."""
        shape = (len(HORIZONS), 2, self.size)
        expected, low, high = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        if self.upcoming is None:
            return Outlook(expected, low, high)
        level, excess, keep = self._now()
        total, beyond, done = np.zeros(shape[1:]), np.zeros(shape[1:]), 0
        for place, horizon in enumerate(HORIZONS):
            for ahead in range(done, horizon):
                total = total + level * self.usual(self.upcoming + 60 * ahead)
                beyond = beyond + excess * keep ** (ahead + 1)
            done = horizon
            expected[place] = total + beyond
            low[place], high[place] = self._interval(total, beyond, place)
        return Outlook(expected, low, high)

    def _now(self) -> tuple[Floats, Floats, Floats]:
        """How the last day compares with the usual, what is beyond it now, and how much of that an hour leaves."""
        state, policy = self._state, self.policy
        newest = ((self.upcoming or 0) // 60 - 1) % MEMORY
        recent, wonted = state["recent"], state["wonted"]
        # Hours of a crisis say nothing of the level: they count as what is just not remarkable.
        most = wonted + policy.stands_out * np.sqrt(policy.dispersion * (wonted + 0.5))
        level = (np.minimum(recent, most).sum(axis=0) + 12.0) / (wonted.sum(axis=0) + 12.0)
        over = recent - level * wonted
        there = recent[newest] > most[newest]
        before = over[(newest - 1) % MEMORY]
        excess = np.where(there, over[newest], 0.0)
        usual, least, longest = policy.fade
        falling = there & (before > over[newest]) & (over[newest] > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            half_life = np.where(falling, log(2.0) / np.log(before / over[newest]), usual)
        return level, excess, 0.5 ** (1.0 / np.clip(half_life, least, longest))

    def _interval(self, total: Floats, beyond: Floats, place: int) -> tuple[Floats, Floats]:
        policy, width = self.policy, np.exp(self._state["width"][place])
        mean = total + beyond
        spread = np.sqrt(policy.dispersion * mean + (policy.doubt * total) ** 2 + beyond**2)
        reach = 1.645 * spread
        return np.floor(np.maximum(0.0, mean - width[0] * reach)), np.ceil(mean + width[1] * reach)

    def course(self, row: int, series: int = NEGATIVE) -> Course:
        """Phase of a row at the end of the last hour, from this hour against the one before."""
        newest = ((self.upcoming or 0) // 60 - 1) % MEMORY
        recent, wonted = self._state["recent"][:, series, row], self._state["wonted"][:, series, row]
        hours = 1
        while hours < MEMORY and recent[(newest - hours) % MEMORY] > 2.0 * wonted[(newest - hours) % MEMORY] + 1.0:
            hours += 1
        last, before = newest, (newest - 1) % MEMORY
        now, then = float(recent[last]), float(recent[before])
        return course(self.policy, now, then, float(wonted[last]), float(wonted[before]), float(hours))

    def rising(self) -> NDArray[np.bool_]:
        """Rows whose negatives grew in each of the last three hours against the usual, and are clearly beyond it."""
        last = [((self.upcoming or 0) // 60 - back) % MEMORY for back in (3, 2, 1)]
        recent, wonted = self._state["recent"][last][:, NEGATIVE], self._state["wonted"][last][:, NEGATIVE]
        over = recent - wonted
        spread = np.sqrt(self.policy.dispersion * (wonted.sum(axis=0) + 1.0))
        clear = (over.sum(axis=0) >= 2.0 * spread) & (recent.sum(axis=0) >= 3)
        return np.asarray(clear & (over[2] > 0) & (over[2] >= over[1]) & (over[1] >= over[0]))

    def snapshot(self) -> bytes:
        """Everything that is remembered, exactly."""
        return pack({"upcoming": self.upcoming}, self._state)

    def resume(self, data: bytes) -> None:
        """Continue from a snapshot. Raises `SnapshotError` if it is none of as many rows."""
        head, state = unpack(data)
        if {name: one.shape for name, one in state.items()} != {name: one.shape for name, one in self._state.items()}:
            raise SnapshotError("the snapshot is of other organisations")
        self._state, self.upcoming = state, head["upcoming"]


def course(
    policy: ForecastPolicy, now: float, before: float, usual: float, usual_before: float, hours: float
) -> Course:
    """Phase of a spike: counts of two equal spans after each other, what is usual in them, hours since it began.

    Examples
    --------
    >>> pairs = (40, 4), (9, 30), (30, 29), (2, 2)
    >>> [course(ForecastPolicy(), now, before, 2.0, 2.0, 1.0).phase.value for now, before in pairs]
    ['breaking_out', 'subsiding', 'spreading', 'calm']
    """
    if now + before < usual + usual_before + policy.stands_out * sqrt(policy.dispersion * (usual + usual_before + 0.5)):
        return Course(Phase.CALM, 1.0, 0.0)
    grows, falls = _beyond(policy, now, before, 1.5), 1.0 - _beyond(policy, now, before, 1.0 / 1.5)
    steady = max(0.0, 1.0 - grows - falls)
    wide = now >= policy.spread * max(usual, 0.5)
    found = {
        Phase.BREAKING_OUT: grows,
        Phase.SUBSIDING: falls,
        Phase.SPREADING: steady if wide else 0.0,
        Phase.SMOULDERING: 0.0 if wide else steady,
    }
    phase = max(found, key=lambda one: (found[one], one.value))
    return Course(phase, found[phase], _to_the_peak(policy, hours) * grows)


def _beyond(policy: ForecastPolicy, now: float, before: float, times: float) -> float:
    """Chance that the rate is more than so many times what it was before, from two over-dispersed counts."""
    both = (now + before) / policy.dispersion + 1.0
    share = (now / policy.dispersion + 0.5) / both
    reach = 2.0 * sqrt(both) * (asin(sqrt(share)) - asin(sqrt(times / (1.0 + times))))
    return 0.5 * (1.0 + erf(reach / sqrt(2.0)))


def _to_the_peak(policy: ForecastPolicy, hours: float) -> float:
    """Hours that a rise of so many hours still takes on average, if its length is uniform on a logarithmic scale."""
    begun = min(max(hours, 0.25), policy.longest_rise * exp(-0.01))
    return (policy.longest_rise - begun) / log(policy.longest_rise / begun) - begun


def _empty(size: int) -> dict[str, NDArray[Any]]:
    shapes = {
        "usual": ((2, 2, 24), "f8"),
        "visits": ((2, 24), "f4"),
        "recent": ((MEMORY, 2), "f4"),
        "wonted": ((MEMORY, 2), "f4"),
        "low": ((MEMORY, len(HORIZONS), 2), "f4"),
        "high": ((MEMORY, len(HORIZONS), 2), "f4"),
        "width": ((len(HORIZONS), 2, 2), "f8"),
    }
    state = {name: np.zeros((*shape, size), dtype=kind) for name, (shape, kind) in shapes.items()}
    state["high"][...] = -1.0
    state["width"][-1] = _LONGEST_WIDTH
    return state


def _slot(minute: int) -> tuple[int, int]:
    """Kind of day (1 at the week-end) and hour of the Vietnamese day."""
    local = minute + VIETNAM
    return int((local // DAY + 3) % 7 >= 5), local // 60 % 24
