"""One series of one row, looked at closely: its windows, how far they are from firing, and how grave it is."""

from dataclasses import dataclass
from math import exp

import numpy as np

from detectors import calibration
from detectors.decisions import UNREMARKABLE, Scale
from detectors.layout import NOW, Floats, Grid, State
from detectors.policy import Policy
from detectors.surprise import surprise, weekly_probability

#: Nats of the least chance that is told: beyond, numbers end.
MOST_NATS = 600.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A window tested of a series (its place in `SERIES`) and row.

    `counts` and `mentions` are of the windows looked at, `latest` is the count of the newest one alone; `slot` is NOW,
    or NEXT where the minute belongs to the next block.
    """

    series: int
    row: int
    minute: int
    slot: int
    latest: int
    counts: tuple[int, ...]
    mentions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the windows of a moment say.

    Attributes
    ----------
    scales
        All of them.
    decisive
        Which tells most: of those at their gate the one with the greatest excess.
    excess
        Its excess over the most surprising window of an ordinary day.
    over
        Whether any is at its gate.
    grade
        How grave, as a place in `SEVERITIES`; `UNREMARKABLE` where nothing is over.
    """

    scales: tuple[Scale, ...]
    decisive: int
    excess: float
    over: bool
    grade: int
    probability: float


def closed_moment(state: State, column: tuple[int, int], minute: int, latest: int) -> Moment:
    """Make a moment of the window just closed."""
    series, row = column
    counts, mentions = state["counts"][:, series, row].tolist(), state["counts"][:, 1, row].tolist()
    return Moment(series, row, minute, NOW, latest, tuple(counts), tuple(mentions))


def lengths(grid: Grid, minute: int) -> tuple[int, ...]:
    """Tell the minutes that the windows have which end with the window that starts at `minute`."""
    missing = grid.start_of_block(minute) + grid.block - minute - grid.step
    short = len(grid.sliding)
    return grid.minutes[:short] + tuple(minutes - missing for minutes in grid.minutes[short:])


def judge(policy: Policy, grid: Grid, state: State, at: Moment) -> Judged:
    """Look at all windows of a moment."""
    where = (at.slot, slice(None), at.series, at.row)
    mean, size, gates = state["expect"][where], state["size"][where], state["gate"][where].tolist()
    found = surprise(np.array(at.counts, dtype=np.float64), mean, size)
    own = (slice(None), at.series, at.row)
    beyond, steep = (float(state[name][at.series, at.row]) for name in ("beyond", "steep"))
    excess = ((found - state["typical"][own]) / state["strain"][own] - beyond).tolist()
    corrected = corrected_surprise(found, state["typical"][own], state["strain"][own])
    variance = (mean + mean * mean / size).tolist()
    scales = tuple(
        Scale(length, count, mentions, expected, spread, exp(-min(nats, MOST_NATS)), over, gate)
        for length, count, mentions, expected, spread, nats, over, gate in zip(
            lengths(grid, at.minute), at.counts, at.mentions, mean.tolist(), variance, corrected.tolist(), excess,
            gates, strict=True,
        )
    )  # fmt: skip
    at_gate = [place for place, scale in enumerate(scales) if scale.observed >= scale.needed]
    decisive = max(at_gate or range(len(scales)), key=lambda place: (scales[place].excess, -place))
    probability = weekly_probability(excess[decisive], steep)
    grade = grade_of(policy, scales, excess[decisive], steep) if at_gate else UNREMARKABLE
    return Judged(scales, decisive, excess[decisive], bool(at_gate), grade, probability)


def corrected_surprise(found: Floats, typical: Floats, strain: Floats) -> Floats:
    """Surprise in nats with the part over a typical day's greatest stretched as the series' own days show."""
    return np.asarray(found - np.maximum(found - typical, 0.0) * (1.0 - 1.0 / strain))


def grade_of(policy: Policy, scales: tuple[Scale, ...], excess: float, steep: float) -> int:
    """Grade what is over its gate: by how rare it is, by how many there are, by how many times as many as usual."""
    grade = 0
    for place, (part, least, times) in enumerate(policy.severities, start=1):
        rare = excess >= steep * calibration.wanted(policy, part)
        if rare and any(s.observed >= least and s.observed >= times * s.expected for s in scales):
            grade = place
    return grade


def expected_so_far(grid: Grid, state: State, at: Moment, place: int) -> float:
    """Tell what is expected in a window until the moment: the longer ones are not full before their block ends."""
    expected = float(state["expect"][at.slot, place, at.series, at.row])
    if place < len(grid.sliding):
        return expected
    missing = (grid.start_of_block(at.minute) + grid.block - at.minute) // grid.step - 1
    return expected - float(state["rate"][at.slot, at.series, at.row]) * missing
