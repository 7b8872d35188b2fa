"""The ordered log and the alerts that follow from it, in SQL."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from alerts.erasing import names_of
from alerts.lifecycle import Hearing, hearing
from alerts.model import Alert, AlertState, Change, ChangeKind, Excerpt, Representative
from alerts.ports import Found
from alerts.store import planning
from alerts.store.planning import AlertKey, MentionKey
from alerts.store.protocol import History
from alerts.store.sql import rows, schema
from alerts.store.sql.database import Database, latest, take_numbers
from alerts.store.sql.erased import erased_names


class LogPart:
    """What `AlertStore` says of the log, alerts and excerpts."""

    _database: Database

    def apply(self, found: Sequence[Found], now: datetime, *, oldest: timedelta | None = None) -> list[Change]:
        """See `AlertStore.apply`."""
        if not found:
            return []
        with self._database.write() as connection:
            todo = planning.plan(found, _known(connection, found), now, oldest)
            write_changes(connection, todo.changes)
            self._write_alerts(connection, todo.changes, todo.alerts)
            self._write_excerpts(connection, todo.excerpts, now)
            self._write_places(connection, todo.places)
            if todo.deliveries:
                connection.execute(schema.deliveries.insert(), [rows.delivery_row(one) for one in todo.deliveries])
        return todo.changes

    def _write_alerts(
        self, connection: sa.Connection, changes: Sequence[Change], alerts: dict[AlertKey, Alert]
    ) -> None:
        if not alerts:
            return
        bodies = {change.sequence: change.body for change in changes}
        insert = self._database.insert(schema.alerts)
        keys = ("run", "id")
        changed = {one.name: insert.excluded[one.name] for one in schema.alerts.c if one.name not in keys}
        statement = insert.on_conflict_do_update(index_elements=keys, set_=changed)
        connection.execute(statement, [rows.alert_row(one, bodies[one.sequence]) for one in alerts.values()])

    def _write_excerpts(self, connection: sa.Connection, excerpts: dict[MentionKey, Excerpt], now: datetime) -> None:
        erased = erased_names(connection, excerpts.values())
        new = [rows.excerpt_row(key, one, now) for key, one in excerpts.items() if erased.isdisjoint(names_of(one))]
        if new:
            connection.execute(self._database.insert(schema.excerpts).on_conflict_do_nothing(), new)

    def _write_places(self, connection: sa.Connection, places: dict[tuple[str, int], int]) -> None:
        insert = self._database.insert(schema.places)
        statement = insert.on_conflict_do_update(
            index_elements=("topic", "partition"),
            set_={"position": insert.excluded.position},
            where=schema.places.c.position < insert.excluded.position,
        )
        new = [{"topic": topic, "partition": one, "position": offset} for (topic, one), offset in places.items()]
        connection.execute(statement, new)

    def places(self) -> dict[tuple[str, int], int]:
        """See `AlertStore.places`."""
        with self._database.read() as connection:
            return {(row.topic, row.partition): row.position for row in connection.execute(schema.places.select())}

    def after(self, sequence: int, limit: int, *, kinds: Collection[ChangeKind] | None = None) -> list[Change]:
        """See `AlertStore.after`."""
        table = schema.changes
        query = table.select().where(table.c.sequence > min(max(sequence, 0), rows.GREATEST))
        if kinds is not None:
            query = query.where(table.c.kind.in_(sorted(kinds)))
        with self._database.read() as connection:
            found = connection.execute(query.order_by(table.c.sequence).limit(rows.bounded(limit)))
            return [rows.change_of(row) for row in found]

    def latest(self) -> int:
        """See `AlertStore.latest`."""
        with self._database.read() as connection:
            return latest(connection)

    def alerts(
        self,
        *,
        limit: int,
        state: AlertState | None = None,
        run: str | None = None,
        organisation: str | None = None,
        before: tuple[str, str, str] | None = None,
    ) -> list[Alert]:
        """See `AlertStore.alerts`."""
        column = schema.alerts.c
        place = (column.first_fired_at, column.run, column.id)
        query = schema.alerts.select().order_by(*(one.desc() for one in place)).limit(rows.bounded(limit))
        for where, value in ((column.state, state), (column.run, run), (column.organisation, organisation)):
            if value is not None:
                query = query.where(where == value)
        if state is None:
            query = query.where(column.state != AlertState.HELD_BACK)
        if before is not None:
            query = query.where(sa.tuple_(*place) < sa.tuple_(*before))
        with self._database.read() as connection:
            return [rows.alert_of(row) for row in connection.execute(query)]

    def alert(self, id_: str, run: str | None = None) -> History | None:
        """See `AlertStore.alert`."""
        column = schema.alerts.c
        query = schema.alerts.select().where(column.id == id_)
        query = query.order_by((column.run == "").desc(), column.sequence.desc()).limit(1)
        if run is not None:
            query = query.where(column.run == run)
        with self._database.read() as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            alert = rows.alert_of(row)
            texts = read_excerpts(connection, alert.run, alert.finding.representatives)
            log = schema.changes
            mine = log.select().where(log.c.run == alert.run, log.c.alert_id == id_).order_by(log.c.sequence)
            return History(alert, texts, [rows.change_of(one) for one in connection.execute(mine)])

    def excerpts(self, run: str, representatives: Iterable[Representative]) -> list[Excerpt]:
        """See `AlertStore.excerpts`."""
        with self._database.read() as connection:
            return read_excerpts(connection, run, representatives)

    def mark_stale(self, now: datetime, patience: timedelta) -> list[Change]:
        """See `AlertStore.mark_stale`."""
        column = schema.alerts.c
        query = schema.alerts.select().where(
            column.state == AlertState.FIRING, column.stale.is_(False), column.at < now - patience
        )
        with self._database.read() as connection:
            if connection.execute(query.limit(1)).first() is None:
                return []
        with self._database.write() as connection:
            found = [rows.alert_of(row) for row in connection.execute(query.order_by(column.sequence))]
            overdue = [alert for alert in found if hearing(alert, now, patience) is Hearing.OVERDUE]
            start = latest(connection) + 1
            made = [planning.stale_change(start + place, alert, now) for place, alert in enumerate(overdue)]
            write_changes(connection, made)
            marked = {(one.run, one.alert_id): planning.alert_of(one) for one in made}
            self._write_alerts(connection, made, marked)
        return made


def write_changes(connection: sa.Connection, changes: Sequence[Change]) -> None:
    """Append changes that were numbered from `latest` on in this transaction."""
    if changes:
        take_numbers(connection, len(changes))
        connection.execute(schema.changes.insert(), [rows.change_row(change) for change in changes])


def note(connection: sa.Connection, now: datetime, actor: str, kind: ChangeKind, body: dict[str, Any]) -> None:
    """Append a change that is not an alert's."""
    write_changes(connection, [planning.note(latest(connection) + 1, now, actor, kind, body)])


