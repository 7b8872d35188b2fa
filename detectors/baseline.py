"""What to expect: level, hour of day, spread; learned block by block, always published a block ahead.

A block is the quarter of an hour (or the least multiple of the step beyond it) in which what is expected stands still.
What holds in a block was published when the block before it began, so an open minute can be tested against exactly the
numbers with which it will be closed.
"""

from math import ceil, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.policy import DAY, VIETNAM, Policy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
#: Arrays by name, rows last.
State = dict[str, NDArray[Any]]

BLOCK = 15
#: Minutes that the ring of closed blocks reaches back.
MEMORY = DAY
#: Slots of what is published: of the block before, of the present one, of the one after it.
LAST, NOW, NEXT = 0, 1, 2


class Grid:
    """How minutes fall into windows, blocks, hours and days.

    Examples
    --------
    >>> grid = Grid(step=5)
    >>> grid.block, grid.last_of_block(10), grid.last_of_block(5), grid.hour(0)
    (15, True, False, 7)
    """

    def __init__(self, step: int) -> None:
        if not 1 <= step <= DAY:
            raise ValueError(f"a window has 1 to {DAY} minutes, not {step}")
        self.step = step
        self.block = step * ceil(BLOCK / step)
        self.ring = max(1, MEMORY // self.block)

    def start_of_block(self, minute: int) -> int:
        """First minute of the block that holds `minute`."""
        return minute - minute % self.block

    def last_of_block(self, minute: int) -> bool:
        """Whether the window that starts at `minute` is its block's last."""
        return self.start_of_block(minute + self.step) != self.start_of_block(minute)

    def hour(self, minute: int) -> int:
        """Hour of the Vietnamese day."""
        return (minute + VIETNAM) // 60 % 24

    def day(self, minute: int) -> int:
        """Vietnamese day, counted from 1970."""
        return (minute + VIETNAM) // DAY

    def weight(self, half_life: float, minutes: int) -> float:
        """Weight of a new value that stands for `minutes`, at a half-life in minutes."""
        return float(1.0 - 0.5 ** (minutes / half_life))


class Layout:
    """Names, shapes (rows last) and fillings of the arrays of a row's state."""

    def __init__(self, policy: Policy, grid: Grid) -> None:
        scales, zero, one, inf = len(policy.half_lives), 0.0, 1.0, float("inf")
        self.arrays: dict[str, tuple[tuple[int, ...], str, float]] = {
            "smooth": ((scales,), "f8", zero),
            "over": ((scales,), "f8", zero),
            "squares": ((scales,), "f8", zero),
            "variance": ((scales,), "f8", zero),
            "level": ((), "f8", zero),
            "season": ((24,), "f8", one),
            "visits": ((24,), "i8", zero),
            "age": ((), "i8", zero),
            "top": ((), "f8", zero),
            "peak": ((), "f8", zero),
            "centre": ((), "f8", policy.centre),
            "days": ((), "i8", zero),
            "negative": ((), "i8", zero),
            "mentions": ((), "i8", zero),
            "held_back": ((), "i8", zero),
            "expect": ((3,), "f8", zero),
            "inverse": ((3, scales), "f8", one),
            "threshold": ((3,), "f8", inf),
            "base": ((3,), "f8", inf),
            "gate": ((3,), "f8", inf),
            "past_negative": ((grid.ring,), "i8", zero),
            "past_mentions": ((grid.ring,), "i8", zero),
            "past_usual": ((grid.ring,), "f8", zero),
            "calm": ((), "f8", zero),
            "usual": ((3,), "f8", zero),
            "usual_ever": ((), "f8", zero),
            "share_negative": ((), "f8", zero),
            "share_mentions": ((), "f8", zero),
            "share_peak": ((), "f8", zero),
            "share_centre": ((), "f8", policy.share_centre),
            "share_days": ((), "i8", zero),
            "share_gate": ((), "f8", inf),
            "share_now": ((), "f8", zero),
            "rolling_negative": ((), "i8", zero),
            "rolling_mentions": ((), "i8", zero),
        }

    def empty(self, size: int) -> State:
        """Arrays of `size` rows that have seen nothing."""
        return {name: np.full((*lead, size), fill, dtype=kind) for name, (lead, kind, fill) in self.arrays.items()}

    def check(self, state: State, size: int) -> None:
        """Refuse arrays that are not those of `size` rows."""
        wanted = {name: (np.dtype(kind), (*lead, size)) for name, (lead, kind, _) in self.arrays.items()}
        if {name: (value.dtype, value.shape) for name, value in state.items()} != wanted:
            raise ValueError("these are not the arrays of this layout")


def learn(policy: Policy, grid: Grid, state: State, at: tuple[int, int], firing: list[int]) -> None:
    """Take the finished block into level, season and variance; `at` is its first minute and its windows.

    The calm level, against which alerts are told, stands still in rows whose alarm fires: a crisis is not what is
    usual.
    """
    block, steps = at
    hour, age = grid.hour(block), state["age"]
    age += 1
    mean = (state["negative"] - state["held_back"]) / steps
    level, season = state["level"], state["season"][hour]
    weight = np.maximum(grid.weight(policy.level_half_life, grid.block), 1.0 / age)
    level += weight * (mean / season - level)
    before = state["calm"][firing]
    state["calm"][:] = level
    state["calm"][firing] = before
    ratio = np.minimum(mean / np.maximum(level, policy.least_rate * grid.step), policy.season_bounds[1])
    visits = state["visits"][hour]
    visits += 1
    blocks_an_hour = max(1.0, 60 / grid.block)
    weight = np.maximum(
        grid.weight(policy.season_half_life / 24.0, grid.block),
        1.0 / (visits + policy.season_weight * blocks_an_hour),
    )
    season += weight * (ratio - season)
    np.maximum(season, policy.season_bounds[0], out=season)
    np.minimum(season, policy.season_bounds[1], out=season)
    weight = np.maximum(grid.weight(policy.spread_half_life, grid.block), 1.0 / age)
    state["variance"] += weight * (state["squares"] / steps - state["variance"])


def publish(policy: Policy, grid: Grid, state: State, minute: int) -> None:
    """Move what holds next to now, and put what was learned into next: the block that holds `minute`."""
    expect, inverse, usual = state["expect"], state["inverse"], state["usual"]
    for slots in (expect, inverse, usual):
        slots[LAST] = slots[NOW]
        slots[NOW] = slots[NEXT]
    season, least = state["season"][grid.hour(minute)], policy.least_rate * grid.step
    rate = np.maximum(state["level"] * season, least)
    expect[NEXT] = rate
    usual[NEXT] = np.maximum(state["calm"] * season, least)
    for scale, half_life in enumerate(policy.half_lives):
        weight = grid.weight(half_life, grid.step)
        floor = policy.dispersion * weight / (2.0 - weight) * rate
        inverse[NEXT, scale] = 1.0 / np.sqrt(state["variance"][scale] + floor)


def remember_day(policy: Policy, state: State, power: int, peak: str, centre: str, days: str) -> None:
    """Move the centre of each row's daily maxima by the day that ended; `power` scales were multiplied in `peak`."""
    centres, known = state[centre], state[days]
    for row, value in enumerate(state[peak].tolist()):
        if value > 0.0:
            known[row] += 1
            height = min(log(value) / power, float(centres[row]) + policy.centre_cap)
            centres[row] += (height - float(centres[row])) / (float(known[row]) + policy.centre_weight)
    state[peak][:] = 0.0
