"""Incidents, in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from alerts.errors import UnknownIncidentError
from alerts.incidents.folding import Incidents
from alerts.incidents.grouping import GroupingPolicy
from alerts.incidents.handling import Act, Merge, handle
from alerts.incidents.model import Incident, IncidentState
from alerts.model import ALERT_KINDS, Alert, Change
from alerts.store import incident_planning
from alerts.store.incident_planning import PLACE, Grouped
from alerts.store.protocol import IncidentHistory
from alerts.store.sql import rows, schema
from alerts.store.sql.database import Database, latest
from alerts.store.sql.log import write_changes

_decode = msgspec.json.Decoder(Incident).decode
_encode = msgspec.json.Encoder(order="deterministic").encode


class IncidentsPart:
    """What `AlertStore` says of incidents."""

    _database: Database

    def group_alerts(
        self, now: datetime, limit: int, *, parents: Mapping[str, str], policy: GroupingPolicy | None = None
    ) -> list[Change]:
        """See `AlertStore.group_alerts`."""
        policy = policy or GroupingPolicy()
        with self._database.read() as connection:
            if not _fresh(connection, 1):
                return []
        with self._database.write() as connection:
            fresh = _fresh(connection, limit)
            if not fresh:
                return []

            def load(run: str, changes: Sequence[Change]) -> Incidents:
                return _load(connection, run, changes, parents, policy)

            todo = incident_planning.group(fresh, load, latest(connection) + 1, now)
            head = schema.heads.c
            connection.execute(schema.heads.update().where(head.name == PLACE).values(value=fresh[-1].sequence))
            return self._write_incidents(connection, todo)

    def settle_incidents(self, now: datetime, *, policy: GroupingPolicy | None = None) -> list[Change]:
        """See `AlertStore.settle_incidents`."""
        policy = policy or GroupingPolicy()
        column = schema.incidents.c
        quiet = schema.incidents.select().where(column.state == IncidentState.OPEN, column.firing == 0)
        with self._database.read() as connection:
            if connection.execute(quiet.limit(1)).first() is None:
                return []
        with self._database.write() as connection:
            runs: dict[str, dict[str, Incident]] = {}
            for row in connection.execute(quiet.order_by(column.opened_at, column.run, column.id)):
                runs.setdefault(row.run, {})[row.id] = _decode(row.body)
            made: list[Change] = []
            for run in sorted(runs):
                incidents = Incidents(runs[run], {}, policy=policy)
                todo = incident_planning.settle(incidents, run, latest(connection) + 1, now)
                made += self._write_incidents(connection, todo)
            return made

    def incidents(
        self,
        *,
        limit: int,
        state: IncidentState | None = None,
        run: str | None = None,
        organisation: str | None = None,
        before: tuple[str, str, str] | None = None,
    ) -> list[Incident]:
        """See `AlertStore.incidents`."""
        column = schema.incidents.c
        place = (column.opened_at, column.run, column.id)
        query = schema.incidents.select().order_by(*(one.desc() for one in place)).limit(rows.bounded(limit))
        query = query.where(column.state == state if state is not None else column.state != IncidentState.MERGED)
        if run is not None:
            query = query.where(column.run == run)
        if organisation is not None:
            about = schema.incident_alerts.c
            having = sa.select(about.incident).where(about.run == column.run, about.organisation == organisation)
            query = query.where(column.id.in_(having))
        if before is not None:
            query = query.where(sa.tuple_(*place) < sa.tuple_(*before))
        with self._database.read() as connection:
            return [_decode(row.body) for row in connection.execute(query)]

    def incident(self, id_: str, run: str | None = None) -> IncidentHistory | None:
        """See `AlertStore.incident`."""
        column = schema.incidents.c
        query = schema.incidents.select().where(column.id == id_)
        query = query.order_by((column.run == "").desc(), column.changed_at.desc()).limit(1)
        if run is not None:
            query = query.where(column.run == run)
        with self._database.read() as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            incident = _decode(row.body)
            alerts: dict[str, Alert] = {}
            for chunk in rows.chunks(sorted(incident.members)):
                own = schema.alerts.select().where(schema.alerts.c.run == incident.run, schema.alerts.c.id.in_(chunk))
                alerts |= {one.id: rows.alert_of(one) for one in connection.execute(own)}
            log = schema.changes
            mine = log.select().where(log.c.run == incident.run, log.c.alert_id == id_).order_by(log.c.sequence)
            changes = [rows.change_of(one) for one in connection.execute(mine)]
            return IncidentHistory(incident, [alerts[one] for one in sorted(alerts)], changes)

    def incident_of(self, alert_id: str, run: str = "") -> str | None:
        """See `AlertStore.incident_of`."""
        column = schema.incident_alerts.c
        query = sa.select(column.incident).where(column.run == run, column.alert_id == alert_id)
        with self._database.read() as connection:
            found: str | None = connection.scalar(query)
            return found

    def act(self, id_: str, act: Act, actor: str, now: datetime, *, run: str = "") -> Incident:
        """See `AlertStore.act`."""
        column = schema.incidents.c
        named = [id_, act.into] if isinstance(act, Merge) else [id_]
        query = schema.incidents.select().where(column.run == run, column.id.in_(named)).order_by(column.id)
        with self._database.write() as connection:
            known = {row.id: _decode(row.body) for row in connection.execute(query)}
            if id_ not in known:
                raise UnknownIncidentError(f"there is no incident {id_}")
            incidents = Incidents(known, {})
            answer = handle(incidents, id_, act, actor, now)
            todo = Grouped()
            todo.take(incidents, run, latest(connection) + 1, now, actor)
            self._write_incidents(connection, todo)
        return answer

    def _write_incidents(self, connection: sa.Connection, todo: Grouped) -> list[Change]:
        write_changes(connection, todo.changes)
        if todo.incidents:
            insert = self._database.insert(schema.incidents)
            changed = {
                one.name: insert.excluded[one.name] for one in schema.incidents.c if one.name not in {"run", "id"}
            }
            connection.execute(
                insert.on_conflict_do_update(index_elements=("run", "id"), set_=changed),
                [_row(one) for one in todo.incidents.values()],
            )
        if todo.homes:
            insert = self._database.insert(schema.incident_alerts)
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=("run", "alert_id"), set_={"incident": insert.excluded.incident}
                ),
                [
                    {"run": run, "alert_id": alert, "incident": incident, "organisation": organisation}
                    for (run, alert), (incident, organisation) in todo.homes.items()
                ],
            )
        return todo.changes


def _fresh(connection: sa.Connection, limit: int) -> list[Change]:
    """The alert changes that were not grouped yet."""
    place = sa.select(schema.heads.c.value).where(schema.heads.c.name == PLACE).scalar_subquery()
    table = schema.changes
    query = table.select().where(table.c.sequence > place, table.c.kind.in_(sorted(ALERT_KINDS)))
    found = connection.execute(query.order_by(table.c.sequence).limit(rows.bounded(limit)))
    return [rows.change_of(row) for row in found]


def _load(
    connection: sa.Connection, run: str, changes: Sequence[Change], parents: Mapping[str, str], policy: GroupingPolicy
) -> Incidents:
    """The incidents of a run that these alerts may belong to."""
    column, about = schema.incidents.c, schema.incident_alerts.c
    homes: dict[str, str] = {}
    for chunk in rows.chunks(sorted({one.alert_id for one in changes})):
        query = sa.select(about.alert_id, about.incident).where(about.run == run, about.alert_id.in_(chunk))
        homes |= {row.alert_id: row.incident for row in connection.execute(query)}
    since = incident_planning.earliest(changes, policy)
    recent = sa.or_(
        column.state == IncidentState.OPEN,
        sa.and_(column.state == IncidentState.RESOLVED, column.resolved_at >= since),
    )
    found = list(connection.execute(schema.incidents.select().where(column.run == run, recent)))
    for chunk in rows.chunks(sorted(set(homes.values()) - {row.id for row in found})):
        found += list(connection.execute(schema.incidents.select().where(column.run == run, column.id.in_(chunk))))
    known = {row.id: _decode(row.body) for row in sorted(found, key=lambda row: (row.opened_at, row.run, row.id))}
    return Incidents(known, homes, parents, policy)


def _row(incident: Incident) -> dict[str, object]:
    return {
        "run": incident.run,
        "id": incident.id,
        "state": incident.state,
        "opened_at": incident.opened_at,
        "changed_at": incident.changed_at,
        "resolved_at": incident.resolved_at,
        "firing": incident.firing,
        "body": _encode(incident).decode(),
    }
