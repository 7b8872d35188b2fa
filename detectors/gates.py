"""The products of deviations above which a row is looked at, published a block ahead like what is expected."""

from math import exp

import numpy as np

from detectors import alarm as alarms
from detectors.alarm import Alarm
from detectors.baseline import LAST, NEXT, NOW, Grid, State
from detectors.policy import Policy


def product(height: float, power: int) -> float:
    """Multiply `power` deviations whose mean logarithm is `height`.

    Examples
    --------
    >>> product(0.0, 3)
    1.0
    """
    return exp(min(height * power, 700.0))


def publish(policy: Policy, grid: Grid, state: State, excess: float, *, new_day: bool) -> None:
    """Move thresholds and gates on by a block; those of rows with an alarm are set by `set_row` afterwards.

    Thresholds change when a day has ended and when a row has warmed up; before that nothing passes.
    """
    for name in ("threshold", "base"):
        state[name][LAST] = state[name][NOW]
        state[name][NOW] = state[name][NEXT]
    warm = -(-policy.warm_up // grid.block)
    if new_day or bool((state["age"] == warm).any()):
        warmed = state["age"] >= warm
        power = len(policy.half_lives)
        state["threshold"][NEXT] = np.where(warmed, state["centre"] + excess, np.inf)
        state["base"][NEXT] = [product(height, power) for height in state["threshold"][NEXT].tolist()]
        shares = [product(height + excess, 1) for height in state["share_centre"].tolist()]
        state["share_gate"][:] = np.where(warmed, shares, np.inf)
    state["gate"][...] = state["base"]


def set_row(policy: Policy, grid: Grid, state: State, held: Alarm, at: tuple[int, int]) -> None:
    """Set the gates of a row with an alarm; `at` is the row and the first minute of the present block."""
    row, block = at
    for slot, start in ((NOW, block), (NEXT, block + grid.block)):
        height = alarms.gate(policy, held, start, float(state["threshold"][slot, row]))
        state["gate"][slot, row] = product(height, len(policy.half_lives))


def shift(state: State, by: float, power: int) -> None:
    """Move all thresholds by a difference of logarithms: another budget holds from now on."""
    state["threshold"] += by
    for slot in (LAST, NOW, NEXT):
        state["base"][slot] = [product(height, power) for height in state["threshold"][slot].tolist()]
    state["share_gate"][:] = [gate * exp(by) for gate in state["share_gate"].tolist()]
    state["gate"][...] = state["base"]
