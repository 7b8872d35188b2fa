"""Windows that are still open: what they would be tested as, and what is expected until they close."""

from collections.abc import Iterator

import numpy as np

from detectors.baseline import NEXT, NOW, Bools, Floats, Grid, Ints, State
from detectors.policy import Policy

#: Open windows that may be tested early: never more than a block, so they fall into this block or the next.
MOST_OPEN = 12


def may_fire(policy: Policy, state: State, gain: Floats, rows: Ints, negative: Ints) -> Bools:
    """Rows that could be above a gate if all their open counts fell into one window and least were expected."""
    so_far = negative.sum(axis=1)
    volume = so_far + state["rolling_negative"][rows] + state["negative"][rows]
    enough: Bools = (volume >= policy.least_negative) & (so_far > 0)
    if not enough.any():
        return enough
    smooth = state["smooth"][:, rows] + gain[:, rows] * so_far
    work = (smooth - state["expect"][NOW:, None, rows]) * state["inverse"][NOW:, :, rows]
    most = np.maximum(work, policy.floor).prod(axis=1)
    found: Bools = (most * (1.0 + 1e-9) > state["gate"][NOW:, rows]).any(axis=0) & enough
    return found


def products(
    policy: Policy, grid: Grid, state: State, at: tuple[int, int], negative: list[int]
) -> Iterator[tuple[int, int, float]]:
    """Minute, slot and product of deviations of each open window of a row, were it closed with these counts.

    `at` is the row and the first open minute.
    """
    row, first = at
    block = grid.start_of_block(first)
    keep = [0.5 ** (grid.step / half_life) for half_life in policy.half_lives]
    smooth = state["smooth"][:, row].tolist()
    expect, inverse = state["expect"][:, row].tolist(), state["inverse"][:, :, row].tolist()
    for column, count in enumerate(negative):
        minute = first + column * grid.step
        slot = NOW if grid.start_of_block(minute) == block else NEXT
        value = 1.0
        for scale, old in enumerate(smooth):
            smooth[scale] = old * keep[scale] + (1.0 - keep[scale]) * count
            value *= max((smooth[scale] - expect[slot]) * inverse[slot][scale], policy.floor)
        yield minute, slot, value


def expected_until(grid: Grid, state: State, row: int, minute: int, closed: tuple[int, int]) -> float:
    """Negatives expected of a row since the beginning, until `minute` (exclusive, at most the next block's end).

    `closed` is the first open minute, and how many windows of its block are closed.
    """
    upcoming, steps = closed
    end = grid.start_of_block(upcoming) + grid.block
    now = steps + (min(minute, end) - upcoming) // grid.step
    later = max(0, minute - end) // grid.step
    return float(state["usual_ever"][row] + now * state["usual"][NOW, row] + later * state["usual"][NEXT, row])
