"""From a detector's decision to a finding: identity, revisions, and what is shown with it."""

import hashlib
import struct
from collections.abc import Mapping
from math import log
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
from msgspec import structs

from alerts.explanation import Explanation
from alerts.model import (
    AlertState,
    Excerpt,
    Finding,
    FormerName,
    Representative,
    RoleCount,
    Series,
    Severity,
    SourceCount,
)
from detectors.bank import Decision, Kind
from detectors.decisions import Why
from detectors.guards import Verdict
from streams.reading.placing import MINUTE_MS as MINUTE
from streams.watching.columns import Ints
from streams.watching.counts import SOURCES_SHOWN, SourceCounts
from streams.watching.envelopes import UNATTRIBUTED, UNATTRIBUTED_NAME
from streams.watching.explaining import explanation, with_sources
from streams.watching.guarding import Spike
from streams.watching.standing import Standing
from streams.watching.stories import SHOWN, Stories
from streams.watching.times import instant
from streams.watching.words import Words

#: While an alert fires, at most one update in this time (milliseconds), and only when so many times more was observed.
UPDATE_AFTER = 30 * MINUTE
UPDATE_GROWTH = 1.5
#: And only while so many times more was observed than expected.
UPDATE_RATIO = 2.0
#: The series whose spikes may be held back.
GUARDED = frozenset({Series.NEGATIVE_COUNT, Series.NEGATIVE_SHARE})


def alert_id(organisation: str, series: str, fired_at: int) -> str:
    """Identity of an alert: 128 bits of a SHA-256, in 32 hexadecimal digits.

    What is hashed is ``alert/1``, the organisation's code and the series' name, each in UTF-8 with its length before
    it in 4 bytes, then the tick of the first firing in milliseconds in 8 bytes, all big-endian.

    Examples
    --------
    >>> alert_id("19", "negative_count", 1_759_795_200_000)
    '9589168677e316d7bcc7a295b0aeb481'
    """
    data = b"".join(
        struct.pack(">I", len(text)) + text for text in (b"alert/1", organisation.encode(), series.encode())
    )
    return hashlib.sha256(data + struct.pack(">q", fired_at)).hexdigest()[:32]


class Baseline(Protocol):
    """What the detector knows of one organisation at a tick."""

    def expected_until(self, minute: int) -> float:
        """Negatives expected from some fixed minute on until this one (exclusive)."""

    def present(self, series: str) -> tuple[float, float]:
        """Weekly probability of the newest test, and that of the single test."""

    def why(self, series: str) -> Why | None:
        """What the series' newest closed window was tested against."""


class Guards(Protocol):
    """Says whether a spike is the collector's rather than the world's: `streams.watching.guarding.Guarding`."""

    def judge(self, spike: Spike, held: Verdict | None = None, since: int | None = None) -> Verdict:
        """Whether it is held back; `held` since the minute `since`, if it is already."""


class Active(msgspec.Struct):
    """An alert that fires: what its newest revision said, and how many negatives were counted since.

    Attributes
    ----------
    start, end
        First minute of the window that the newest revision names, and the one after its last.
    expected
        Negatives expected in that window.
    base
        What `Baseline.expected_until` gave at `start`.
    told
        `observed` of the newest revision.
    observed, mentions
        The counts from `start` to now.
    shown
        Sources, representatives and words of the newest revision.
    held, judged
        Why it is held back, if it is, and the tick at which that was asked last.
    """

    id: str
    revision: int
    first: int
    newest: int
    organisation: str
    series: Series
    severity: Severity
    start: int
    end: int
    expected: float
    base: float
    told: int
    observed: int
    mentions: int
    probability: float
    test_probability: float
    sources: tuple[SourceCount, ...] = ()
    representatives: tuple[Representative, ...] = ()
    words: tuple[str, ...] = ()
    excerpted: list[tuple[str, str, str]] = []
    roles: tuple[RoleCount, ...] = ()
    former_names: tuple[FormerName, ...] = ()
    held: Verdict | None = None
    judged: int = 0
    explanation: Explanation | None = None
    blaming: int = 0
    happening: int = 0

    def is_due(self, tick: int) -> bool:
        """Whether so much has come that people should hear of it."""
        return tick - self.newest >= UPDATE_AFTER and self.observed >= UPDATE_GROWTH * self.told

    def stands_out(self) -> bool:
        """Whether the figures still say that something is unusual."""
        return self.observed >= UPDATE_RATIO * self.expected


class Revision(NamedTuple):
    """A finding with the texts of the mentions it shows for the first time."""

    finding: Finding
    excerpts: tuple[Excerpt, ...]


