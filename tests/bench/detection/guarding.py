"""What the guards hold back on simulated organisations: injected crises (hardly), outages and surges (nearly all)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from detectors.bank import Bank, Decision, Kind
from detectors.expectations import Expectations
from detectors.flows import Flows
from detectors.guards import DEFAULT, Evidence, Flow, GuardPolicy, Verdict, is_new, judge
from tests.bench.detection.measure import Alarms, crisis_before
from tests.bench.detection.sampling import Ints
from tests.bench.detection.world import DAY, Day, Failure, Simulation, World

#: How long after a failure an alarm still counts as caused by it: the windows of an alarm reach back so far.
AFTERMATH = 6 * 60


class Fired(NamedTuple):
    """An alarm: when the detector decided, why it was held back at first, and when it was let go (or never, -1)."""

    row: int
    minute: int
    guard: str
    released: int


@dataclass
class Held:
    """A spike that is held back: the window it began with."""

    start: int
    minute: int
    base: float
    verdict: Verdict | None = None

    @property
    def guard(self) -> str:
        """Why, or nothing."""
        return self.verdict.guard.value if self.verdict is not None and self.verdict.guard is not None else ""


@dataclass
class Guarded:
    """A bank with the guards before it, over the days of a simulation."""

    simulation: Simulation
    bank: Bank
    policy: GuardPolicy = DEFAULT
    flows: Flows = field(default_factory=Flows)
    fired: list[Fired] = field(default_factory=list)
    _days: list[Day] = field(default_factory=list)
    _held: dict[tuple[int, str], Held] = field(default_factory=dict)

    def run(self) -> list[Fired]:
        """All alarms, in the order in which they were decided or let go."""
        expectations = Expectations(self.bank.size)
        rows = np.arange(self.bank.size)
        for day in self.simulation.days():
            self._days = [*self._days[-1:], day]
            flowing = day.split_mentions.sum(axis=2), day.split_negative.sum(axis=2)
            for place in range(DAY):
                minute = day.first + place
                counts = {
                    ("news", f"{source}"): (int(mentions[place]), int(negative[place]))
                    for source, (mentions, negative) in enumerate(zip(*flowing, strict=True))
                    if mentions[place]
                }
                self.flows.take(minute, counts)
                if minute % 60 == 59:
                    expectations.note(minute - 59, self.bank.nearest(rows).expected if place else np.zeros(len(rows)))
                for made in self.bank.close(minute, day.negative[place], day.mentions[place]):
                    self._take(made, expectations)
                if minute % 5 == 4 and self._held:
                    self._again(minute, expectations)
        self.fired += [Fired(row, one.minute, one.guard, -1) for (row, _), one in self._held.items()]
        return self.fired

    def _take(self, made: Decision, expectations: Expectations) -> None:
        key = (made.index, made.series)
        if made.kind is Kind.RESOLVED:
            held = self._held.pop(key, None)
            if held is not None:
                self.fired.append(Fired(made.index, held.minute, held.guard, -1))
        elif made.kind is Kind.FIRED:
            start = made.minute + 1 - made.window
            base = self.bank.expected_until(made.index, made.minute + 1) - made.expected
            held = Held(start, made.minute, base)
            held.verdict = self._guard(made.index, (start, made.minute), made.expected, expectations)
            if held.guard:
                self._held[key] = held
            else:
                self.fired.append(Fired(made.index, made.minute, "", made.minute))

    def _again(self, minute: int, expectations: Expectations) -> None:
        for (row, series), held in list(self._held.items()):
            until = self.bank.expected_until(row, minute + 1)
            verdict = self._guard(row, (held.start, minute), max(until - held.base, 1e-9), expectations, held.verdict)
            free = verdict.guard is None
            if not free and minute - held.minute >= 60:
                rate = until - self.bank.expected_until(row, minute)
                hour = max(expectations.between(row, minute - 59, minute + 1), 60.0 * rate)
                fresh = self._guard(row, (minute - 59, minute), max(hour, 1e-9), expectations)
                free = is_new(self.policy, fresh)
            if free:
                del self._held[row, series]
                self.fired.append(Fired(row, held.minute, held.guard, minute))
            else:
                held.verdict = verdict

    def _guard(
        self,
        row: int,
        window: tuple[int, int],
        expected: float,
        expectations: Expectations,
        held: Verdict | None = None,
    ) -> Verdict:
        start, minute = window
        negative, mentions, delayed = self._window(row, start, minute + 1)
        observed, late = int(negative.sum()), 0
        over_gap = 0.0
        if delayed:
            late = round(observed * delayed / max(1, int(mentions.sum())))
            age = self._age(minute)
            over_gap = expectations.between(row, min(start, minute - 2 * age), minute + 1)
        flows = self._flows(row, start, minute + 1)
        return judge(self.policy, Evidence(observed, expected, flows, late, over_gap), held)

    def _window(self, row: int, start: int, end: int) -> tuple[Ints, Ints, int]:
        """Negatives and mentions by source, and late mentions, as far as the last two days reach."""
        negative = mentions = np.zeros(self.simulation.world.sources, dtype=np.int64)
        delayed = 0
        for day in self._days:
            part = slice(max(0, start - day.first), max(0, end - day.first))
            negative = negative + day.split_negative[:, part, row].sum(axis=1)
            mentions = mentions + day.split_mentions[:, part, row].sum(axis=1)
            delayed += int(day.delayed[part, row].sum())
        return negative, mentions, delayed

    def _age(self, minute: int) -> int:
        """Mean age of what comes late at a minute: it was published evenly over the outage."""
        over = [one for one in self.simulation.failures if one.kind == "outage" and one.begin <= minute]
        return minute - (over[-1].begin + over[-1].end) // 2 if over else 0

    def _flows(self, row: int, start: int, end: int) -> list[Flow]:
        begin, end = self.flows.span(min(start, end - 30), end)
        negative, mentions, _ = self._window(row, begin, end)
        _, before, _ = self._window(row, start - DAY, start)
        own, theirs = before - self._window(row, start - DAY, start)[0], self.flows.came(start - DAY, start)
        came, usual, known = self.flows.came(begin, end), self.flows.usual(begin, end), self.flows.known()
        found = []
        for place, name in enumerate(self.flows.names):
            source = int(name[1])
            if not known[place]:
                continue
            part = min(1.0, own[source] / theirs[place]) if theirs[place] else 0.0
            share = (before[source] + 1.0) / float(before.sum() + len(before))
            left = float(came[place]) - float(mentions[source] - negative[source])
            found.append(Flow(float(share), left, float(usual[place]) * (1.0 - part)))
        return found


class Tallied(NamedTuple):
    """Of alarms of one kind: how many there were, and how many were held back for good, and at first."""

    alarms: int
    held: int
    at_first: int


def caused_by(failures: Sequence[Failure], minute: int) -> str:
    """Kind of the failure that an alarm is put down to."""
    for one in failures:
        if one.begin <= minute < one.until + AFTERMATH:
            return one.kind
    return ""


def tally(simulation: Simulation, fired: Sequence[Fired]) -> dict[str, Tallied]:
    """By what caused them: ``crisis``, ``outage``, ``surge`` or ``chance``."""
    minutes = np.array([one.minute for one in fired], dtype=np.int64)
    rows = np.array([one.row for one in fired], dtype=np.int64)
    alarms = Alarms(rows, minutes, np.ones(len(rows), dtype=bool))
    crises = simulation.crises
    place = crisis_before(crises, alarms, simulation.world.first + simulation.world.days * DAY)
    found: dict[str, list[int]] = {}
    for one, crisis in zip(fired, place.tolist(), strict=True):
        inside = crisis >= 0 and one.minute <= crises.end[crisis]
        after = crisis >= 0 and one.minute <= crises.gone[crisis]
        cause = "crisis" if inside else "" if after else caused_by(simulation.failures, one.minute) or "chance"
        if one.minute >= simulation.world.measured and cause:
            tallied = found.setdefault(cause, [0, 0, 0])
            tallied[0] += 1
            tallied[1] += one.released < 0
            tallied[2] += bool(one.guard)
    return {cause: Tallied(*tallied) for cause, tallied in sorted(found.items())}


def show(worlds: Sequence[World], make: Callable[[int], Bank]) -> None:
    """Measure several worlds and print a row a cause: alarms, how many were held back for good, and how many at first.

    What is put down to a failure began while it lasted or in the six hours after; `chance` is all that is left.
    """
    total: dict[str, Tallied] = {}
    for world in worlds:
        simulation = Simulation(world)
        for cause, found in tally(simulation, Guarded(simulation, make(world.size)).run()).items():
            known = total.get(cause, Tallied(0, 0, 0))
            total[cause] = Tallied(*(one + other for one, other in zip(known, found, strict=True)))
    print(f"{'cause':<10}{'alarms':>8}{'held back':>11}{'share':>8}{'at first':>10}")
    for cause, one in sorted(total.items()):
        print(f"{cause:<10}{one.alarms:>8}{one.held:>11}{one.held / one.alarms:>8.3f}{one.at_first:>10}")
