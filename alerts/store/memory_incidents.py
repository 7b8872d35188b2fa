"""What the store in memory keeps of incidents."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from alerts.errors import UnknownIncidentError
from alerts.incidents.folding import Incidents
from alerts.incidents.grouping import GroupingPolicy
from alerts.incidents.handling import Act, Merge, handle
from alerts.incidents.model import Incident, IncidentState
from alerts.model import ALERT_KINDS, Alert, Change
from alerts.store import incident_planning
from alerts.store.incident_planning import Grouped, IncidentKey
from alerts.store.planning import AlertKey
from alerts.store.protocol import IncidentHistory


class IncidentsInMemory:
    """The part of `MemoryStore` that is about incidents; its methods are called under its lock."""

    def __init__(self, changes: list[Change], alerts: Mapping[AlertKey, Alert]) -> None:
        self._changes = changes
        self._alerts = alerts
        self._incidents: dict[IncidentKey, Incident] = {}
        self._homes: dict[AlertKey, str] = {}
        self._grouped = 0

    def group(self, now: datetime, limit: int, parents: Mapping[str, str], policy: GroupingPolicy) -> list[Change]:
        """See `AlertStore.group_alerts`."""
        fresh = [one for one in self._changes[self._grouped :] if one.kind in ALERT_KINDS][: max(0, limit)]
        if not fresh:
            return []

        def load(run: str, changes: Sequence[Change]) -> Incidents:
            since = incident_planning.earliest(changes, policy)
            homes = {
                one.alert_id: self._homes[run, one.alert_id] for one in changes if (run, one.alert_id) in self._homes
            }
            known = {
                id_: one
                for (where, id_), one in sorted(self._incidents.items(), key=lambda pair: pair[1].place)
                if where == run and (incident_planning.may_change(one, since) or id_ in homes.values())
            }
            return Incidents(known, homes, parents, policy)

        todo = incident_planning.group(fresh, load, len(self._changes) + 1, now)
        self._grouped = fresh[-1].sequence
        return self._write(todo)

    def settle(self, now: datetime, policy: GroupingPolicy) -> list[Change]:
        """See `AlertStore.settle_incidents`."""
        made: list[Change] = []
        for run in sorted({run for run, _ in self._incidents}):
            known = {
                id_: one
                for (where, id_), one in sorted(self._incidents.items(), key=lambda pair: pair[1].place)
                if where == run and one.state is IncidentState.OPEN
            }
            todo = incident_planning.settle(Incidents(known, {}, policy=policy), run, len(self._changes) + 1, now)
            made += self._write(todo)
        return made

    def listed(
        self,
        limit: int,
        state: IncidentState | None,
        run: str | None,
        organisation: str | None,
        before: tuple[str, str, str] | None,
    ) -> list[Incident]:
        """See `AlertStore.incidents`."""
        return incident_planning.fitting(self._incidents, state, run, organisation, before)[: max(0, limit)]

    def incident(self, id_: str, run: str | None) -> IncidentHistory | None:
        """See `AlertStore.incident`."""
        found = [one for (where, own), one in self._incidents.items() if own == id_ and run in {None, where}]
        if not found:
            return None
        incident = max(found, key=lambda one: (one.run == "", one.changed_at))
        alerts = [self._alerts[incident.run, alert] for alert in sorted(incident.members)]
        changes = [one for one in self._changes if (one.run, one.alert_id) == (incident.run, incident.id)]
        return IncidentHistory(incident, alerts, changes)

    def home(self, alert_id: str, run: str) -> str | None:
        """See `AlertStore.incident_of`."""
        return self._homes.get((run, alert_id))

    def act(self, id_: str, run: str, act: Act, actor: str, now: datetime) -> Incident:
        """See `AlertStore.act`."""
        if (run, id_) not in self._incidents:
            raise UnknownIncidentError(f"there is no incident {id_}")
        named = {id_, act.into} if isinstance(act, Merge) else {id_}
        known = {one: self._incidents[run, one] for one in sorted(named) if (run, one) in self._incidents}
        incidents = Incidents(known, {})
        answer = handle(incidents, id_, act, actor, now)
        todo = Grouped()
        todo.take(incidents, run, len(self._changes) + 1, now, actor)
        self._write(todo)
        return answer

    def _write(self, todo: Grouped) -> list[Change]:
        self._changes += todo.changes
        self._incidents |= todo.incidents
        self._homes |= {key: incident for key, (incident, _) in todo.homes.items()}
        return todo.changes
