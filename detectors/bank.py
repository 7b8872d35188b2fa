"""All organisations of a partition at once: score, decide, learn, one closed window at a time."""

from dataclasses import astuple
from math import exp, log

import numpy as np

from detectors import alarm as alarms
from detectors import gates, learning, openings, shares, snapshots, surprise
from detectors.alarm import Alarm, Evidence, Reason
from detectors.baseline import LAST, NEXT, NOW, Floats, Grid, Ints, Layout, State, learn, publish, remember_day
from detectors.decisions import COUNT, SHARE, Decision, Kind, Nearest, chances, decision, probabilities
from detectors.openings import MOST_OPEN
from detectors.policy import Policy
from detectors.windows import (
    QUIET,
    WINDOWS,
    Graded,
    Moment,
    Window,
    graded_share,
    look_back,
    most_telling,
    share_window,
    stands_out,
)

__all__ = ["Bank", "Decision", "Kind", "Nearest", "Policy"]

#: Reasons that are said; `Kind` has the same values.
CHANGES = frozenset({Reason.FIRED, Reason.ESCALATED})


class Bank:
    """A vectorised multi-scale detector; every row is an organisation that knows nothing of the others.

    Smoothed negative counts at several half-lives are held against an hour-of-day level and a variance; the mean of the
    logarithms of their standardised deviations is compared with the row's own daily maxima. The negative share of six
    hours is tested the same way at each quarter of an hour.

    Parameters
    ----------
    policy
        All thresholds and half-lives.
    size
        Rows.
    step
        Minutes a window.

    Examples
    --------
    >>> bank = Bank(Policy(), size=1)
    >>> quiet = sum(len(bank.close(m, np.array([m % 2]), np.array([2]))) for m in range(4 * 1440))
    >>> burst = [d for m in range(4 * 1440, 4 * 1440 + 9) for d in bank.close(m, np.array([9]), np.array([9]))]
    >>> quiet, burst[0].kind.value
    (0, 'fired')
    """

    def __init__(self, policy: Policy, size: int, step: int = 1) -> None:
        self.policy = policy
        self.grid = Grid(step)
        self.next_minute: int | None = None
        self.size = 0
        self._layout = Layout(policy, self.grid)
        self._power = len(policy.half_lives)
        self._keep = tuple(0.5 ** (step / half_life) for half_life in policy.half_lives)
        self._excess = surprise.excess_of(policy.budget, policy.spread)
        self._state = self._layout.empty(0)
        self._alarms: dict[str, dict[int, Alarm]] = {COUNT: {}, SHARE: {}}
        self._steps = 0
        self._blocks = 0
        self.grow(size)

    def grow(self, size: int) -> None:
        """Add rows that have seen nothing. Each call copies the state: grow in chunks."""
        if size < self.size:
            raise ValueError(f"a bank of {self.size} rows cannot shrink to {size}")
        fresh = self._layout.empty(size - self.size)
        if self.next_minute is not None:
            for _ in (LAST, NOW, NEXT):
                publish(self.policy, self.grid, fresh, self.next_minute)
        self._hold({k: np.concatenate([v, fresh[k]], axis=-1) for k, v in self._state.items()}, size)

    def _hold(self, state: State, size: int) -> None:
        self._state = {name: np.ascontiguousarray(value) for name, value in state.items()}
        self.size = size
        self._counts, self._product, self._taught = np.empty(size), np.zeros(size), np.zeros(size)
        self._work, self._more = np.empty((self._power, size)), np.empty((self._power, size))
        self._holding = bool(state["over"].any())
        self._above = np.empty(size, dtype=bool)
        self._decay = np.repeat(np.array(self._keep)[:, None], size, axis=1)
        self._gain = 1.0 - self._decay

    # -- closed windows ---------------------------------------------------------------------------------------------

    def close(self, minute: int, negative: Ints, mentions: Ints, learned: Ints | None = None) -> list[Decision]:
        """Score, decide and learn the closed window that starts at `minute`; windows come in turn, without gaps.

        Of the negatives only `learned` are taken into what is usual, all of them unless told; scores see them all.
        """
        self._begin(minute)
        if negative.shape != (self.size,) or mentions.shape != (self.size,):
            raise ValueError(f"counts of {self.size} rows are needed, not {negative.shape} and {mentions.shape}")
        state, smooth = self._state, self._fall()
        if learned is not None:
            self._holding |= learning.hold_back(state, self._gain, negative, learned)
        np.copyto(self._counts, negative)
        np.multiply(self._gain, self._counts, out=self._work)
        np.add(smooth, self._work, out=smooth)
        np.add(state["negative"], negative, out=state["negative"])
        np.add(state["mentions"], mentions, out=state["mentions"])
        self._deviate()
        np.greater(self._product, state["gate"][NOW], out=self._above)
        decisions = self._decide(minute, negative) if np.count_nonzero(self._above) else []
        return self._advance(minute, decisions)

    def close_idle(self, until: int) -> list[Decision]:
        """Close the windows up to minute `until` (exclusive) in which no row had a mention."""
        if self.next_minute is None:
            raise ValueError("the first window must be closed with its counts")
        decisions: list[Decision] = []
        step = self.grid.step
        while self.next_minute < until:
            minute = self.next_minute
            if self._steps == 0:  # inside a block deviations now only fall, so its first window holds the maximum
                self._fall()
                self._deviate()
            else:
                left = self.grid.start_of_block(minute) + self.grid.block - minute
                windows = -(-min(left, until - minute) // step)
                self._fade(windows)
                self._steps += windows - 1
                minute += (windows - 1) * step
            decisions = self._advance(minute, decisions)
        return decisions

    def _fade(self, windows: int) -> None:
        """Let the smoothed counts fall for some windows of one block, none of them its first."""
        squares, work, expect = self._state["squares"], self._work, self._state["expect"][NOW]
        for _ in range(windows):
            smooth = self._fall()
            np.subtract(smooth - self._state["over"] if self._holding else smooth, expect, out=work)
            np.multiply(work, work, out=work)
            np.add(squares, work, out=squares)

    def _begin(self, minute: int) -> None:
        if self.next_minute is None:
            self.next_minute = minute
            for _ in (LAST, NOW, NEXT):
                publish(self.policy, self.grid, self._state, minute)
        if minute != self.next_minute:
            raise ValueError(f"minute {self.next_minute} must be closed next, not {minute}")

    def _fall(self) -> Floats:
        """Let the smoothed counts fall by a window."""
        for name in ("smooth", "over") if self._holding else ("smooth",):
            np.multiply(self._state[name], self._decay, out=self._state[name])
        return self._state["smooth"]

    def _deviate(self) -> None:
        """Score the smoothed counts, into `_product`; take what is to be learned of them into squares and peak."""
        state, work, floor = self._state, (self._work, self._more), self.policy.floor
        learning.multiply(state, floor, state["smooth"], work, self._product, learn=not self._holding)
        np.maximum(state["top"], self._product, out=state["top"])
        taught = self._product
        if self._holding:
            taught = self._taught
            learning.multiply(state, floor, state["smooth"] - state["over"], work, taught, learn=True)
        np.maximum(state["peak"], taught, out=state["peak"])

    def _decide(self, minute: int, negative: Ints) -> list[Decision]:
        decisions = []
        for row in np.flatnonzero(self._above).tolist():
            latest = int(negative[row])
            if latest and self._enough(row):
                at = Moment(row, minute, NOW, latest, *self._so_far(row))
                decisions += self._judge(at, log(float(self._product[row])) / self._power)
        return decisions

    def _enough(self, row: int) -> bool:
        """Whether a window of `VOLUME` could hold the least negatives: cheaper than counting it."""
        most = int(self._state["rolling_negative"][row]) + int(self._state["negative"][row])
        return most >= self.policy.least_negative

    def _so_far(self, row: int) -> tuple[int, int]:
        return int(self._state["negative"][row]), int(self._state["mentions"][row])

    def _judge(self, at: Moment, height: float) -> list[Decision]:
        """Let the alarm of a row whose deviation is above its gate decide."""
        old = self._alarms[COUNT].get(at.row, Alarm())
        windows = look_back(self.policy, self.grid, self._state, self._blocks, at, WINDOWS)
        found = most_telling(self.policy, windows)
        volume = windows[WINDOWS.index(QUIET)].observed
        block = self.grid.start_of_block(at.minute)
        threshold = float(self._state["threshold"][at.slot, at.row])
        # One window that is most of these hours has lasted by itself.
        before = volume if 2 * self.grid.step > QUIET[0] else volume - at.latest
        seen = Evidence(at.minute, block, height, threshold, volume, before, found.grade)
        new, reason = alarms.test(self.policy, old, seen)
        if new is not old:
            self._alarms[COUNT][at.row] = new
            self._set_gate(at.row)
        if reason not in CHANGES:
            return []
        return [self._say(Kind(reason.value), COUNT, at, found, height - threshold + self._excess)]

    def _set_gate(self, row: int) -> None:
        block = self.grid.start_of_block(self.next_minute or 0)
        gates.set_row(self.policy, self.grid, self._state, self._alarms[COUNT][row], (row, block))

    def _say(self, kind: Kind, series: str, at: Moment, found: Graded, excess: float) -> Decision:
        return decision(self.policy, self.grid, kind, series, (at.row, at.minute), found, excess)

    def _hours(self, at: Moment) -> Window:
        """The window of the last hours."""
        return look_back(self.policy, self.grid, self._state, self._blocks, at, (QUIET,))[0]

    # -- the end of a block -----------------------------------------------------------------------------------------

    def _advance(self, minute: int, decisions: list[Decision]) -> list[Decision]:
        self._steps += 1
        self.next_minute = minute + self.grid.step
        if self.grid.last_of_block(minute):
            shares.score(self.policy, self.grid, self._state, self._blocks)
            decisions = [*decisions, *self._settle(minute), *self._judge_shares(minute)]
            shares.learn(self.policy, self.grid, self._state)
            self._finish_block(minute)
        return decisions

    def _finish_block(self, minute: int) -> None:
        state, policy, grid = self._state, self.policy, self.grid
        place = self._blocks % grid.ring
        state["past_negative"][place] = state["negative"]
        state["past_mentions"][place] = state["mentions"]
        np.multiply(state["usual"][NOW], self._steps, out=state["past_usual"][place])
        np.add(state["usual_ever"], state["past_usual"][place], out=state["usual_ever"])
        firing = [row for row, held in self._alarms[COUNT].items() if held.firing]
        learn(policy, grid, state, (grid.start_of_block(minute), self._steps), firing)
        following = minute + grid.step
        new_day = grid.day(following) != grid.day(minute)
        if new_day:
            remember_day(policy, state, self._power, "peak", "centre", "days")
            remember_day(policy, state, 1, "share_peak", "share_centre", "share_days")
            np.maximum(state["share_centre"], policy.share_centre, out=state["share_centre"])
        for name in ("squares", "top", "negative", "mentions", "held_back"):
            state[name][...] = 0
        self._holding = self._holding and learning.forget(state)
        self._steps = 0
        self._blocks += 1
        publish(policy, grid, state, grid.start_of_block(following) + grid.block)
        gates.publish(policy, grid, state, self._excess, new_day=new_day)
        for row in sorted(self._alarms[COUNT]):
            self._set_gate(row)

    def _settle(self, minute: int) -> list[Decision]:
        """Resolve what has been quiet; forget alarms whose hold-off is over."""
        decisions = []
        for series, top, power in ((COUNT, "top", self._power), (SHARE, "share_now", 1)):
            held = self._alarms[series]
            for row in sorted(held):
                if not held[row].firing:
                    if minute - held[row].since >= self.policy.hold_off:
                        del held[row]
                    continue
                centre = float(self._state["centre" if series == COUNT else "share_centre"][row])
                height = log(max(float(self._state[top][row]), self.policy.floor**power)) / power
                lingers = series == COUNT and self._lingers(row, minute, held[row])
                held[row], reason = alarms.settle(self.policy, held[row], minute, loud=height > centre, lingers=lingers)
                if reason in {Reason.RESOLVED_QUIET, Reason.RESOLVED_LONGEST}:
                    at = Moment(row, minute, NOW, 0, *self._so_far(row))
                    found = Graded(self._hours(at), held[row].grade, 1.0)
                    decisions.append(self._say(Kind.RESOLVED, series, at, found, height - centre))
        return decisions

    def _lingers(self, row: int, minute: int, held: Alarm) -> bool:
        """Whether the last hours still stand out; asked only where the alarm would be resolved otherwise."""
        if minute - held.loud < self.policy.quiet:
            return False
        at = Moment(row, minute, NOW, 0, *self._so_far(row))
        return stands_out(self.policy, self._hours(at))

    def _judge_shares(self, minute: int) -> list[Decision]:
        decisions = []
        state, block = self._state, self.grid.start_of_block(minute)
        for row in np.flatnonzero(state["share_now"] > state["share_gate"]).tolist():
            if row in self._alarms[COUNT]:
                continue  # the count's alarm says it already
            height, centre = log(float(state["share_now"][row])), float(state["share_centre"][row])
            at = Moment(row, minute, NOW, 0, *self._so_far(row))
            usual = float(shares.usual_share(self.policy, state)[row])
            found = graded_share(self.policy, share_window(self._hours(at), usual))
            old, negatives = self._alarms[SHARE].get(row, Alarm()), found.window.observed
            seen = Evidence(minute, block, height, centre + self._excess, negatives, negatives, found.grade)
            new, reason = alarms.test(self.policy, old, seen)
            if new is not old:
                self._alarms[SHARE][row] = new
            if reason in CHANGES:
                decisions.append(self._say(Kind(reason.value), SHARE, at, found, height - centre))
        return decisions

    # -- open windows -----------------------------------------------------------------------------------------------

    def early(self, rows: Ints, negative: Ints, mentions: Ints) -> list[Decision]:
        """Test the counts so far of the open windows from `next_minute` on, a column each, without learning.

        Each window is tested against what it will be closed with, and counts only grow: what fires here would have
        fired when the window closed.
        """
        width = negative.shape[1] if negative.ndim == 2 else 0
        if self.next_minute is None or not width:
            return []
        if width > MOST_OPEN or (width - 1) * self.grid.step > self.grid.block:
            raise ValueError(f"{width} open windows are more than can be tested early")
        decisions: list[Decision] = []
        for place in np.flatnonzero(openings.may_fire(self.policy, self._state, self._gain, rows, negative)).tolist():
            counts = (negative[place].tolist(), mentions[place].tolist())
            decisions += self._early(int(rows[place]), *counts)
        return decisions

    def _early(self, row: int, negative: list[int], mentions: list[int]) -> list[Decision]:
        gate = self._state["gate"][:, row].tolist()
        total, total_mentions = self._so_far(row)
        tested = openings.products(self.policy, self.grid, self._state, (row, self.next_minute or 0), negative)
        at, product = None, 0.0
        for (minute, slot, value), count, all_of_them in zip(tested, negative, mentions, strict=True):
            total, total_mentions = total + count, total_mentions + all_of_them
            if count and value > gate[slot]:
                at, product = Moment(row, minute, slot, count, total, total_mentions), value
        # Of several the last one decides: it has seen most.
        return [] if at is None else self._judge(at, log(product) / self._power)

    # -- what is asked ----------------------------------------------------------------------------------------------

    def nearest(self, rows: Ints) -> Nearest:
        """Expectation, upper bound and probability of the last closed window; the bound is for one window's count."""
        state, slot = self._state, NOW if self._steps else LAST
        expected, inverse = state["expect"][slot][rows], state["inverse"][slot][:, rows]
        centre = state["centre"][rows]
        upper = expected + np.array([exp(c + self._excess) for c in centre.tolist()]) / inverse[0]
        return Nearest(expected, upper, chances(self.policy, self.grid, state, state["smooth"][:, rows], slot, rows))

    def end_of_block(self, minute: int) -> int:
        """First minute of the next block: what is expected stands still until then."""
        return self.grid.start_of_block(minute) + self.grid.block

    def expected_until(self, row: int, minute: int) -> float:
        """Negatives usual for a row since the bank began, until an open minute (exclusive), at most a block ahead.

        The difference of two such sums is what was usual between them.
        """
        closed = (minute if self.next_minute is None else self.next_minute, self._steps)
        return openings.expected_until(self.grid, self._state, row, minute, closed)

    def present(self, row: int, series: str, negative: list[int]) -> tuple[float, float]:
        """Weekly and single probability of what a row's open windows hold by now; of a share, its last test's."""
        centre, power, most = "share_centre", 1, float(self._state["share_now"][row])
        if series == COUNT:
            centre, power = "centre", self._power
            tested = openings.products(self.policy, self.grid, self._state, (row, self.next_minute or 0), negative)
            most = max((value for _, _, value in tested), default=0.0)
        height = log(max(most, self.policy.floor**power)) / power
        return probabilities(self.policy, self.grid, series, height - float(self._state[centre][row]))

    def score(self, negative: Ints) -> Floats:
        """Probability of each row's next window if it were closed with these counts; 1 while warming up. Pure."""
        if self.next_minute is None:
            return np.ones(self.size)
        smooth = self._state["smooth"] * self._decay + self._gain * negative
        single = chances(self.policy, self.grid, self._state, smooth, NOW, np.arange(self.size))
        return np.where(np.isinf(self._state["threshold"][NOW]), 1.0, single)

    def snapshot(self) -> bytes:
        """Everything that is remembered, exactly."""
        held = {series: [(row, *astuple(held[row])) for row in sorted(held)] for series, held in self._alarms.items()}
        head = {
            "size": self.size, "step": self.grid.step, "next_minute": self.next_minute, "steps": self._steps,
            "blocks": self._blocks, "alarms": held, "excess": self._excess,
        }  # fmt: skip
        return snapshots.pack(head, self._state)

    @classmethod
    def restore(cls, policy: Policy, data: bytes) -> "Bank":
        """Continue from a snapshot. Raises `SnapshotError` if it is damaged, or was made with other scales."""
        head, state = snapshots.unpack(data)
        try:
            bank = cls(policy, 0, head["step"])
            size = int(head["size"])
            bank._layout.check(state, size)
            bank.next_minute, bank._steps, bank._blocks = head["next_minute"], int(head["steps"]), int(head["blocks"])
            moved = bank._excess - float(head["excess"])
            for series, held in head["alarms"].items():
                bank._alarms[series] = {row: Alarm(*values) for row, *values in held}
        except (KeyError, TypeError, ValueError) as error:
            raise snapshots.SnapshotError("the snapshot is of a bank with other scales or step") from error
        bank._hold(state, size)
        if moved:  # the policy has another budget than the one the snapshot was made with
            gates.shift(bank._state, moved, bank._power)
            for row in bank._alarms[COUNT]:
                bank._set_gate(row)
        return bank
