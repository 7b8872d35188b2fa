"""What people do with an incident. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from alerts.errors import IncidentRefusedError
from alerts.incidents.folding import Incidents, incident_id, wire
from alerts.incidents.model import ORDER, Conclusion, Incident, IncidentState
from alerts.model import ChangeKind, Severity

replace = msgspec.structs.replace

#: Letters of a note, a reason or a name.
LONGEST_NOTE, LONGEST_NAME = 4_000, 200


class Refusal(StrEnum):
    """Why an act was refused."""

    MERGED = "merged"
    NOT_OPEN = "not_open"
    OPEN = "open"
    ITSELF = "itself"
    UNKNOWN_ALERTS = "unknown_alerts"
    ALL_ALERTS = "all_alerts"
    PAST = "past"
    OTHER_RUN = "other_run"


class Told(NamedTuple):
    """What an act does to its incident: how it is afterwards, what happened, and what beside that is told."""

    incident: Incident
    kind: ChangeKind
    detail: dict[str, str] = {}  # noqa: RUF012 - never changed


class Acknowledge(msgspec.Struct, frozen=True):
    """Somebody has it."""

    def done(self, incident: Incident, actor: str, now: datetime) -> Told:
        """It is the actor's from now on."""
        new = replace(incident, acknowledged_by=actor, acknowledged_at=wire(now), snoozed_until="")
        return Told(new, ChangeKind.INCIDENT_ACKNOWLEDGED)


class Assign(msgspec.Struct, frozen=True):
    """Somebody shall have it; empty: nobody in particular."""

    to: str

    def done(self, incident: Incident, _actor: str, _now: datetime) -> Told:
        """It is theirs to handle."""
        return Told(replace(incident, assignee=self.to), ChangeKind.INCIDENT_ASSIGNED, {"to": self.to})


class Snooze(msgspec.Struct, frozen=True):
    """Remind later."""

    until: datetime

    def done(self, incident: Incident, _actor: str, now: datetime) -> Told:
        """Quiet until then."""
        if self.until <= now:
            raise IncidentRefusedError(Refusal.PAST, "the time to be reminded at must lie ahead")
        until = wire(self.until)
        return Told(replace(incident, snoozed_until=until), ChangeKind.INCIDENT_SNOOZED, {"until": until})


class Resolve(msgspec.Struct, frozen=True):
    """It is over, says a person; it begins again only with something new."""

    reason: str = ""

    def done(self, incident: Incident, actor: str, now: datetime) -> Told:
        """Over from now on."""
        if incident.state is not IncidentState.OPEN:
            raise IncidentRefusedError(Refusal.NOT_OPEN, "this incident is over already")
        new = replace(incident, state=IncidentState.RESOLVED, resolved_at=wire(now), resolved_by=actor)
        return Told(new, ChangeKind.INCIDENT_RESOLVED, {"reason": self.reason})


class Reopen(msgspec.Struct, frozen=True):
    """It is not over."""

    reason: str = ""

    def done(self, incident: Incident, _actor: str, now: datetime) -> Told:
        """Open again; quiet from now on at the earliest, otherwise it would be over again at once."""
        if incident.state is IncidentState.OPEN:
            raise IncidentRefusedError(Refusal.OPEN, "this incident is open")
        quiet = wire(now) if incident.quiet_since else ""
        new = replace(incident, state=IncidentState.OPEN, resolved_at="", resolved_by="", quiet_since=quiet)
        return Told(new, ChangeKind.INCIDENT_REOPENED, {"reason": self.reason})


class Conclude(msgspec.Struct, frozen=True):
    """What it was."""

    verdict: Conclusion
    reason: str = ""

    def done(self, incident: Incident, actor: str, _now: datetime) -> Told:
        """A person's word; the last one counts."""
        new = replace(incident, conclusion=self.verdict, concluded_by=actor)
        return Told(new, ChangeKind.INCIDENT_CONCLUDED, {"verdict": self.verdict.value, "reason": self.reason})


class Note(msgspec.Struct, frozen=True):
    """Something to remember."""

    text: str

    def done(self, incident: Incident, _actor: str, _now: datetime) -> Told:
        """It stands in the timeline."""
        return Told(incident, ChangeKind.INCIDENT_NOTED, {"text": self.text})


