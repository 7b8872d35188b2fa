"""Counts of windows that slide or begin with a block, kept exactly as minutes close and tried with open ones."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from detectors.layout import NEXT, NOW, Grid, Ints, State

#: Open windows that may be tested early: never more than a block, so they fall into this block or the next.
MOST_OPEN = 12


class Ring:
    """Where the counts are that leave the sliding windows, by how many windows were closed."""

    def __init__(self, grid: Grid) -> None:
        self._reach = grid.reach
        self._leaving = [
            np.array([(done - windows) % grid.reach for windows in grid.sliding]) for done in range(grid.reach)
        ]

    def leaving(self, done: int) -> Ints:
        """Places of what leaves each window when one more is closed after `done`."""
        return self._leaving[done % self._reach]

    def place(self, done: int) -> int:
        """Place of the window that is closed after `done` others."""
        return done % self._reach


def end_block(grid: Grid, state: State, blocks_done: int) -> None:
    """Put the finished block, the one after `blocks_done` others, into the past; let others leave the long windows."""
    state["past"][blocks_done % grid.ring] = state["block"]
    short = len(grid.sliding)
    for place, blocks in enumerate(grid.anchored, start=short):
        state["counts"][place] -= state["past"][(blocks_done + 1 - blocks) % grid.ring]


def volume(grid: Grid, state: State, column: tuple[int, int], blocks_done: int) -> int:
    """Closed mentions of a series in the last hours, the present block's among them."""
    back = min(grid.volume - 1, grid.ring - 1)
    places = [(blocks_done - age) % grid.ring for age in range(1, back + 1)]
    closed = state["past"][(slice(None), *column)]
    return int(state["block"][column]) + int(closed[places].sum())


def opened(
    grid: Grid, state: State, column: tuple[int, int], done: tuple[int, int], first: int, counts: Sequence[int]
) -> list[tuple[int, tuple[int, ...]]]:
    """Slot and windows' counts at the end of each open window, were they closed with these counts.

    `done` are the windows and blocks closed so far, `first` is the first open minute.
    """
    windows_done, blocks_done = done
    past = state["recent"][(slice(None), *column)].tolist()
    ages = range(grid.reach, 0, -1)
    line = [past[(windows_done - age) % grid.reach] if age <= grid.reach else 0 for age in ages] + list(counts)
    sums = [0, *accumulate(line)]
    closed = state["counts"][(slice(len(grid.sliding), None), *column)].tolist()
    leaving = [
        int(state["past"][(((blocks_done + 1 - blocks) % grid.ring), *column)]) if blocks > 1 else 0
        for blocks in grid.anchored
    ]
    block, total, found = grid.start_of_block(first), 0, []
    present = int(state["block"][column])
    of_block = present
    for place, count in enumerate(counts):
        total += count
        slot = NOW if grid.start_of_block(first + place * grid.step) == block else NEXT
        of_block += count if slot == NOW else 0
        end = grid.reach + place + 1
        short = [sums[end] - sums[end - windows] for windows in grid.sliding]
        if slot == NOW:
            long = [before + total for before in closed]
        else:
            long = [
                before + total - (gone if blocks > 1 else of_block)
                for before, gone, blocks in zip(closed, leaving, grid.anchored, strict=True)
            ]
        found.append((slot, tuple(short + long)))
    return found
