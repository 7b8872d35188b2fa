"""Simulated organisations: what is usual of them, and what is done to them.

Seeded throughout. A day is drawn from (seed, day) alone, so any day can be drawn again without those before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from tests.bench.detection import sampling
from tests.bench.detection.sampling import Floats, Ints

DAY, WEEK = 1440, 7 * 1440
#: Minutes by which the Vietnamese day is ahead of UTC.
VIETNAM = 420
#: Seeds on which settings are chosen, and seeds from which figures are quoted: nothing is chosen on those.
SELECTION = tuple(range(101, 121))
EVALUATION = tuple(range(901, 921))

#: Usual negatives a minute: bounds of the bands, which are the decades cut by the range 0.002 to 30. As many
#: organisations in each, log-uniform inside.
BOUNDS = (0.002, 0.01, 0.1, 1.0, 10.0, 30.0)
BANDS = tuple(f"{low:g}-{high:g}" for low, high in pairwise(BOUNDS))
#: How many times the usual negative rate crises reach.
FACTORS = (20.0, 8.0, 4.0)
#: Days on which the lunar year begins.
TET = (date(2025, 1, 29), date(2026, 2, 17), date(2027, 2, 6))
SURGE = 1.7


@dataclass(frozen=True, slots=True)
class World:
    """What is simulated.

    Parameters
    ----------
    seed
        Of everything.
    per_band
        Organisations in each band of `BOUNDS`.
    quiet_weeks, weeks
        Weeks at first in which nothing is done to anybody and nothing is measured; weeks that are measured.
    start
        A Monday, by Vietnamese time. The default lets Tết 2026 fall into the seventh week.
    crises
        Whether organisations have crises: one in each two measured weeks.
    collector
        Whether the collector fails: an outage with catch-up and a surge of `SURGE` for all, each once in four weeks.
    positives
        Whether organisations have positive events: one in each two weeks, negatives unchanged.
    drift
        Standard deviation of the logarithm of the level's random walk, a week.
    sources
        Into how many sources counts are split; collector failures then may concern one of them only.
    """

    seed: int
    per_band: int = 40
    quiet_weeks: int = 3
    weeks: int = 8
    start: date = date(2026, 1, 5)
    crises: bool = True
    collector: bool = False
    positives: bool = True
    drift: float = 0.0
    sources: int = 1

    @property
    def size(self) -> int:
        """Organisations."""
        return self.per_band * len(BANDS)

    @property
    def days(self) -> int:
        """Days from the start, those that are not measured included."""
        return 7 * (self.quiet_weeks + self.weeks)

    @property
    def first(self) -> int:
        """The first minute, counted from 1970 in UTC."""
        return (self.start - date(1970, 1, 1)).days * DAY - VIETNAM

    @property
    def measured(self) -> int:
        """The first minute that is measured."""
        return self.first + self.quiet_weeks * WEEK


class Crises(NamedTuple):
    """Injected events, an entry each; times in minutes since 1970 UTC."""

    row: Ints
    onset: Ints
    rise: Floats
    half_life: Floats
    factor: Floats

    @property
    def end(self) -> Ints:
        """When only an eighth is left of the excess: later an alarm finds nothing any more."""
        return np.asarray(self.onset + np.ceil(self.rise + 3.0 * self.half_life), dtype=np.int64)

    @property
    def gone(self) -> Ints:
        """When nothing is left of it that could excuse an alarm: half a day after a thousandth of the excess."""
        return np.asarray(self.onset + np.ceil(self.rise + 10.0 * self.half_life) + DAY // 2, dtype=np.int64)


class Failure(NamedTuple):
    """A failure of the collector: `kind` is ``outage`` or ``surge``; after an outage it catches up `until` a minute."""

    kind: str
    begin: int
    end: int
    until: int
    source: int | None


class Day(NamedTuple):
    """A day of counts, each (minutes, organisations) and all of them `Ints`, but `expected`.

    `expected` is the true baseline of the negatives: with rhythm, Tết and what the collector does, without crises.
    `delayed` are the mentions among `mentions` that were published long before they were seen. With several sources
    `split_negative` and `split_mentions` are (sources, minutes, organisations).
    """

    first: int
    expected: Floats
    negative: Ints
    positive: Ints
    mentions: Ints
    delayed: Ints
    split_negative: Ints
    split_mentions: Ints


def shape(minutes: Floats, rise: Floats, half_life: Floats) -> Floats:
    """Course of an event from 0 to 1 and back: a straight rise, then an exponential fall."""
    up = np.clip(minutes / rise, 0.0, 1.0)
    down = 0.5 ** (np.maximum(minutes - rise, 0.0) / half_life)
    return np.asarray(up * down, dtype=np.float64)


class Streams(Protocol):
    """Counts of some organisations, day by day."""

    @property
    def size(self) -> int:
        """Organisations."""

    @property
    def quiet_days(self) -> int:
        """Days at first that only serve to learn from."""

    def days(self, first: int = 0) -> Iterator[Day]:
        """Counts from day `first` on."""


class Simulation:
    """The organisations of a world, their events, and their counts day by day.

    Examples
    --------
    >>> simulation = Simulation(World(seed=1, per_band=2))
    >>> day = next(simulation.days())
    >>> day.negative.shape, simulation.rate.round(3).tolist()[:2]
    ((1440, 10), [0.005, 0.009])
    """

    def __init__(self, world: World) -> None:
        self.world = world
        size = world.size
        rng = np.random.default_rng([world.seed, 1])
        self.band = np.repeat(np.arange(len(BANDS)), world.per_band)
        low, high = np.log(BOUNDS[:-1]), np.log(BOUNDS[1:])
        self.rate = np.exp(rng.uniform(low[self.band], high[self.band]))
        self.dispersion = rng.uniform(1.5, 3.0, size)
        self.negative_share = rng.uniform(0.05, 0.4, size)
        self.positive_share = rng.uniform(0.05, 0.4, size)
        self._rhythm = _rhythms(rng, size)
        self._weekend = rng.uniform(0.5, 1.0, (2, size))
        self._tet = rng.uniform(0.2, 0.9, size)
        self._shares = rng.dirichlet(np.full(world.sources, 3.0), size).T
        self._levels = np.exp(np.cumsum(rng.normal(0.0, world.drift / 7**0.5, (world.days, size)), axis=0))

    @property
    def size(self) -> int:
        """Organisations."""
        return self.world.size

    @property
    def quiet_days(self) -> int:
        """Days at first in which nothing is measured."""
        return 7 * self.world.quiet_weeks

    @cached_property
    def crises(self) -> Crises:
        """Crises, those of a row one after the other."""
        world = self.world
        slots = world.weeks // 2 if world.crises else 0
        rng = np.random.default_rng([world.seed, 2])
        found = _events(rng, world, slots)
        # As many of each factor in each band, whatever the seed.
        turns = (np.arange(world.per_band)[:, None] + np.arange(slots)) % len(FACTORS)
        factor = np.asarray(FACTORS)[np.tile(turns, (len(BANDS), 1))]
        return found._replace(factor=factor.ravel())

    @cached_property
    def positives(self) -> Crises:
        """Positive events: `factor` is of the positives, and a quarter of it of what is neither."""
        slots = self.world.weeks // 2 if self.world.positives else 0
        return _events(np.random.default_rng([self.world.seed, 3]), self.world, slots)

    @cached_property
    def failures(self) -> list[Failure]:
        """What the collector does."""
        world = self.world
        rng = np.random.default_rng([world.seed, 4])
        found = []
        for period in range(world.weeks // 4 if world.collector else 0):
            begin = world.measured + period * 4 * WEEK
            one = int(rng.integers(world.sources)) if world.sources > 1 and rng.random() < 0.5 else None
            day = begin + int(rng.integers(0, 14)) * DAY
            off = day + int(rng.integers(5 * 60, 16 * 60))  # by Vietnamese time, and within the day
            on = off + int(rng.integers(60, 6 * 60))
            found.append(Failure("outage", off, on, on + int(rng.integers(5, 31)), one))
            up = begin + int(rng.integers(14 * DAY, 26 * DAY))
            found.append(Failure("surge", up, end := up + int(rng.integers(6 * 60, 2 * DAY)), end, one))
        return found

    def days(self, first: int = 0) -> Iterator[Day]:
        """Counts from day `first` on."""
        for number in range(first, self.world.days):
            yield self._day(number)

    def _day(self, number: int) -> Day:
        world, begin = self.world, self.world.first + number * DAY
        rng = np.random.default_rng([world.seed, 5, number])
        usual = self._usual(number)
        crisis = _times(self.crises, begin, usual.shape)
        positive = _times(self.positives, begin, usual.shape)
        split = np.empty((3, world.sources, *usual.shape), dtype=np.int64)
        delayed = np.zeros(usual.shape, dtype=np.int64)
        expected = np.zeros(usual.shape)
        for source, share in enumerate(self._shares):
            rate = usual * (share * self._surge(begin, source))[:, :] if world.collector else usual * share
            others = rate * ((1.0 - self.negative_share) / self.negative_share)
            split[0, source] = sampling.counts(rng, rate * crisis, self.dispersion)
            split[1, source] = sampling.counts(rng, others * (self.positive_share * positive), self.dispersion)
            neutral = (1.0 - self.positive_share) * (1.0 + (positive - 1.0) / 4.0)
            split[2, source] = rng.poisson(others * neutral)
            for failure in self.failures:
                if failure.kind == "outage" and failure.source in {None, source} and _inside(failure, begin):
                    _outage(rng, failure, begin, rate, split[:, source], delayed)
            expected += rate
        negative, positives, neutrals = split.sum(axis=1)
        mentions = negative + positives + neutrals
        return Day(begin, expected, negative, positives, mentions, delayed, split[0], split.sum(axis=0))

    def _usual(self, number: int) -> Floats:
        """Negatives a minute that are usual, (minutes, organisations)."""
        world = self.world
        rate = self.rate * self._levels[number]
        if number % 7 >= 5:
            rate = rate * self._weekend[number % 7 - 5]
        day = world.start.toordinal() + number
        if any(-1 <= day - tet.toordinal() <= 5 for tet in TET):
            rate = rate * self._tet
        return np.asarray(self._rhythm * rate)

    def _surge(self, begin: int, source: int) -> Floats:
        minutes = np.arange(begin, begin + DAY)
        times = np.ones(DAY)
        for failure in self.failures:
            if failure.kind == "surge" and failure.source in {None, source}:
                times[(minutes >= failure.begin) & (minutes < failure.end)] = SURGE
        return times[:, None]


def _rhythms(rng: np.random.Generator, size: int) -> Floats:
    """Factors by minute of the Vietnamese day, with mean 1, (minutes, organisations)."""
    hours = np.arange(DAY + 1) / 60.0
    office = [0.15, 0.1, 0.08, 0.08, 0.1, 0.3, 0.8, 1.4, 1.9, 2.0, 1.9, 1.5]
    office += [1.0, 1.2, 1.6, 1.7, 1.7, 1.5, 1.2, 1.2, 1.2, 1.0, 0.6, 0.3, 0.15]
    evening = [0.4, 0.2, 0.12, 0.1, 0.12, 0.3, 0.6, 0.9, 1.0, 1.0, 1.1, 1.4]
    evening += [1.3, 1.0, 0.9, 0.9, 1.0, 1.3, 1.5, 1.9, 2.2, 2.1, 1.5, 0.8, 0.4]
    both = np.stack([np.interp(hours, range(25), each)[:DAY] for each in (office, evening)])
    mixed = rng.uniform(0.0, 1.0, size)
    minutes = (np.arange(DAY)[:, None] + rng.integers(-60, 61, size)) % DAY
    factors = mixed * both[0][minutes] + (1.0 - mixed) * both[1][minutes]
    return np.asarray(factors / factors.mean(axis=0), dtype=np.float64)


def _events(rng: np.random.Generator, world: World, slots: int) -> Crises:
    """One event of each organisation in the first week of each two measured ones: at least a week apart."""
    rows = np.repeat(np.arange(world.size), slots)
    begins = world.measured + 2 * WEEK * np.tile(np.arange(slots), world.size)
    many = len(rows)
    return Crises(
        rows,
        begins + rng.integers(0, WEEK, many),
        np.exp(rng.uniform(np.log(5.0), np.log(40.0), many)),
        np.exp(rng.uniform(np.log(60.0), np.log(360.0), many)),
        rng.uniform(4.0, 20.0, many),
    )


def _times(events: Crises, begin: int, size: tuple[int, ...]) -> Floats:
    """How many times the usual rate is seen in each minute of a day, (minutes, organisations)."""
    times = np.ones(size)
    near = np.flatnonzero((events.onset < begin + DAY) & (events.onset + 20 * 360 > begin))
    minutes = np.arange(begin, begin + DAY) + 0.5
    for place in near.tolist():
        since = minutes - events.onset[place]
        course = shape(since, events.rise[place], events.half_life[place])
        times[:, events.row[place]] += (events.factor[place] - 1.0) * course
    return times


def _inside(failure: Failure, begin: int) -> bool:
    return begin <= failure.begin and failure.until <= begin + DAY


def _outage(rng: np.random.Generator, failure: Failure, begin: int, rate: Floats, split: Ints, delayed: Ints) -> None:
    """Move what an outage held back to the minutes after it, in counts (kinds, minutes, columns) and in the rates."""
    off, on, caught = failure.begin - begin, failure.end - begin, failure.until - begin
    held = split[:, off:on].sum(axis=1)
    split[:, off:on] = 0
    late = np.moveaxis(rng.multinomial(held, np.full(caught - on, 1.0 / (caught - on))), 2, 1)
    split[:, on:caught] += late
    delayed[on:caught] += late.sum(axis=0)
    rate[on:caught] += rate[off:on].sum(axis=0) / (caught - on)
    rate[off:on] = 0.0