def read_excerpts(connection: sa.Connection, run: str, mentions: Iterable[Representative]) -> list[Excerpt]:
    """Texts that are there, in the order asked for."""
    keys = dict.fromkeys(planning.mention_key(run, one) for one in mentions)
    column = schema.excerpts.c
    found: dict[MentionKey, Excerpt] = {}
    for chunk in rows.chunks(keys):
        ids = [id_ for _, _, _, id_ in chunk]
        for row in connection.execute(schema.excerpts.select().where(column.run == run, column.mention.in_(ids))):
            found[row.run, row.source_kind, row.source_name, row.mention] = rows.excerpt_of(row)
    return [found[key] for key in keys if key in found]


def _known(connection: sa.Connection, found: Sequence[Found]) -> planning.Known:
    """What `planning.plan` asks for."""
    alert, delivery = schema.alerts.c, schema.deliveries.c
    revisions: dict[AlertKey, int] = {}
    told: dict[AlertKey, set[str]] = {}
    for run, ids in rows.grouped(planning.alert_keys(found)).items():
        for chunk in rows.chunks(ids):
            query = sa.select(alert.id, alert.revision).where(alert.run == run, alert.id.in_(chunk))
            revisions |= {(run, row.id): row.revision for row in connection.execute(query)}
            queued = sa.select(delivery.alert_id, delivery.receiver).distinct()
            queued = queued.where(delivery.run == run, delivery.alert_id.in_(chunk))
            for row in connection.execute(queued):
                told.setdefault((run, row.alert_id), set()).add(row.receiver)
    every = connection.execute(schema.receivers.select().order_by(schema.receivers.c.name))
    return planning.Known(latest(connection), revisions, told, [rows.receiver_of(row) for row in every])
