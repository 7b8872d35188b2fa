"""How minutes fall into windows, blocks, hours and days; and the arrays that hold a bank's state."""

from collections.abc import Sequence
from math import ceil
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
#: Windows of at most so many minutes slide minute by minute; longer ones begin with a block.
SLIDING = 30
#: Minutes over which a policy's least numbers, shares and quiet are counted.
VOLUME = 360
#: Slots of what is published: of the block before, of the present one, of the one after it.
LAST, NOW, NEXT = 0, 1, 2
#: A count that no window reaches.
NEVER = 1 << 60
#: Negative, all and positive mentions: the counts that are tested, in this order.
SERIES = ("negative_count", "total_count", "positive_count")
#: Windows of which the share of negatives is tested, in minutes.
SHARE_WINDOWS = (60, 360)


class Grid:
    """How minutes fall into windows, blocks, hours and days.

    Attributes
    ----------
    block, ring
        Minutes of a block; blocks that are remembered.
    sliding, anchored
        Lengths of the windows looked at, in steps of those that slide and in blocks of those that begin with one.
    minutes
        Their lengths in minutes, one after the other.
    quarter
        Which of them is about a block long.

    Examples
    --------
    >>> grid = Grid(5, (1, 5, 15, 30, 60, 120, 360))
    >>> grid.block, grid.sliding, grid.anchored, grid.minutes
    (15, (1, 3, 6), (4, 8, 24), (5, 15, 30, 60, 120, 360))
    """

    #: Minutes by which days begin earlier than in UTC.
    local = VIETNAM

    def __init__(self, step: int, scales: tuple[int, ...] = (VOLUME,)) -> None:
        if not 1 <= step <= DAY:
            raise ValueError(f"a window has 1 to {DAY} minutes, not {step}")
        self.step = step
        self.block = step * ceil(BLOCK / step)
        short = {max(1, round(scale / step)) for scale in scales if scale <= SLIDING}
        long = {max(1, scale // self.block) for scale in scales if scale > SLIDING}
        self.sliding = tuple(sorted(short))
        known = {windows * step for windows in short}
        self.anchored = tuple(sorted(blocks for blocks in long if blocks * self.block not in known))
        self.minutes = tuple(
            [windows * step for windows in self.sliding] + [blocks * self.block for blocks in self.anchored]
        )
        self.ring = max(1, VOLUME // self.block, *self.anchored, *(s // self.block for s in SHARE_WINDOWS))
        self.reach = max(self.sliding, default=1)
        self.quarter = int(np.argmin([abs(minutes - self.block) for minutes in self.minutes]))
        self.volume = max(1, VOLUME // self.block)

    def start_of_block(self, minute: int) -> int:
        """First minute of the block that holds `minute`."""
        return minute - minute % self.block

    def last_of_block(self, minute: int) -> bool:
        """Whether the window that starts at `minute` is its block's last."""
        return self.start_of_block(minute + self.step) != self.start_of_block(minute)

    def hour(self, minute: int) -> int:
        """Hour of the Vietnamese day."""
        return (minute + self.local) // 60 % 24

    def day(self, minute: int) -> int:
        """Vietnamese day, counted from 1970."""
        return (minute + self.local) // DAY

    def weekday(self, minute: int) -> int:
        """Day of the Vietnamese week, Monday is 0."""
        return (self.day(minute) + 3) % 7

    def rest(self, minute: int) -> int:
        """Whether it is a day of rest: 1, or 0."""
        return int(self.weekday(minute) >= 5)


class Layout:
    """Names, shapes (series and rows last) and fillings of the arrays of a row's state."""

    def __init__(self, policy: Policy, grid: Grid) -> None:
        self._scales = policy.scales
        tests, zero, counts = len(grid.minutes), 0.0, len(SERIES)
        arrays: dict[str, tuple[tuple[int, ...], str, float]] = {
            "recent": ((grid.reach,), "i4", zero),
            "counts": ((tests,), "i8", zero),
            "most": ((len(grid.sliding),), "i8", zero),
            "block": ((), "i8", zero),
            "squares": ((), "f8", zero),
            "held_back": ((), "i8", zero),
            "spared": ((), "i8", zero),
            "past": ((grid.ring,), "i8", zero),
            "past_usual": ((grid.ring,), "f4", zero),
            "usual_ever": ((), "f8", zero),
            "level": ((), "f8", 0.02 * grid.step),
            "doubt": ((), "f8", 4.0),
            "age": ((), "i8", zero),
            "kept_level": ((), "f8", zero),
            "kept_doubt": ((), "f8", zero),
            "hour_seen": ((2, 24), "f4", zero),
            "hour_due": ((2, 24), "f4", zero),
            "day_seen": ((7,), "f8", zero),
            "day_due": ((7,), "f8", zero),
            "noise_seen": ((), "f8", zero),
            "noise_due": ((), "f8", zero),
            "dispersion": ((), "f8", policy.dispersion),
            "wobble_seen": ((tests,), "f8", zero),
            "wobble_due": ((tests,), "f8", zero),
            "wobble": ((tests,), "f8", policy.wobble),
            "peak": ((tests,), "f8", zero),
            "strain": ((tests,), "f8", 1.0),
            "awake": ((), "f8", 1.0),
            "days_known": ((), "i8", zero),
            "typical": ((tests,), "f8", zero),
            "beyond": ((), "f8", zero),
            "steep": ((), "f8", 1.0),
            "want": ((), "f8", zero),
            "rate": ((3,), "f8", zero),
            "hours": ((3,), "f8", 1.0),
            "days": ((3,), "f8", 1.0),
            "expect": ((3, tests), "f8", 1e-9),
            "size": ((3, tests), "f8", 1.0),
            "edge": ((tests,), "f8", zero),
            "gate": ((3, tests), "i8", NEVER),
        }
        self.arrays = {name: ((*lead, counts), kind, fill) for name, (lead, kind, fill) in arrays.items()}
        windows = len(SHARE_WINDOWS)
        self.arrays |= {
            "life": ((), "i8", zero),
            "share_negative": ((), "f8", zero),
            "share_mentions": ((), "f8", zero),
            "share_spread": ((), "f8", 1.5),
            "share_now": ((), "f8", zero),
            "share_peak": ((), "f8", zero),
            "share_strain": ((), "f8", 1.0),
            "share_days": ((), "i8", zero),
            "rolling": ((windows, 2), "i8", zero),
        }

    def empty(self, size: int) -> State:
        """Arrays of `size` rows that have seen nothing."""
        return {name: np.full((*lead, size), fill, dtype=kind) for name, (lead, kind, fill) in self.arrays.items()}

    def check(self, state: State, size: int, scales: Sequence[int]) -> None:
        """Refuse arrays that are not those of `size` rows looked at in these scales."""
        if tuple(scales) != self._scales:
            raise ValueError("the windows looked at are others")
        wanted = {name: (np.dtype(kind), (*lead, size)) for name, (lead, kind, _) in self.arrays.items()}
        if {name: (value.dtype, value.shape) for name, value in state.items()} != wanted:
            raise ValueError("these are not the arrays of this layout")