class AlertBook:
    """The alerts that fire in one partition.

    Parameters
    ----------
    names
        Organisations' names by code.
    sources, stories, words
        What is remembered of mentions, shared with the watcher.
    guards
        Whether a spike is held back; without them none is.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        sources: SourceCounts,
        stories: Mapping[str, Stories],
        words: Mapping[str, Words],
        standing: Standing,
        guards: Guards | None = None,
    ) -> None:
        self.rename(names)
        self._guards = guards
        self._sources = sources
        self._stories = stories
        self._words = words
        self._standing = standing
        self.active: dict[str, dict[str, Active]] = {}

    def rename(self, names: Mapping[str, str]) -> None:
        """Call the organisations so from now on."""
        self._names = {UNATTRIBUTED: UNATTRIBUTED_NAME, **names}

    def resolve_all(self, tick: int, baselines: Mapping[str, Baseline] | None = None) -> list[Revision]:
        """Resolve every alert, since the detector is about to forget them; `baselines` are theirs by organisation."""
        alerts = [alert for of_one in self.active.values() for alert in of_one.values()]
        self.active.clear()
        for alert in alerts:
            _widen(alert, tick, (baselines or {}).get(alert.organisation))
        return [Revision(self._revise(alert, tick, "resolved", AlertState.RESOLVED), ()) for alert in alerts]

    def count(self, organisation: str, minute: int, *, negative: bool) -> None:
        """Count a mention for the organisation's alerts."""
        for alert in self.active.get(organisation, {}).values():
            if minute >= alert.start:
                alert.mentions += 1
                alert.observed += negative

    def count_many(self, rows: Mapping[str, int], row: Ints, minutes: Ints, negative: Ints) -> None:
        """Count mentions, each by row, minute and whether it is negative (1 or 0).

        `rows` says the row of each organisation with an alert.
        """
        for organisation, number in rows.items():
            mine = row == number
            if not mine.any():
                continue
            for alert in self.active[organisation].values():
                late = mine & (minutes >= alert.start)
                alert.mentions += int(np.count_nonzero(late))
                alert.observed += int(negative[late].sum())

    def decide(
        self, organisation: str, decision: Decision, tick: int, baseline: Baseline | None = None
    ) -> Revision | None:
        """Take a decision made at `tick`; `None` where there is nothing to say (resolved, but unknown).

        Without a baseline the rate of the window that decided is taken to go on.
        """
        alert = self.active.get(organisation, {}).get(decision.series)
        if decision.kind is Kind.RESOLVED:
            if alert is None:
                return None
            self._drop(alert)
            _widen(alert, tick, baseline)
            alert.probability, alert.test_probability = decision.probability, decision.test_probability
            return Revision(self._revise(alert, tick, "resolved", AlertState.RESOLVED), ())
        reason = "escalated"
        if alert is None:
            reason = "fired"
            series = Series(decision.series)
            alert = Active(
                alert_id(organisation, series, tick), 0, tick, tick, organisation, series,
                Severity.NOTICE, tick // MINUTE, 0, 0.0, 0.0, 0, 0, 0, 1.0, 1.0,
            )  # fmt: skip
            self.active.setdefault(organisation, {})[series.value] = alert
        self._take(alert, decision, tick, baseline)
        self._explain(alert, decision, tick, baseline)
        if alert.held is None and reason == "escalated":
            return self._shown(alert, tick, reason)
        freed = self._is_free(alert, tick, baseline)
        return self._shown(alert, tick, "fired" if freed else "held_back")

    def _explain(self, alert: Active, decision: Decision, tick: int, baseline: Baseline | None) -> None:
        why = baseline.why(decision.series) if baseline is not None else None
        if why is None:
            return
        window = (alert.start, tick // MINUTE)
        told = explanation(why, decision)
        alert.explanation = with_sources(told, self._sources, alert.organisation, window, alert.expected)

    def _is_free(self, alert: Active, tick: int, baseline: Baseline | None) -> bool:
        """Whether people are to be told of an alert that they were not told of yet."""
        alert.judged = tick
        if self._guards is None or alert.series not in GUARDED:
            return True
        now = (tick - 1) // MINUTE
        rate = baseline.expected_until(now + 1) - baseline.expected_until(now) if baseline is not None else 0.0
        spike = Spike(alert.organisation, alert.series, alert.start, now, alert.observed, alert.expected, rate)
        since = alert.first // MINUTE if alert.held is not None else None
        verdict = self._guards.judge(spike, alert.held, since)
        alert.held = verdict if verdict.guard is not None else None
        return alert.held is None

    def update(self, organisation: str, tick: int, baseline: Baseline | None = None) -> list[Revision]:
        """Revisions of the organisation's alerts that have grown since people last heard of them."""
        active = list(self.active.get(organisation, {}).values())
        freed = [alert for alert in active if alert.held is not None and self._is_outgrown(alert, tick, baseline)]
        due = [alert for alert in active if alert.is_due(tick) and alert not in freed]
        for alert in due:
            _widen(alert, tick, baseline)
            if baseline is not None:
                alert.probability, alert.test_probability = baseline.present(alert.series)
        # In a window that has become long, growth may be no more than what every day brings.
        due = [alert for alert in due if alert.series is not Series.NEGATIVE_COUNT or alert.stands_out()]
        said = [self._shown(alert, tick, "updated" if alert.held is None else "held_back") for alert in due]
        return said + [self._shown(alert, tick, "fired") for alert in freed]

    def _is_outgrown(self, alert: Active, tick: int, baseline: Baseline | None) -> bool:
        """Whether a spike that is held back stands out whatever the collector does; asked once a minute."""
        if tick - alert.judged < MINUTE:
            return False
        _widen(alert, tick, baseline)
        return self._is_free(alert, tick, baseline)

    def _drop(self, alert: Active) -> None:
        of_organisation = self.active[alert.organisation]
        del of_organisation[alert.series.value]
        if not of_organisation:
            del self.active[alert.organisation]

    def _take(self, alert: Active, decision: Decision, tick: int, baseline: Baseline | None) -> None:
        """Name the window that decided, or go on with the alert's own where that tells more."""
        alert.severity = Severity(decision.severity)
        alert.probability = decision.probability
        alert.test_probability = decision.test_probability
        before = structs.replace(alert)
        alert.end = decision.minute + 1
        alert.start, alert.expected = alert.end - decision.window, decision.expected
        if baseline is not None:
            alert.base = baseline.expected_until(alert.end) - decision.expected
        sources = self._sources.since(alert.organisation, alert.start, tick // MINUTE)
        alert.observed = sum(source.negative for source in sources)
        alert.mentions = sum(source.mentions for source in sources)
        if alert.series is Series.NEGATIVE_SHARE:
            alert.base = decision.expected / decision.mentions if decision.mentions else 0.0
        _widen(alert, tick, baseline)
        if before.revision:
            _widen(before, tick, baseline)
            if _weight(before) >= _weight(alert):
                for name in ("start", "end", "expected", "base", "observed", "mentions"):
                    setattr(alert, name, getattr(before, name))

    def _shown(self, alert: Active, tick: int, reason: str) -> Revision:
        code = alert.organisation
        stories = self._stories[code].since(alert.start) if code in self._stories else []
        alert.sources = self._sources.since(code, alert.start, tick // MINUTE)[:SOURCES_SHOWN]
        alert.representatives = tuple(story.representative() for story in stories[:SHOWN])
        alert.roles, alert.former_names = self._standing.since(code, alert.start, tick // MINUTE)
        alert.blaming, alert.happening = self._standing.told(code, alert.start, tick // MINUTE)
        if code in self._words:
            alert.words = self._words[code].new((s.title for s in stories), self._names.get(code, code))
        known = set(alert.excerpted)
        fresh = [story for story in stories[:SHOWN] if (story.kind, story.name, story.id) not in known]
        alert.excerpted = [*alert.excerpted, *((story.kind, story.name, story.id) for story in fresh)]
        state = AlertState.FIRING if alert.held is None else AlertState.HELD_BACK
        finding = self._revise(alert, tick, reason, state)
        return Revision(finding, tuple(story.excerpt() for story in fresh))

    def _revise(self, alert: Active, tick: int, reason: str, state: AlertState) -> Finding:
        alert.revision += 1
        alert.newest = tick
        alert.told = alert.observed
        return Finding(
            id=alert.id,
            revision=alert.revision,
            state=state,
            organisation=alert.organisation,
            organisation_name=self._names.get(alert.organisation, alert.organisation),
            series=alert.series,
            severity=alert.severity,
            window_start=instant(alert.start * MINUTE),
            fired_at=instant(tick),
            first_fired_at=instant(alert.first),
            observed=alert.observed,
            expected=alert.expected,
            mentions=alert.mentions,
            probability=alert.probability,
            test_probability=alert.test_probability,
            reason=reason,
            sources=alert.sources,
            representatives=alert.representatives,
            words=alert.words,
            roles=alert.roles,
            former_names=alert.former_names,
            stories=self._told(alert),
            explanation=alert.explanation,
            blaming=alert.blaming,
            happening=alert.happening,
            held_back=alert.held.guard.value if alert.held is not None and alert.held.guard is not None else "",
        )

    def _told(self, alert: Active) -> int:
        """How many stories the window's negatives tell; no more than there are negatives."""
        stories = self._stories.get(alert.organisation)
        return 0 if stories is None else min(stories.count_since(alert.start), alert.observed)

    def snapshot(self) -> bytes:
        """All alerts that fire."""
        return msgspec.msgpack.encode([alert for alerts in self.active.values() for alert in alerts.values()])

    def restore(self, data: bytes) -> None:
        """Take over what `snapshot` wrote."""
        self.active.clear()
        for alert in msgspec.msgpack.decode(data, type=list[Active]):
            self.active.setdefault(alert.organisation, {})[alert.series.value] = alert


def _widen(alert: Active, tick: int, baseline: Baseline | None) -> None:
    """Let the window reach to now, and what is expected grow with it.

    A share's expectation is that of its mentions.
    """
    end = max(alert.end, (tick - 1) // MINUTE + 1)
    if alert.series is Series.NEGATIVE_SHARE:
        alert.expected = alert.base * alert.mentions
    elif baseline is not None:
        alert.expected = baseline.expected_until(end) - alert.base
    else:
        alert.expected *= (end - alert.start) / (alert.end - alert.start)
    alert.end = end


def _weight(alert: Active) -> float:
    """How much the window tells against its expectation: the logarithm of the likelihood ratio of two Poisson rates."""
    if alert.observed <= alert.expected:
        return 0.0
    return alert.observed * log(alert.observed / alert.expected) - (alert.observed - alert.expected)
