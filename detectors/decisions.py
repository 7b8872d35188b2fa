"""What a bank decides, and the windows it names."""

from dataclasses import dataclass
from enum import StrEnum
from math import log, sqrt

import numpy as np

from detectors import surprise
from detectors.baseline import NEXT, NOW, Floats, Grid, Ints, State
from detectors.policy import DAY, Policy

#: Minutes of the windows of which a decision names the one that tells most.
WINDOWS = (30, 120, 360, 1440)
#: Minutes over which a policy's least numbers, and shares, are counted.
VOLUME = 360
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
class Window:
    """Counts of a row in the minutes up to and with the one tested."""

    minutes: int
    observed: int
    mentions: int
    expected: float


@dataclass(frozen=True, slots=True)
class Moment:
    """The window tested of a row, and its counts since its block began (`slot` NOW) or the block before (NEXT)."""

    row: int
    minute: int
    slot: int
    latest: int
    negative: int
    mentions: int


@dataclass(frozen=True, slots=True)
class Nearest:
    """What the last closed window of some rows was tested against: a value a row."""

    expected: Floats
    upper: Floats
    test_probability: Floats


def look_back(grid: Grid, state: State, blocks_done: int, steps_of_block: int, at: Moment, minutes: int) -> Window:
    """Count the window of about `minutes` that ends with the moment; it starts with a block."""
    blocks = min(max(1, minutes // grid.block), grid.ring)
    start = grid.start_of_block(at.minute) - (blocks - 1) * grid.block
    position = (at.minute - grid.start_of_block(at.minute)) // grid.step + 1
    expected = float(state["expect"][at.slot, at.row]) * position
    if at.slot == NEXT:
        expected += float(state["expect"][NOW, at.row]) * steps_of_block
    back = blocks - (2 if at.slot == NEXT else 1)
    places = [(blocks_done - age) % grid.ring for age in range(max(back, 0), 0, -1)]
    past = {name: state[f"past_{name}"][:, at.row][places].tolist() for name in ("negative", "mentions", "expect")}
    return Window(
        at.minute + grid.step - start,
        at.negative + sum(past["negative"]),
        at.mentions + sum(past["mentions"]),
        sum(past["expect"]) + expected,
    )


def most_telling(windows: list[Window], least: int) -> Window:
    """Return the window whose count stands out most among those with at least `least` negatives, else the longest.

    Examples
    --------
    >>> most_telling([Window(30, 9, 9, 1.0), Window(120, 12, 20, 9.0)], least=5).minutes
    30
    """
    enough = [window for window in windows if window.observed >= least] or windows[-1:]
    return max(enough, key=lambda window: (window.observed - window.expected) / sqrt(window.expected + 1.0))


def severity(policy: Policy, probability: float, observed: int) -> str:
    """Name how grave an alarm is: by its weekly probability, and by how many negatives stand behind it.

    Examples
    --------
    >>> severity(Policy(), 0.1, 9), severity(Policy(), 1e-9, 500)
    ('notice', 'critical')
    """
    name = "notice"
    for higher, (under, least) in zip(("warning", "serious", "critical"), policy.severities, strict=True):
        if probability <= under and observed >= least:
            name = higher
    return name


def decision(
    policy: Policy, grid: Grid, kind: Kind, series: str, at: tuple[int, int], window: Window, excess: float
) -> Decision:
    """Put a decision together; `at` is row and minute, `excess` the log deviation above the usual day's most."""
    tests = DAY / (grid.step if series == COUNT else grid.block)
    probability = surprise.weekly_probability(excess, policy.spread)
    return Decision(
        index=at[0],
        kind=kind,
        series=series,
        severity=severity(policy, probability, window.observed),
        minute=at[1],
        window=window.minutes,
        observed=window.observed,
        mentions=window.mentions,
        expected=window.expected,
        test_probability=surprise.test_probability(excess, policy.spread, tests),
        probability=probability,
    )


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