class Rename(msgspec.Struct, frozen=True):
    """A name that says more; empty: the program's."""

    name: str

    def done(self, incident: Incident, _actor: str, _now: datetime) -> Told:
        """It is called so from now on."""
        return Told(replace(incident, name=self.name), ChangeKind.INCIDENT_NAMED, {"name": self.name})


class Merge(msgspec.Struct, frozen=True):
    """It is the same as another one, and goes on there."""

    into: str


class Split(msgspec.Struct, frozen=True):
    """These alerts are something else: an incident of their own."""

    alerts: tuple[str, ...]


Act = Acknowledge | Assign | Snooze | Resolve | Reopen | Conclude | Note | Rename | Merge | Split


def handle(incidents: Incidents, id_: str, act: Act, actor: str, now: datetime) -> Incident:
    """Do what a person asks; the events are in `incidents`.

    Parameters
    ----------
    incidents
        The incident, and with `Merge` the other one.

    Raises
    ------
    IncidentRefusedError
        If it cannot be done; the sentence says why and what can.
    """
    incident = incidents.known[id_]
    if incident.state is IncidentState.MERGED:
        raise IncidentRefusedError(Refusal.MERGED, f"this incident was merged into {incident.merged_into}: act there")
    if isinstance(act, Merge):
        return _merge(incidents, incident, act, actor)
    if isinstance(act, Split):
        return _split(incidents, incident, act, actor)
    told = act.done(incident, actor, now)
    incidents.note(told.kind, told.incident, {"by": actor, **told.detail})
    return told.incident


def _merge(incidents: Incidents, incident: Incident, act: Merge, actor: str) -> Incident:
    other = incidents.known.get(act.into)
    if act.into == incident.id:
        raise IncidentRefusedError(Refusal.ITSELF, "an incident cannot be merged into itself")
    if other is None or other.run != incident.run:
        raise IncidentRefusedError(Refusal.OTHER_RUN, f"there is no incident {act.into} beside this one")
    if other.state is IncidentState.MERGED:
        raise IncidentRefusedError(
            Refusal.MERGED, f"that incident was merged into {other.merged_into}: name it instead"
        )
    held = {id_: replace(member, by_hand=True) for id_, member in incident.members.items()}
    return incidents.merge(other, replace(incident, members=held), by=actor)


def _split(incidents: Incidents, incident: Incident, act: Split, actor: str) -> Incident:
    wanted = dict.fromkeys(act.alerts)
    unknown = [id_ for id_ in wanted if id_ not in incident.members]
    if unknown or not wanted:
        named = unknown[0] if unknown else "none was named"
        raise IncidentRefusedError(Refusal.UNKNOWN_ALERTS, f"alerts of this incident must be named, not {named}")
    if len(wanted) == len(incident.members):
        raise IncidentRefusedError(Refusal.ALL_ALERTS, "one alert at least must stay: this would split off all of them")
    taken = {id_: replace(incident.members[id_], by_hand=True) for id_ in wanted}
    left = {id_: member for id_, member in incident.members.items() if id_ not in wanted}
    new = Incident(
        incident.run,
        incident_id(incident.run, incident.id, *sorted(taken)),
        incident.changed_at,
        incident.changed_at,
        members=taken,
        peak=max((one.severity for one in taken.values()), key=ORDER.index, default=Severity.NOTICE),
        quiet_since="" if any(one.firing for one in taken.values()) else incident.changed_at,
        separate=(incident.id,),
    )
    quiet = incident.quiet_since or ("" if any(one.firing for one in left.values()) else incident.changed_at)
    rest = replace(incident, members=left, quiet_since=quiet, separate=tuple(sorted({*incident.separate, new.id})))
    incidents.home |= dict.fromkeys(taken, new.id)
    incidents.note(ChangeKind.INCIDENT_SPLIT, rest, {"by": actor, "off": new.id})
    incidents.note(ChangeKind.INCIDENT_OPENED, new, {"by": actor, "from": incident.id})
    return new
