"""What an ordinary day's most surprising window is: shipped by volume, stretched by what a series' own days show."""

import numpy as np

from detectors.layout import Floats, Grid, State
from detectors.policy import DAY, Policy
from detectors.surprise import excess_of

#: Mentions a day at which the tables were measured; between them they are interpolated by the logarithm.
VOLUMES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0, 30000.0)
#: Minutes of the windows they were measured for.
LENGTHS = (1, 5, 15, 30, 60, 120, 360)
#: Mean of the greatest surprise of a day, in nats: a row a volume, a column a length.
TYPICAL = (
    (6.76, 5.42, 4.53, 4.00, 3.48, 3.08, 2.64),
    (7.38, 5.85, 4.90, 4.34, 3.77, 3.35, 2.82),
    (7.43, 5.98, 5.13, 4.64, 4.00, 3.59, 2.98),
    (7.36, 6.13, 5.41, 4.94, 4.09, 3.66, 2.90),
    (7.26, 6.32, 5.68, 5.19, 4.11, 3.59, 2.67),
    (7.26, 6.52, 5.84, 5.25, 3.90, 3.27, 2.20),
    (7.15, 6.51, 5.68, 4.97, 3.29, 2.55, 1.56),
    (6.84, 5.99, 5.12, 4.37, 2.38, 1.73, 1.16),
    (6.26, 5.24, 4.53, 3.87, 1.72, 1.32, 1.52),
)
#: By how much the most surprising of all windows exceeds its typical value once a day, and the nats in which greater
#: excesses become e times as rare; the alarm's other conditions are taken into account.
BEYOND = (-0.65, -0.05, 0.15, 0.50, 0.55, 0.66, 0.63, 0.55, 0.35)
STEEP = (0.89, 1.00, 1.08, 0.98, 1.02, 0.92, 0.87, 0.79, 0.85)
#: Mean nats by which the greatest surprise of an ordinary day is over the typical one, days below it counted as 0.
ORDINARY = 0.55
#: The same for the share of negatives, whatever the volume.
SHARE_TYPICAL, SHARE_STEEP = 2.0, 1.2


def table(grid: Grid) -> Floats:
    """The tables for a grid's windows: (windows + 2, volumes)."""
    lengths = np.log(LENGTHS)
    typical = [np.interp(np.log(grid.minutes), lengths, row) for row in TYPICAL]
    return np.concatenate([np.array(typical).T, [BEYOND, STEEP]])


def volume_of(grid: Grid, state: State) -> Floats:
    """Logarithm of each series' usual mentions a day."""
    found: Floats = np.log(np.maximum(state["level"] * (DAY / grid.step), 1e-3))
    return found


def choose(policy: Policy, grid: Grid, state: State, tables: Floats) -> None:
    """Take typical days from the tables by each series' volume, and from them what an alarm wants."""
    volume, knots = volume_of(grid, state), np.log(VOLUMES)
    tests = len(grid.minutes)
    for place in range(tests):
        state["typical"][place] = np.interp(volume, knots, tables[place])
    state["beyond"][:] = np.interp(volume, knots, tables[tests])
    state["steep"][:] = np.interp(volume, knots, tables[tests + 1])
    np.multiply(state["steep"], wanted(policy), out=state["want"])


def wanted(policy: Policy, part: float = 1.0) -> float:
    """Excess, as a multiple of `steep`, that is reached as often as the budget of counts allows, or a part of it."""
    return excess_of(policy.budget * (1.0 - policy.share_part) * part, 1.0)


def remember_day(policy: Policy, state: State) -> None:
    """Stretch each window's tail by the day that ended: by how far its greatest surprise was over a typical one[^1].

    Crises are no exception: a series that surprises often is ordinarily surprising. But none counts more than
    `strain_cap` times, and a day that began while an alarm fired tells nothing new.

    References
    ----------
    [^1]: Coles, S. (2001). An Introduction to Statistical Modeling of Extreme Values. Springer. Chapter 4.
    """
    peak, strain = state["peak"], state["strain"]
    known = np.minimum(state["days_known"], policy.strain_days) + policy.strain_weight
    gain = np.where(peak[-1] > 0.0, state["awake"] / (known + 1.0), 0.0)
    ratio = np.minimum(np.maximum(peak - state["typical"], 0.0) / ORDINARY, policy.strain_cap * strain)
    strain += gain * (ratio - strain)
    np.clip(strain, *policy.strain_bounds, out=strain)
    state["days_known"] += gain > 0.0
    peak[...] = 0.0
