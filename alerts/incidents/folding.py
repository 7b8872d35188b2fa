"""The incidents as a fold over the ordered log of alert changes. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from alerts.incidents.grouping import Candidate, Evidence, GroupingPolicy, candidate, evidence_of, home_of, over_at
from alerts.incidents.model import ORDER, Event, Incident, IncidentState, Member
from alerts.model import AlertState, Change, ChangeKind, Finding, Series

replace = msgspec.structs.replace

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

#: Changes of alerts that are about no new fact, or that people are not told of.
_NO_NEWS = frozenset({ChangeKind.STALE, ChangeKind.HELD_BACK})


@dataclass(slots=True)
class Incidents:
    """The incidents that may still change, of one run.

    Attributes
    ----------
    known
        By id.
    home
        Incident of each of their alerts.
    parents
        The body above each, by code.
    events
        What happened; at most one of a kind an incident in one fold.
    """

    known: dict[str, Incident]
    home: dict[str, str]
    parents: Mapping[str, str] = field(default_factory=dict)
    policy: GroupingPolicy = field(default_factory=GroupingPolicy)
    events: dict[tuple[str, ChangeKind], Event] = field(default_factory=dict)
    _candidates: dict[str, Candidate] = field(default_factory=dict)
    _settled: datetime = field(default=_BEGINNING)

    def fold(self, changes: Iterable[Change]) -> None:
        """Take alert changes of this run, in their order."""
        for change in changes:
            alert = change.alert()
            if alert is not None and change.kind not in _NO_NEWS and alert.finding.series is not Series.FEED_SILENCE:
                self._take(alert.finding, change.run)

    def settle(self, now: datetime) -> None:
        """Call over what has been quiet for long enough."""
        if now <= self._settled:
            return
        self._settled = now
        for incident in list(self.known.values()):
            over = over_at(incident, self.policy)
            if incident.state is IncidentState.OPEN and over is not None and over <= now:
                ended = replace(incident, state=IncidentState.RESOLVED, resolved_at=wire(over))
                self.note(ChangeKind.INCIDENT_RESOLVED, ended)

    def _take(self, finding: Finding, run: str) -> None:
        evidence = evidence_of(finding, self.parents)
        self.settle(evidence.at)
        incident = self.known.get(self.home.get(finding.id, ""))
        if incident is None:
            if finding.state is AlertState.RESOLVED:
                return  # its incident is long over, or its beginning was never seen
            found = home_of(evidence, self._all(), self.policy)
            if found.incident is None:
                incident = Incident(run, incident_id(run, finding.id), finding.first_fired_at, finding.fired_at)
                self.note(ChangeKind.INCIDENT_OPENED, incident)
            else:
                incident = self._merged(found.incident, found.same)
        self.home[finding.id] = incident.id
        self.note(ChangeKind.INCIDENT_UPDATED, self._absorbed(incident, finding, evidence))

    def _all(self) -> list[Candidate]:
        """The incidents ready to be held against an alert; made anew only where one changed."""
        for id_, incident in self.known.items():
            before = self._candidates.get(id_)
            if before is None or before.incident is not incident:
                self._candidates[id_] = candidate(incident, self.parents, before)
        return [self._candidates[id_] for id_ in self.known]

    def _absorbed(self, incident: Incident, finding: Finding, evidence: Evidence) -> Incident:
        """The incident with a revision of one of its alerts."""
        before = incident.members.get(finding.id)
        firing = finding.state is AlertState.FIRING
        told = evidence.words if before is None else evidence.words - incident.words.keys()
        member = Member(
            finding.organisation,
            finding.organisation_name,
            finding.severity,
            firing,
            by_hand=before is not None and before.by_hand,
        )
        new = replace(
            incident,
            changed_at=max(incident.changed_at, finding.fired_at),
            members=incident.members | {finding.id: member},
            words=_counted(incident.words, told, self.policy.words_kept),
            mentions=_kept(incident.mentions, evidence.mentions, self.policy.mentions_kept),
            peak=max(incident.peak, finding.severity, key=ORDER.index) if firing else incident.peak,
        )
        graver = ORDER.index(new.peak) > ORDER.index(incident.peak) and bool(incident.members)
        again = (
            not incident.resolved_by or before is None or graver
        )  # what a person ended begins with something new only
        if incident.state is IncidentState.RESOLVED and firing and again:
            new = replace(new, state=IncidentState.OPEN, resolved_at="", resolved_by="", reopened=incident.reopened + 1)
            self.note(ChangeKind.INCIDENT_REOPENED, new)
        if graver:
            self.note(ChangeKind.INCIDENT_ESCALATED, new)
        quiet = "" if new.firing else incident.quiet_since or finding.fired_at
        return replace(new, quiet_since=quiet)

    def _merged(self, home: Incident, same: Sequence[Incident]) -> Incident:
        """The incident with those that turned out to be the same."""
        for other in same:
            home = self.merge(home, other)
        return home

    def merge(self, home: Incident, other: Incident, *, by: str = "") -> Incident:
        """Let `home` take all that `other` has; both are noted."""
        gone = replace(other, state=IncidentState.MERGED, merged_into=home.id)
        words = dict(home.words)
        for word, count in other.words.items():
            words[word] = words.get(word, 0) + count
        home = replace(
            home,
            state=IncidentState.OPEN if IncidentState.OPEN in {home.state, other.state} else home.state,
            opened_at=min(home.opened_at, other.opened_at),
            changed_at=max(home.changed_at, other.changed_at),
            members=other.members | home.members,
            words=_most(words, self.policy.words_kept),
            mentions=_kept(home.mentions, frozenset(other.mentions), self.policy.mentions_kept),
            peak=max(home.peak, other.peak, key=ORDER.index),
            separate=tuple(sorted({*home.separate, *other.separate} - {home.id, other.id})),
        )
        if home.state is IncidentState.OPEN:
            quiet = "" if home.firing else max(home.quiet_since, other.quiet_since)
            home = replace(home, resolved_at="", resolved_by="", quiet_since=quiet)
        self.home |= dict.fromkeys(other.members, home.id)
        self.note(ChangeKind.INCIDENT_MERGED, gone, {"into": home.id} | ({"by": by} if by else {}))
        self.note(ChangeKind.INCIDENT_UPDATED, home)
        return home

    def note(self, kind: ChangeKind, incident: Incident, detail: Mapping[str, str] | None = None) -> None:
        """Keep the incident as it is now, and that this happened; of several alike in one fold, the last is told."""
        self.known[incident.id] = incident
        self.events[incident.id, kind] = Event(kind, incident, dict(detail or {}))


def events_of(incidents: Incidents) -> list[Event]:
    """What to write: each with its incident as the fold left it; an opening says already what an update would."""
    told = []
    for (id_, kind), event in incidents.events.items():
        if kind is ChangeKind.INCIDENT_UPDATED and (id_, ChangeKind.INCIDENT_OPENED) in incidents.events:
            continue
        told.append(event._replace(incident=incidents.known[id_]))
    return told


def _counted(words: Mapping[str, int], new: frozenset[str], most: int) -> dict[str, int]:
    counted = dict(words)
    for word in sorted(new):
        counted[word] = counted.get(word, 0) + 1
    return _most(counted, most)


def _most(words: Mapping[str, int], most: int) -> dict[str, int]:
    """The most frequent ones; of those alike the first by name."""
    kept = sorted(words, key=lambda word: (-words[word], word))[:most]
    return {word: words[word] for word in kept}


def _kept(mentions: tuple[str, ...], new: frozenset[str], most: int) -> tuple[str, ...]:
    """The newest ones, in the order they came."""
    known = set(mentions)
    return (*mentions, *sorted(new - known))[-most:]


def wire(moment: datetime) -> str:
    """A time as findings write it."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def incident_id(run: str, *parts: str) -> str:
    """32 hexadecimal digits that follow from what the incident began with.

    Examples
    --------
    >>> incident_id("", "5f" * 16)
    '8b71986691c2f32f888deac365c2c699'
    """
    return hashlib.sha256("\0".join(("incident/1", run, *parts)).encode()).hexdigest()[:32]
