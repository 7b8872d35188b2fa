"""The alarms of a bank: who is looked at, what is said, what each of them waits for."""

from collections.abc import Iterator, Sequence

import numpy as np

from detectors import alarm as alarms
from detectors import baseline, calibration, counting, gates, shares
from detectors.alarm import Alarm, Evidence, Reason
from detectors.decisions import COUNT, SEVERITIES, SHARE, TOTAL, Decision, Kind, Why
from detectors.judging import Judged, Moment, closed_moment, expected_so_far, judge
from detectors.layout import SERIES, VOLUME, Bools, Floats, Grid, Ints, State
from detectors.policy import DAY, Policy

#: Reasons that are said; `Kind` has the same values.
CHANGES = frozenset({Reason.FIRED, Reason.ESCALATED})
ENDS = frozenset({Reason.RESOLVED_QUIET, Reason.RESOLVED_LONGEST})


class Deciding:
    """Alarms of every series and row.

    Attributes
    ----------
    alarms
        By series and row: those that fire, and those whose hold-off is not over.
    """

    def __init__(self, policy: Policy, grid: Grid) -> None:
        self._policy = policy
        self._grid = grid
        self._state: State = {}
        self.alarms: dict[str, dict[int, Alarm]] = {series: {} for series in (*SERIES, SHARE)}

    def hold(self, state: State) -> None:
        """Decide over these arrays from now on."""
        self._state = state

    def learns(self) -> Floats:
        """1 for each series and row that learns, less where an alarm fires, or that of the row's negatives."""
        less = self._policy.firing_weight
        found = np.ones((len(SERIES), self._state["life"].shape[-1]))
        for place, series in enumerate(SERIES):
            for row, held in self.alarms[series].items():
                if held.firing:
                    found[place, row] = less
                    if series == COUNT:
                        found[:, row] = less
        return found

    # -- counts -----------------------------------------------------------------------------------------------------

    def closed(self, above: Bools, new: Ints, minute: int, blocks_done: int) -> list[Decision]:
        """Decide about the series that are at a gate with the window just closed."""
        decisions = []
        for series, row in zip(*(found.tolist() for found in np.nonzero(above.any(axis=0))), strict=True):
            latest = int(new[series, row])
            if latest and self._is_asked(series, row):
                at = closed_moment(self._state, (series, row), minute, latest)
                before = counting.volume(self._grid, self._state, (series, row), blocks_done) - latest
                decisions += self._judge(at, before)
        return decisions

    def early(
        self, column: tuple[int, int], first: int, done: tuple[int, int], counts: Sequence[Sequence[int]]
    ) -> list[Decision]:
        """Decide about a series that may be at a gate with open windows from minute `first` on, counts by series."""
        if not self._is_asked(*column):
            return []
        series, row = column
        tested = counting.opened(self._grid, self._state, column, done, first, counts[series])
        mentions = tested if series == 1 else counting.opened(self._grid, self._state, (1, row), done, first, counts[1])
        gate = self._state["gate"][:, :, series, row].tolist()
        found, before = None, counting.volume(self._grid, self._state, column, done[1])
        total = before
        for place, ((slot, seen), (_, of_all)) in enumerate(zip(tested, mentions, strict=True)):
            latest = int(counts[series][place])
            total += latest
            if latest and any(count >= least for count, least in zip(seen, gate[slot], strict=True)):
                # Of several the last one decides: it has seen most.
                found = Moment(series, row, first + place * self._grid.step, slot, latest, seen, of_all)
                before = total - latest
        return [] if found is None else self._judge(found, before)

    def _is_asked(self, series: int, row: int) -> bool:
        """Whether a series may raise an alarm: what is only information is silent while negatives fire."""
        if series == 0:
            return True
        if not self._policy.informs or row in self.alarms[COUNT]:
            return False
        only_negative = self._state["share_mentions"][row] <= self._state["share_negative"][row]
        return not (SERIES[series] == TOTAL and only_negative)

    def _judge(self, at: Moment, before: int) -> list[Decision]:
        policy, series = self._policy, SERIES[at.series]
        old = self.alarms[series].get(at.row, Alarm())
        found = judge(policy, self._grid, self._state, at)
        grade = found.grade if series == COUNT else min(found.grade, 0)
        # One window that is most of these hours has lasted by itself.
        lasted = before + (at.latest if 2 * self._grid.step > VOLUME else 0)
        new, reason = alarms.test(policy, old, Evidence(at.minute, found.excess, found.over, lasted, grade))
        if new is not old:
            self.alarms[series][at.row] = new
            self._want(series, at.row, self._grid.start_of_block(at.minute))
        if reason not in CHANGES:
            return []
        return [self._say(Kind(reason.value), at, found, new.grade)]

    def _say(self, kind: Kind, at: Moment, found: Judged, grade: int) -> Decision:
        scale = found.scales[found.decisive]
        return Decision(
            index=at.row,
            kind=kind,
            series=SERIES[at.series],
            severity=SEVERITIES[max(grade, 0)],
            minute=at.minute,
            window=scale.minutes,
            observed=scale.observed,
            mentions=scale.mentions,
            expected=expected_so_far(self._grid, self._state, at, found.decisive),
            test_probability=scale.test_probability,
            probability=found.probability,
            scales=found.scales,
        )

    # -- what alarms wait for ---------------------------------------------------------------------------------------

    def want(self, block: int) -> None:
        """Let alarms want in the block that begins now what they do; forget those whose hold-off is over."""
        for series in SERIES:
            held = self.alarms[series]
            for row in sorted(held):
                over = not held[row].firing and block - held[row].since >= self._policy.hold_off
                self._want(series, row, block)
                if over:
                    del held[row]

    def _want(self, series: str, row: int, block: int) -> None:
        column = (SERIES.index(series), row)
        steep = float(self._state["steep"][column])
        usual = steep * calibration.wanted(self._policy)
        graver = tuple(steep * calibration.wanted(self._policy, part) for part, _, _ in self._policy.severities)
        wants = alarms.wanted(self._policy, self.alarms[series][row], block, usual, graver)
        if wants != float(self._state["want"][column]):
            self._state["want"][column] = wants
            gates.renew(self._policy, self._grid, self._state, column)

    # -- the end of a block -----------------------------------------------------------------------------------------

    def settle(self, found: Floats, minute: int) -> list[Decision]:
        """Resolve what has been quiet; `found` is the surprise of the finished block's counts."""
        decisions = []
        for place, series in enumerate(SERIES):
            held = self.alarms[series]
            for row in sorted(row for row in held if held[row].firing):
                loud = self._stands_out(found[:, place, row], (place, row))
                held[row], reason = alarms.settle(self._policy, held[row], minute, loud=loud)
                if reason in ENDS:
                    if reason is Reason.RESOLVED_LONGEST:
                        self._shift(place, row)
                    decisions.append(self._end(place, row, minute, held[row].grade))
        return decisions

    def _shift(self, place: int, row: int) -> None:
        baseline.shift(self._state, (place, row), self._grid)

    def _stands_out(self, found: Floats, column: tuple[int, int]) -> bool:
        strain, typical = (self._state[name][(slice(None), *column)] for name in ("strain", "typical"))
        least = self._policy.loud * float(self._state["steep"][column]) * calibration.wanted(self._policy)
        return bool(((found - typical) / strain).max() > self._state["beyond"][column] + least)

    def _end(self, series: int, row: int, minute: int, grade: int) -> Decision:
        at = closed_moment(self._state, (series, row), minute, 0)
        found = judge(self._policy, self._grid, self._state, at)
        longest = len(found.scales) - 1
        scale = found.scales[longest]
        return Decision(
            index=row,
            kind=Kind.RESOLVED,
            series=SERIES[series],
            severity=SEVERITIES[max(grade, 0)],
            minute=minute,
            window=scale.minutes,
            observed=scale.observed,
            mentions=scale.mentions,
            expected=expected_so_far(self._grid, self._state, at, longest),
            test_probability=scale.test_probability,
            probability=found.probability,
        )

    def shares(self, minute: int) -> list[Decision]:
        """Decide about the shares of negatives at the end of a block."""
        decisions = []
        held = self.alarms[SHARE]
        for row in self._asked_shares():
            old = held.get(row, Alarm())
            said = shares.decide(self._policy, self._grid, self._state, row, minute, old)
            if said.alarm is not old:
                held[row] = said.alarm
            if said.decision is not None:
                decisions.append(said.decision)
        for row in [row for row, one in held.items() if not one.firing and minute - one.since >= self._policy.hold_off]:
            del held[row]
        return decisions

    def _asked_shares(self) -> Iterator[int]:
        over = np.flatnonzero(self._state["share_now"] >= shares.wanted(self._policy)).tolist()
        firing = [row for row, one in self.alarms[SHARE].items() if one.firing]
        for row in sorted({*over, *firing}):
            if row not in self.alarms[COUNT] or row in self.alarms[SHARE]:
                yield row

    # -- what is asked ----------------------------------------------------------------------------------------------

    def present(
        self, column: tuple[int, int], first: int, done: tuple[int, int], counts: Sequence[int]
    ) -> tuple[float, float]:
        """Weekly and single probability of the most surprising of a series' open windows."""
        found = [(1.0, 1.0)]
        for place, (slot, seen) in enumerate(counting.opened(self._grid, self._state, column, done, first, counts)):
            minute = first + place * self._grid.step
            at = Moment(*column, minute, slot, int(counts[place]), seen, seen)
            judged = judge(self._policy, self._grid, self._state, at)
            found.append((judged.probability, judged.scales[judged.decisive].test_probability))
        return min(found)

    def why(self, column: tuple[int, int], minute: int, blocks_done: int) -> Why:
        """What kept a series from firing in the newest closed window."""
        state, policy = self._state, self._policy
        at = closed_moment(state, column, minute, 0)
        found = judge(policy, self._grid, state, at)
        held = self.alarms[SERIES[column[0]]].get(column[1], Alarm())
        reason = Reason.FIRING if held.firing else Reason.BELOW
        if state["life"][column[1]] * self._grid.block < policy.warm_up:
            reason = Reason.WARMING_UP
        elif found.over and not held.firing:
            few = counting.volume(self._grid, state, column, blocks_done) < policy.least_before
            reason = Reason.NOT_PERSISTENT if few else Reason.FIRED
        elif not held.firing and column[1] in self.alarms[SERIES[column[0]]]:
            reason = Reason.HELD
        return Why(
            refusal=reason.value,
            scales=found.scales,
            decisive=found.decisive,
            probability=found.probability,
            budget=policy.budget * (1.0 - policy.share_part),
            days=float(state["age"][column]) * self._grid.block / DAY,
            dispersion=float(state["dispersion"][column]),
            doubt=float(state["doubt"][column]) ** 0.5,
            strain=float(state["strain"][found.decisive, column[0], column[1]]),
        )
