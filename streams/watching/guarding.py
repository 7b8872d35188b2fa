"""Gathers what the guards ask about a spike: its sources, its late mentions, its repetitions (`detectors.guards`)."""

from collections.abc import Callable
from typing import NamedTuple

from alerts.model import Series
from detectors.expectations import Expectations
from detectors.flows import CALM, Flows
from detectors.guards import DEFAULT, Evidence, Flow, GuardPolicy, Verdict, is_new, judge
from detectors.policy import DAY
from streams.watching.counts import SourceCounts
from streams.watching.crowd import Crowd

#: Minutes over which sources are looked at, at least; and after which a held spike's last hour is looked at alone.
LEAST, HOUR = 30, 60


class Spike(NamedTuple):
    """What an alarm says: the window from `start` to the minute `now`, and the `rate` expected in that minute."""

    organisation: str
    series: Series
    start: int
    now: int
    observed: int
    expected: float
    rate: float = 0.0


class Guarding:
    """Judges the spikes of one partition.

    Parameters
    ----------
    sources, crowd
        What is remembered of mentions, shared with the watcher.
    flows
        What every source sends; asked for anew each time, since it is replaced when state is restored.
    row_of
        Row of an organisation in the expectations.
    """

    def __init__(
        self,
        sources: SourceCounts,
        crowd: Crowd,
        flows: Callable[[], Flows],
        row_of: Callable[[str], int],
        size: int,
        policy: GuardPolicy = DEFAULT,
    ) -> None:
        self.policy = policy
        self.expectations = Expectations(size)
        self._sources = sources
        self._crowd = crowd
        self._flows = flows
        self._row_of = row_of

    def judge(self, spike: Spike, held: Verdict | None = None, since: int | None = None) -> Verdict:
        """Say whether a spike is held back.

        Parameters
        ----------
        held, since
            The verdict by which it is held back already, and the minute from which on it was.
        """
        verdict = judge(self.policy, self._evidence(spike), held)
        if verdict.guard is None or since is None or spike.now - since < HOUR:
            return verdict
        start = spike.now + 1 - HOUR
        # The rates of past hours are known late: where the day begins, they are less than what is expected now.
        known = self.expectations.between(self._row_of(spike.organisation), start, spike.now + 1)
        expected = max(known, HOUR * spike.rate)
        negative = sum(one.negative for one in self._sources.since(spike.organisation, start, spike.now))
        latest = judge(self.policy, self._evidence(spike._replace(start=start, observed=negative, expected=expected)))
        return latest if is_new(self.policy, latest) else verdict

    def _evidence(self, spike: Spike) -> Evidence:
        heard = self._crowd.since(spike.organisation, spike.start, self.policy.voice)
        scale = spike.observed / heard.looked_at if heard.looked_at else 1.0
        gap = min(spike.start, spike.now + 1 - round(2.0 * heard.age)) if heard.late else spike.start
        over_gap = self.expectations.between(self._row_of(spike.organisation), gap, spike.now + 1)
        flows, silent = self._of_sources(spike)
        return Evidence(
            observed=spike.observed,
            expected=spike.expected,
            flows=flows,
            delayed=round(scale * heard.late),
            over_gap=max(over_gap, spike.expected) if heard.late else 0.0,
            different=round(scale * heard.different) if heard.looked_at else None,
            heard=round(scale * heard.voices) if heard.looked_at else None,
            share=spike.series is Series.NEGATIVE_SHARE,
            silent=silent,
        )

    def _of_sources(self, spike: Spike) -> tuple[list[Flow], bool]:
        """The sources without what the organisation has from them, and whether one of its own is silent."""
        flows, code = self._flows(), spike.organisation
        if flows.until is None:
            return [], False
        start, end = flows.span(min(spike.start, spike.now + 1 - LEAST), flows.until)
        own, before = self._counts(code, start, spike.now), self._counts(code, spike.start - DAY, spike.now)
        for name, (mentions, calm) in self._counts(code, spike.start, spike.now).items():
            before[name] = (before[name][0] - mentions, before[name][1] - calm)
        theirs = flows.came(spike.start - DAY, min(spike.start, flows.until), CALM).tolist()
        came, usual = flows.came(start, end).tolist(), flows.usual(start, end).tolist()
        known, total = flows.known().tolist(), sum(mentions for mentions, _ in before.values())
        found = []
        for place, name in enumerate(flows.names):
            mentions, calm = before.get(name, (0, 0))
            part = min(1.0, calm / theirs[place]) if theirs[place] else 0.0
            if known[place]:
                share = (mentions + 1.0) / (total + len(flows.names))
                left = came[place] - own.get(name, (0, 0))[1]
                found.append(Flow(share, max(0.0, left), usual[place] * (1.0 - part)))
        silent = {one.name for one in flows.silent()}
        return found, any(before.get(name, (0, 0))[0] > 0 for name in silent)

    def _counts(self, code: str, minute: int, now: int) -> dict[tuple[str, str], tuple[int, int]]:
        """Mentions, and those that are not negative, by source from a minute on."""
        found = self._sources.since(code, minute, now)
        return {(one.kind, one.name): (one.mentions, one.mentions - one.negative) for one in found}
