"""What a bank decides."""

from dataclasses import dataclass
from enum import StrEnum
from math import log

import numpy as np

from detectors import surprise
from detectors.baseline import Floats, Grid, Ints, State
from detectors.policy import DAY, Policy
from detectors.windows import SEVERITIES, Graded

COUNT, SHARE = "negative_count", "negative_share"


class Kind(StrEnum):
    """What a decision does to an alarm."""

    FIRED = "fired"
    ESCALATED = "escalated"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Decision:
    """A change of one alarm.

    Attributes
    ----------
    index
        Row of the bank.
    series
        ``negative_count`` or ``negative_share``.
    severity
        ``notice``, ``warning``, ``serious`` or ``critical``.
    minute
        The minute tested: minutes since 1970 UTC, start of the window.
    window
        Minutes of the window that decided, ending with the window that starts at `minute`.
    observed, mentions, expected
        Negatives and all mentions in it, and the negatives the baseline expects there.
    test_probability, probability
        Chance of a single test at least as extreme; chance of one such or a stronger one in a week of this series.
    """

    index: int
    kind: Kind
    series: str
    severity: str
    minute: int
    window: int
    observed: int
    mentions: int
    expected: float
    test_probability: float
    probability: float


@dataclass(frozen=True, slots=True)
class Nearest:
    """What the last closed window of some rows was tested against: a value a row."""

    expected: Floats
    upper: Floats
    test_probability: Floats


def decision(
    policy: Policy, grid: Grid, kind: Kind, series: str, at: tuple[int, int], found: Graded, excess: float
) -> Decision:
    """Put a decision together; `at` is row and minute, `excess` the log deviation above the usual day's most.

    The severity is that of `found.grade`.
    """
    window = found.window
    probability, single = probabilities(policy, grid, series, excess)
    return Decision(
        index=at[0],
        kind=kind,
        series=series,
        severity=SEVERITIES[max(found.grade, 0)],
        minute=at[1],
        window=window.minutes,
        observed=window.observed,
        mentions=window.mentions,
        expected=window.expected,
        test_probability=single,
        probability=probability,
    )


def probabilities(policy: Policy, grid: Grid, series: str, excess: float) -> tuple[float, float]:
    """Chance of a week, and of a single test, with a deviation so far above the usual day's most."""
    tests = DAY / (grid.step if series == COUNT else grid.block)
    weekly = surprise.weekly_probability(excess, policy.spread)
    return weekly, surprise.test_probability(excess, policy.spread, tests)


def chances(policy: Policy, grid: Grid, state: State, smooth: Floats, slot: int, rows: Ints) -> Floats:
    """Probabilities of single tests of some rows that see these smoothed counts (scales, rows)."""
    tests, power = DAY / grid.step, len(policy.half_lives)
    work = np.maximum((smooth - state["expect"][slot][rows]) * state["inverse"][slot][:, rows], policy.floor)
    value = work[0]
    for scale in range(1, power):
        value = value * work[scale]
    pairs = zip(value.tolist(), state["centre"][rows].tolist(), strict=True)
    return np.array(
        [surprise.test_probability(log(seen) / power - centre, policy.spread, tests) for seen, centre in pairs]
    )
