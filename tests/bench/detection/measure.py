"""What alarms are worth: crises found and when, false alarms, by band of volume and by how great a crisis is."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from tests.bench.detection.sampling import Floats, Ints
from tests.bench.detection.world import BANDS, WEEK, Crises, Day, Simulation

#: After an alarm of a scorer its score must stay under the threshold for so many minutes before another one begins.
QUIET = 720


class Decided(Protocol):
    """What a bank decides, as far as it is measured."""

    @property
    def index(self) -> int:
        """Row."""

    @property
    def kind(self) -> object:
        """Its `value` is ``fired``, ``escalated`` or another."""

    @property
    def minute(self) -> int:
        """The minute tested."""


class Closes(Protocol):
    """A detector as `detectors.Bank` is one: all organisations' closed minutes go in, decisions come out."""

    def close(self, minute: int, negative: Ints, mentions: Ints) -> Sequence[Decided]:
        """Score, decide, learn."""


class Alarms(NamedTuple):
    """Alarms in any order: row, minute whose count decided, whether it is a new one or an old one grown graver."""

    row: Ints
    minute: Ints
    new: NDArray[np.bool_]


def alarms_of(bank: Closes, days: Iterable[Day]) -> Alarms:
    """Run a bank over days of counts."""
    found = []
    for day in days:
        for place, (negative, mentions) in enumerate(zip(day.negative, day.mentions, strict=True)):
            for made in bank.close(day.first + place, negative, mentions):
                kind = str(getattr(made.kind, "value", made.kind))
                if kind in {"fired", "escalated"}:
                    found.append((made.index, made.minute, kind == "fired"))
    row, minute, new = np.array(found, dtype=np.int64).reshape(-1, 3).T
    return Alarms(row, minute, new.astype(bool))


class Exceeding(NamedTuple):
    """Minutes at which scores were high enough to be kept: ordered by row, then minute."""

    row: Ints
    minute: Ints
    score: Floats


def exceeding(scored: Iterator[tuple[Day, Floats]], least: float) -> Exceeding:
    """Keep what a scorer scored above `least`."""
    found = []
    for day, score in scored:
        minutes, rows = np.nonzero(score > least)
        found.append((rows, minutes + day.first, score[minutes, rows]))
    row, minute, score = (np.concatenate(values) for values in zip(*found, strict=True))
    order = np.lexsort((minute, row))
    return Exceeding(row[order], minute[order], score[order])


def alarms_above(kept: Exceeding, threshold: float | Floats) -> Alarms:
    """Alarms of a scorer: over the threshold (one for all, or one a row) after `QUIET` minutes under it."""
    limit = threshold if isinstance(threshold, float) else threshold[kept.row]
    over = kept.score > limit
    row, minute = kept.row[over], kept.minute[over]
    new = np.ones(len(row), dtype=bool)
    new[1:] = (np.diff(row) != 0) | (np.diff(minute) > QUIET)
    return Alarms(row[new], minute[new], np.ones(int(new.sum()), dtype=bool))


class Judged(NamedTuple):
    """What alarms found and what they cried, of one simulation or of several.

    `band`, `factor` and `delay` have an entry a crisis: minutes from its onset to the end of the minute that decided,
    infinite where it was missed. `row_band`, `false` and `weeks` have an entry an organisation: false alarms, and the
    weeks in which they were counted (not those of its crises).
    """

    band: Ints
    factor: Floats
    delay: Floats
    row_band: Ints
    false: Ints
    weeks: Floats


def judge(simulation: Simulation, alarms: Alarms) -> Judged:
    """Match alarms to crises: a graver alarm finds one as a new one does, but only new ones can be false."""
    world, crises = simulation.world, simulation.crises
    until = world.first + world.days * 1440
    place = crisis_before(crises, alarms, until)
    inside = place >= 0
    inside[inside] = alarms.minute[inside] <= crises.gone[place[inside]]
    delay = np.full(len(crises.row), np.inf)
    hit = inside.copy()
    hit[inside] = alarms.minute[inside] <= crises.end[place[inside]]
    np.minimum.at(delay, place[hit], alarms.minute[hit] + 1.0 - crises.onset[place[hit]])
    false = alarms.row[~inside & alarms.new & (alarms.minute >= world.measured)]
    excused = np.bincount(crises.row, np.minimum(crises.gone, until) - crises.onset, world.size) / WEEK
    return Judged(
        simulation.band[crises.row],
        crises.factor,
        delay,
        simulation.band,
        np.bincount(false, minlength=world.size),
        world.weeks - excused,
    )


def crisis_before(crises: Crises, alarms: Alarms, until: int) -> Ints:
    """Place of the newest crisis of an alarm's row that had begun; -1 where there is none."""
    order = np.lexsort((crises.onset, crises.row))
    keys = crises.row[order] * until + crises.onset[order]
    at = np.searchsorted(keys, alarms.row * until + alarms.minute, side="right") - 1
    place = np.full(len(at), -1, dtype=np.int64)
    place[at >= 0] = order[at[at >= 0]]
    place[place >= 0] = np.where(crises.row[place[place >= 0]] == alarms.row[place >= 0], place[place >= 0], -1)
    return place


def pooled(judged: Sequence[Judged]) -> Judged:
    """Several simulations as one."""
    return Judged(*(np.concatenate(values) for values in zip(*judged, strict=True)))


class Cell(NamedTuple):
    """Crises of one kind: how many, the share found, the median delay of those in minutes."""

    crises: int
    recall: float
    delay: float


def cell(judged: Judged, bands: Sequence[int], factor: float) -> Cell:
    """Crises of these bands and this factor."""
    delay = judged.delay[np.isin(judged.band, bands) & (judged.factor == factor)]
    if not delay.size:
        return Cell(0, float("nan"), float("nan"))
    found = delay[np.isfinite(delay)]
    return Cell(len(delay), len(found) / len(delay), float(np.median(found)) if found.size else float("inf"))


class Rate(NamedTuple):
    """False alarms: how many, in how many organisation-weeks, and the bounds of the 90 % Poisson interval a week."""

    alarms: int
    weeks: float
    low: float
    high: float

    @property
    def a_week(self) -> float:
        """An organisation and week."""
        return self.alarms / self.weeks


def rate(alarms: int, weeks: float) -> Rate:
    """A rate with its exact 90 % Poisson interval.

    Examples
    --------
    >>> rate(10, 100.0)
    Rate(alarms=10, weeks=100.0, low=0.054..., high=0.169...)
    """
    low = float(gammaincinv(alarms, 0.05)) if alarms else 0.0
    return Rate(alarms, weeks, low / weeks, float(gammaincinv(alarms + 1, 0.95)) / weeks)


def false_alarms(judged: Judged, bands: Sequence[int] = tuple(range(len(BANDS)))) -> Rate:
    """Of the organisations of these bands."""
    there = np.isin(judged.row_band, bands)
    return rate(int(judged.false[there].sum()), float(judged.weeks[there].sum()))
