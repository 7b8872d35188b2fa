"""All organisations of a partition at once: count, compare, decide, learn, one closed window at a time."""

from collections.abc import Sequence
from dataclasses import astuple

import numpy as np

from detectors import baseline, calibration, counting, gates, shares, snapshots
from detectors.alarm import Alarm
from detectors.calendar import Calendar
from detectors.counting import MOST_OPEN, Ring
from detectors.deciding import Deciding
from detectors.decisions import SEVERITIES, SHARE, Decision, Kind, Nearest, Why
from detectors.judging import MOST_NATS, corrected_surprise
from detectors.layout import LAST, NEXT, NOW, SERIES, Floats, Grid, Ints, Layout, State
from detectors.policy import Policy
from detectors.surprise import surprise

__all__ = ["SEVERITIES", "Bank", "Decision", "Kind", "Nearest", "Policy", "Why"]


class Bank:
    """A vectorised multi-scale detector; every row is an organisation that knows nothing of the others.

    The negative, all and positive mentions of windows of several lengths are compared with the counts that would be too
    improbable under the row's own baseline; those counts are published a quarter of an hour ahead. The negative share
    is tested at each quarter of an hour.

    Parameters
    ----------
    policy
        The false-alarm budget and all that follows from it.
    size
        Rows.
    step
        Minutes a window.
    codes
        The rows' organisations, where the calendar's events are to be expected of them.

    Examples
    --------
    >>> bank = Bank(Policy(), size=1)
    >>> quiet = sum(len(bank.close(m, np.array([m % 2]), np.array([2]))) for m in range(4 * 1440))
    >>> burst = [d for m in range(4 * 1440, 4 * 1440 + 9) for d in bank.close(m, np.array([9]), np.array([9]))]
    >>> quiet, burst[0].kind.value
    (0, 'fired')
    """

    def __init__(self, policy: Policy, size: int, step: int = 1, codes: Sequence[str] = ()) -> None:
        self.policy = policy
        self.grid = Grid(step, policy.scales)
        self.calendar = Calendar(policy.spells)
        self.codes: tuple[str, ...] = ()
        self.next_minute: int | None = None
        self.size = 0
        #: First day of the spell of unusual days that lasts, and the day it was entered on.
        self._spell: tuple[int, int] | None = None
        self._layout = Layout(policy, self.grid)
        self._tables = calibration.table(self.grid)
        self._ring = Ring(self.grid)
        self._state = self._layout.empty(0)
        self._windows = 0
        self._steps = 0
        self._blocks = 0
        self._busy = 0
        self._deciding = Deciding(policy, self.grid)
        self.grow(size, codes)

    def grow(self, size: int, codes: Sequence[str] = ()) -> None:
        """Add rows that have seen nothing. Each call copies the state: grow in chunks.

        `codes` are the organisations of all rows, for which the calendar may have events.
        """
        if size < self.size:
            raise ValueError(f"a bank of {self.size} rows cannot shrink to {size}")
        self.codes = tuple(codes) or self.codes
        fresh = self._layout.empty(size - self.size)
        calibration.choose(self.policy, self.grid, fresh, self._tables)
        if self.next_minute is not None:
            self._prepare(fresh, self.next_minute)
        self._hold({k: np.concatenate([v, fresh[k]], axis=-1) for k, v in self._state.items()}, size)

    def _prepare(self, state: State, minute: int) -> None:
        """Publish what holds for rows without a past."""
        start = self.grid.start_of_block(minute)
        for at in (start, start, start + self.grid.block):
            baseline.publish(self.policy, self.grid, state, at, self._blocks)

    def _hold(self, state: State, size: int) -> None:
        self._state = {name: np.ascontiguousarray(value) for name, value in state.items()}
        self.size = size
        short, tests = len(self.grid.sliding), len(self.grid.minutes)
        self._new = np.zeros((len(SERIES), size), dtype=np.int64)
        self._work = np.empty((len(SERIES), size))
        self._left = np.empty((short, len(SERIES), size), dtype=np.int32)
        self._above = np.empty((tests, len(SERIES), size), dtype=bool)
        self._deciding.hold(self._state)

    # -- closed windows ---------------------------------------------------------------------------------------------

    def close(
        self, minute: int, negative: Ints, mentions: Ints, learned: Ints | None = None, positive: Ints | None = None
    ) -> list[Decision]:
        """Score, decide and learn the closed window that starts at `minute`; windows come in turn, without gaps.

        Of the negatives only `learned` are taken into what is usual, all of them unless told; tests see them all.
        """
        self._begin(minute)
        if negative.shape != (self.size,) or mentions.shape != (self.size,):
            raise ValueError(f"counts of {self.size} rows are needed, not {negative.shape} and {mentions.shape}")
        state, new = self._state, self._new
        new[0], new[1] = negative, mentions
        new[2] = 0 if positive is None else positive
        if learned is not None:
            self._spare(negative, learned)
        self._slide()
        np.add(state["counts"], new, out=state["counts"])
        state["recent"][self._ring.place(self._windows)] = new
        np.add(state["block"], new, out=state["block"])
        np.multiply(new, new, out=self._work)
        np.add(state["squares"], self._work, out=state["squares"])
        short = len(self.grid.sliding)
        np.maximum(state["most"], state["counts"][:short], out=state["most"])
        self._busy = self._windows + 1
        np.greater_equal(state["counts"], state["gate"][NOW], out=self._above)
        decisions = self._deciding.closed(self._above, new, minute, self._blocks) if self._above.any() else []
        return self._advance(minute, decisions)

    def _spare(self, negative: Ints, learned: Ints) -> None:
        """Remember negatives that are not to be learned."""
        if learned.shape != negative.shape or (learned < 0).any() or (learned > negative).any():
            raise ValueError("of each row's negatives none to all can be learned")
        self._state["held_back"][0] += negative - learned

    def _slide(self) -> None:
        """Let the oldest counts leave the sliding windows."""
        np.take(self._state["recent"], self._ring.leaving(self._windows), axis=0, out=self._left, mode="clip")
        short = self._state["counts"][: len(self._left)]
        np.subtract(short, self._left, out=short)

    def close_idle(self, until: int) -> list[Decision]:
        """Close the windows up to minute `until` (exclusive) in which no row had a mention."""
        if self.next_minute is None:
            raise ValueError("the first window must be closed with its counts")
        decisions: list[Decision] = []
        while self.next_minute < until:
            minute = self.next_minute
            if self._windows - self._busy < self.grid.reach:
                self._slide()
                self._state["recent"][self._ring.place(self._windows)] = 0
                np.maximum(self._state["most"], self._state["counts"][: len(self._left)], out=self._state["most"])
            else:  # nothing is left to leave: the rest of the block, or of what was asked, passes at once
                left = min(self.grid.start_of_block(minute) + self.grid.block - minute, until - minute)
                more = -(-left // self.grid.step) - 1
                self._steps += more
                self._windows += more
                minute += more * self.grid.step
            decisions = self._advance(minute, decisions)
        return decisions

    def _begin(self, minute: int) -> None:
        if self.next_minute is None:
            self.next_minute = minute
            self._prepare(self._state, minute)
        if minute != self.next_minute:
            raise ValueError(f"minute {self.next_minute} must be closed next, not {minute}")

    # -- the end of a block -----------------------------------------------------------------------------------------

    def _advance(self, minute: int, decisions: list[Decision]) -> list[Decision]:
        self._steps += 1
        self._windows += 1
        self.next_minute = minute + self.grid.step
        if self.grid.last_of_block(minute):
            decisions = [*decisions, *self._finish_block(minute)]
        return decisions

    def _finish_block(self, minute: int) -> list[Decision]:
        state, policy, grid = self._state, self.policy, self.grid
        usual = state["rate"][NOW] * self._steps
        state["past_usual"][self._blocks % grid.ring] = usual
        state["usual_ever"] += usual
        shares.roll(grid, state, self._blocks)
        learns = self._deciding.learns()
        state["spared"] = np.where(state["held_back"] > 0, grid.ring, np.maximum(state["spared"] - 1, 0))
        baseline.learn(policy, grid, state, (grid.start_of_block(minute), self._steps), learns)
        state["life"] += 1
        following = minute + grid.step
        upcoming = grid.start_of_block(following) + grid.block
        self._turn(grid.day(upcoming))
        planned = self.calendar.events(grid.day(upcoming), self.codes) if len(self.codes) == self.size else 1.0
        baseline.publish(policy, grid, state, upcoming, self._blocks + 1, planned)
        found = gates.publish(policy, grid, state)
        decisions = self._deciding.settle(found, minute)
        shares.score(policy, grid, state)
        decisions += self._deciding.shares(minute)
        shares.learn(policy, grid, state)
        np.maximum(state["peak"], found * (state["spared"] == 0), out=state["peak"])
        if grid.day(following) != grid.day(minute):
            self._finish_day()
            state["awake"] = np.floor(learns)
        counting.end_block(grid, state, self._blocks)
        state["most"][...] = 0
        for name in ("block", "squares", "held_back"):
            state[name][...] = 0
        self._steps = 0
        self._blocks += 1
        self._deciding.want(grid.start_of_block(following))
        return decisions

    def _turn(self, day: int) -> None:
        """Enter or leave a spell of unusual days with the block that is published next."""
        spell = self.calendar.rest(day)
        if (None if spell is None else spell.first_day) == (None if self._spell is None else self._spell[0]):
            return
        if self._spell is not None:
            baseline.leave(self.policy, self._state, day - self._spell[1])
        if spell is not None:
            baseline.enter(self._state, spell.times)
        self._spell = None if spell is None else (spell.first_day, day)

    def _finish_day(self) -> None:
        calibration.remember_day(self.policy, self._state)
        calibration.choose(self.policy, self.grid, self._state, self._tables)
        shares.remember_day(self.policy, self._state)

    # -- open windows -----------------------------------------------------------------------------------------------

    def early(self, rows: Ints, negative: Ints, mentions: Ints, positive: Ints | None = None) -> list[Decision]:
        """Test the counts so far of the open windows from `next_minute` on, a column each, without learning.

        Each window is tested against what it will be closed with, and counts only grow: what fires here would have
        fired when the window closed.
        """
        width = negative.shape[1] if negative.ndim == 2 else 0
        if self.next_minute is None or not width:
            return []
        if width > MOST_OPEN or (width - 1) * self.grid.step > self.grid.block:
            raise ValueError(f"{width} open windows are more than can be tested early")
        new = (negative, mentions, np.zeros_like(negative) if positive is None else positive)
        decisions: list[Decision] = []
        for series, place in self._may_fire(rows, new):
            counts = [of_series[place].tolist() for of_series in new]
            done = (self._windows, self._blocks)
            decisions += self._deciding.early((series, int(rows[place])), self.next_minute, done, counts)
        return decisions

    def _may_fire(self, rows: Ints, new: tuple[Ints, Ints, Ints]) -> list[tuple[int, int]]:
        """Series and places of rows that would be at a gate if all their open counts fell into one window."""
        so_far = np.stack([counts.sum(axis=1) for counts in new])
        least = np.minimum(self._state["gate"][NOW][:, :, rows], self._state["gate"][NEXT][:, :, rows])
        near = ((self._state["counts"][:, :, rows] + so_far) >= least).any(axis=0) & (so_far > 0)
        return (
            [(int(series), int(place)) for series, place in zip(*np.nonzero(near), strict=True)] if near.any() else []
        )

    # -- what is asked ----------------------------------------------------------------------------------------------

    def nearest(self, rows: Ints, series: int = 0) -> Nearest:
        """Expectation, upper bound and probability of the last closed window; the bound is for one window's count."""
        state, slot = self._state, NOW if self._steps else LAST
        expected = state["rate"][slot, series][rows]
        upper = expected + 4.0 * np.sqrt(state["dispersion"][series][rows] * expected)
        return Nearest(expected, upper, self._chances(state["counts"][:, series, rows], slot, series, rows))

    def _chances(self, counts: Ints, slot: int, series: int, rows: Ints) -> Floats:
        """Chance of the most surprising window of each row, corrected by what its own days show."""
        state = self._state
        found = surprise(counts, state["expect"][slot][:, series, rows], state["size"][slot][:, series, rows])
        own = corrected_surprise(found, state["typical"][:, series, rows], state["strain"][:, series, rows])
        return np.asarray(np.exp(-np.minimum(own.max(axis=0), MOST_NATS)))

    def why(self, row: int, series: int = 0) -> Why:
        """What the newest closed window of a row was tested against, and what kept it from firing."""
        return self._deciding.why((series, row), (self.next_minute or 0) - self.grid.step, self._blocks)

    def end_of_block(self, minute: int) -> int:
        """First minute of the next block: what is expected stands still until then."""
        return self.grid.start_of_block(minute) + self.grid.block

    def expected_until(self, row: int, minute: int, series: int = 0) -> float:
        """Mentions usual for a row since the bank began, until an open minute (exclusive), at most a block ahead.

        The difference of two such sums is what was usual between them.
        """
        state, step = self._state, self.grid.step
        upcoming = minute if self.next_minute is None else self.next_minute
        end = self.end_of_block(upcoming)
        now = self._steps + (min(minute, end) - upcoming) // step
        later = max(0, minute - end) // step
        rate = state["rate"][:, series, row]
        return float(state["usual_ever"][series, row] + now * rate[NOW] + later * rate[NEXT])

    def present(self, row: int, series: str, negative: list[int]) -> tuple[float, float]:
        """Weekly and single probability of what a row's open windows hold by now; of a share, its last test's."""
        if series == SHARE:
            return shares.probabilities(self._state, row)
        if self.next_minute is None:
            return 1.0, 1.0
        done = (self._windows, self._blocks)
        return self._deciding.present((SERIES.index(series), row), self.next_minute, done, negative)

    def score(self, negative: Ints) -> Floats:
        """Probability of each row's next window if it were closed with these counts; 1 while warming up. Pure."""
        if self.next_minute is None:
            return np.ones(self.size)
        state, short = self._state, len(self.grid.sliding)
        counts = state["counts"][:, 0] + negative
        counts[:short] -= state["recent"][self._ring.leaving(self._windows), 0]
        single = self._chances(counts, NOW, 0, np.arange(self.size))
        return np.where(state["life"] * self.grid.block >= self.policy.warm_up, single, 1.0)

    def snapshot(self) -> bytes:
        """Everything that is remembered, exactly."""
        held = {
            series: [(row, *astuple(held[row])) for row in sorted(held)]
            for series, held in self._deciding.alarms.items()
        }
        head = {
            "size": self.size, "step": self.grid.step, "next_minute": self.next_minute, "windows": self._windows,
            "steps": self._steps, "blocks": self._blocks, "spell": self._spell,
            "scales": self.policy.scales, "budget": self.policy.budget, "alarms": held,
        }  # fmt: skip
        return snapshots.pack(head, self._state)

    @classmethod
    def restore(cls, policy: Policy, data: bytes, codes: Sequence[str] = ()) -> "Bank":
        """Continue from a snapshot. Raises `SnapshotError` if it is damaged, or was made with other scales."""
        head, state = snapshots.unpack(data)
        try:
            bank = cls(policy, 0, head["step"], codes)
            size = int(head["size"])
            bank._layout.check(state, size, head["scales"])
            bank.next_minute = head["next_minute"]
            bank._spell = None if head["spell"] is None else (int(head["spell"][0]), int(head["spell"][1]))
            for name in ("windows", "steps", "blocks"):
                setattr(bank, f"_{name}", int(head[name]))
            bank._busy = bank._windows
            for series, held in head["alarms"].items():
                bank._deciding.alarms[series] = {row: Alarm(*values) for row, *values in held}
            retuned = head["budget"] != policy.budget
        except (KeyError, TypeError, ValueError) as error:
            raise snapshots.SnapshotError("the snapshot is of a bank with other scales or step") from error
        bank._hold(state, size)
        if retuned and bank.next_minute is not None:
            bank._retune()
        return bank

    def _retune(self) -> None:
        """Let another budget hold from now on."""
        calibration.choose(self.policy, self.grid, self._state, self._tables)
        gates.renew_all(self.policy, self.grid, self._state)
        self._deciding.want(self.grid.start_of_block(self.next_minute or 0))
