"""What grouping alerts, and acting on incidents, writes; every store writes the same. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from alerts.incidents.folding import Incidents, events_of, wire
from alerts.incidents.grouping import GroupingPolicy
from alerts.incidents.model import Incident, IncidentState
from alerts.incidents.wire import event_body
from alerts.model import SYSTEM, Change
from alerts.store.planning import AlertKey

#: Run and id of an incident.
IncidentKey = tuple[str, str]

#: Name of the place in the log up to which alerts were grouped.
PLACE = "incidents"

_encoder = msgspec.json.Encoder(order="deterministic")


@dataclass(slots=True)
class Grouped:
    """What to write, all in one transaction.

    Attributes
    ----------
    homes
        Incident of an alert, and the organisation the alert is about.
    """

    changes: list[Change] = field(default_factory=list)
    incidents: dict[IncidentKey, Incident] = field(default_factory=dict)
    homes: dict[AlertKey, tuple[str, str]] = field(default_factory=dict)

    def take(self, incidents: Incidents, run: str, start: int, now: datetime, actor: str) -> None:
        """Add what happened to the incidents of a run; changes are numbered from `start` on."""
        before = len(self.changes)
        for number, event in enumerate(events_of(incidents), start=start + before):
            body = _encoder.encode(event_body(event))
            self.changes.append(Change(number, now, actor, event.kind, run, event.incident.id, 0, body))
        touched = {id_ for id_, _ in incidents.events}
        for id_ in sorted(touched):
            incident = incidents.known[id_]
            self.incidents[run, id_] = incident
            if incident.state is IncidentState.MERGED:
                continue
            for alert, member in incident.members.items():
                self.homes[run, alert] = (id_, member.organisation)


#: Loads what may change: the incidents of a run that these alerts may belong to.
Load = Callable[[str, Sequence[Change]], Incidents]


def group(changes: Sequence[Change], load: Load, start: int, now: datetime) -> Grouped:
    """Group alert changes, in their order, each run by itself."""
    todo = Grouped()
    runs: dict[str, list[Change]] = {}
    for change in changes:
        runs.setdefault(change.run, []).append(change)
    for run, own in runs.items():
        incidents = load(run, own)
        incidents.fold(own)
        todo.take(incidents, run, start, now, SYSTEM)
    return todo


def settle(incidents: Incidents, run: str, start: int, now: datetime) -> Grouped:
    """Call over what has been quiet."""
    todo = Grouped()
    incidents.settle(now)
    todo.take(incidents, run, start, now, SYSTEM)
    return todo


def earliest(changes: Sequence[Change], policy: GroupingPolicy) -> str:
    """Incidents that were over before this time are not asked about by these alerts."""
    times = [alert.finding.fired_at for one in changes if (alert := one.alert()) is not None]
    if not times:
        return ""
    return wire(datetime.fromisoformat(min(times)) - policy.reopen - timedelta(seconds=1))


def may_change(incident: Incident, since: str) -> bool:
    """Whether an incident is open, or was over no longer ago than `since`."""
    if incident.state is IncidentState.OPEN:
        return True
    return incident.state is IncidentState.RESOLVED and incident.resolved_at >= since


def fitting(
    incidents: Mapping[IncidentKey, Incident],
    state: IncidentState | None,
    run: str | None,
    organisation: str | None,
    before: tuple[str, str, str] | None,
) -> list[Incident]:
    """The incidents that are asked for, newest first; merged ones only where they are asked for."""
    found = [
        one
        for one in incidents.values()
        if (one.state is state if state is not None else one.state is not IncidentState.MERGED)
        and run in {None, one.run}
        and (organisation is None or organisation in one.organisations)
        and (before is None or one.place < before)
    ]
    return sorted(found, key=lambda one: one.place, reverse=True)
