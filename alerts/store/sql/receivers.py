"""Receivers, deliveries and attempts, in SQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from alerts.delivering import claimed, settled
from alerts.errors import UnknownReceiverError
from alerts.model import SYSTEM, Change, ChangeKind
from alerts.receiving import Attempt, Delivery, Outcome, Receiver, Verdict
from alerts.store import planning
from alerts.store.protocol import LEASE, Due
from alerts.store.sql import rows, schema
from alerts.store.sql.database import Database, latest
from alerts.store.sql.log import note, read_excerpts, write_changes

_DUE_FIRST = (schema.deliveries.c.due_at, schema.deliveries.c.sequence, schema.deliveries.c.id)


class ReceiversPart:
    """What `AlertStore` says of receivers and deliveries."""

    _database: Database

    def put_receiver(self, receiver: Receiver, actor: str, now: datetime) -> Receiver:
        """See `AlertStore.put_receiver`."""
        with self._database.write() as connection:
            stored = _receiver(connection, receiver.name)
            wanted = planning.put(stored, receiver)
            if wanted != stored:
                self._write(connection, wanted)
                body = {"receiver": planning.shown(wanted)}
                note(connection, now, actor, ChangeKind.RECEIVER_PUT, body)
        return wanted

    def enable_receiver(self, name: str, actor: str, now: datetime) -> Receiver:
        """See `AlertStore.enable_receiver`."""
        with self._database.write() as connection:
            return self._switch(connection, name, "", actor, now)

    def disable_receiver(self, name: str, reason: str, actor: str, now: datetime) -> Receiver:
        """See `AlertStore.disable_receiver`."""
        with self._database.write() as connection:
            return self._switch(connection, name, reason, actor, now)

    def _switch(self, connection: sa.Connection, name: str, reason: str, actor: str, now: datetime) -> Receiver:
        stored = _receiver(connection, name)
        if stored is None:
            raise UnknownReceiverError(f"there is no receiver named {name!r}")
        wanted = msgspec.structs.replace(stored, disabled=reason)
        if wanted != stored:
            self._write(connection, wanted)
            note(connection, now, actor, planning.switched(reason), {"receiver": name, "reason": reason})
        return wanted

    def _write(self, connection: sa.Connection, receiver: Receiver) -> None:
        row = rows.receiver_row(receiver)
        insert = self._database.insert(schema.receivers).values(row)
        connection.execute(insert.on_conflict_do_update(index_elements=("name",), set_=row))

    def receivers(self) -> list[Receiver]:
        """See `AlertStore.receivers`."""
        with self._database.read() as connection:
            query = schema.receivers.select().order_by(schema.receivers.c.name)
            return [rows.receiver_of(row) for row in connection.execute(query)]

    def due(
        self, now: datetime, limit: int, lease: timedelta = LEASE, *, room: Mapping[str, int] | None = None
    ) -> list[Due]:
        """See `AlertStore.due`."""
        limit, room = rows.bounded(limit), room or {}
        full = [name for name, left in room.items() if left <= 0]
        query = _waiting(schema.deliveries, full).where(schema.deliveries.c.due_at <= now)
        with self._database.read() as connection:
            if connection.execute(query.limit(min(1, limit))).first() is None:
                return []
        query = _within(query, limit, {name: left for name, left in room.items() if 0 < left < limit})
        with self._database.write() as connection:
            taken = [claimed(rows.delivery_of(row), now, lease) for row in connection.execute(query)]
            _update(connection, taken)
            return _with_contents(connection, taken)

    def record_attempts(self, attempts: Sequence[Attempt]) -> list[bool]:
        """See `AlertStore.record_attempts`."""
        planning.check_attempts(attempts)
        if not attempts:
            return []
        with self._database.write() as connection:
            stored = _deliveries(connection, {attempt.delivery for attempt in attempts})
            changed = []
            dead: list[tuple[Attempt, Delivery]] = []
            for attempt in attempts:
                if attempt.delivery not in stored:
                    changed.append(False)
                    continue
                result = settled(stored[attempt.delivery], attempt)
                stored[attempt.delivery] = result.delivery
                changed.append(result.changed)
                if result.changed and result.delivery.outcome is Outcome.DEAD:
                    dead.append((attempt, result.delivery))
            _update(connection, list(stored.values()))
            known = [rows.attempt_row(one) for one in attempts if one.delivery in stored]
            if known:
                connection.execute(schema.attempts.insert(), known)
            self._bury(connection, dead)
        return changed

    def _bury(self, connection: sa.Connection, dead: Sequence[tuple[Attempt, Delivery]]) -> None:
        """Tell of deliveries given up on, and stop sending to who has gone."""
        for attempt, delivery in dead:
            write_changes(connection, [planning.dead_change(latest(connection) + 1, delivery)])
            gone = attempt.verdict is Verdict.GONE
            if gone and _receiver(connection, delivery.receiver) is not None:
                self._switch(connection, delivery.receiver, attempt.reason, SYSTEM, attempt.at)

    def deliveries(self, alert_id: str, run: str = "") -> list[Delivery]:
        """See `AlertStore.deliveries`."""
        column = schema.deliveries.c
        query = schema.deliveries.select().where(column.run == run, column.alert_id == alert_id)
        with self._database.read() as connection:
            found = connection.execute(query.order_by(column.sequence, column.receiver))
            return [rows.delivery_of(row) for row in found]

    def attempts(self, delivery_id: str) -> list[Attempt]:
        """See `AlertStore.attempts`."""
        table = schema.attempts
        query = table.select().where(table.c.delivery == delivery_id).order_by(table.c.number)
        with self._database.read() as connection:
            return [rows.attempt_of(row) for row in connection.execute(query)]

    def counts(self) -> Mapping[Outcome, int]:
        """See `AlertStore.counts`."""
        outcome = schema.deliveries.c.outcome
        query = sa.select(outcome, sa.func.count().label("deliveries")).group_by(outcome)
        with self._database.read() as connection:
            counted = {Outcome(row.outcome): int(row.deliveries) for row in connection.execute(query)}
        return dict.fromkeys(Outcome, 0) | counted

    def next_due(self, *, without: Collection[str] = ()) -> datetime | None:
        """See `AlertStore.next_due`."""
        column = schema.deliveries.c.due_at
        query = _waiting(column, without).order_by(column).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else row.due_at


def _within(query: sa.Select[Any], limit: int, room: Mapping[str, int]) -> sa.Select[Any]:
    """The oldest due of these deliveries, no more of a receiver than there is room for."""
    if not room:
        return query.order_by(*_DUE_FIRST).limit(limit)
    receiver = schema.deliveries.c.receiver
    place = sa.func.row_number().over(partition_by=receiver, order_by=_DUE_FIRST).label("place")
    placed = query.add_columns(place).subquery()
    column = placed.c
    most = sa.case(room, value=column.receiver, else_=limit)
    wanted = sa.select(*(column[one.name] for one in schema.deliveries.c)).where(column.place <= most)
    return wanted.order_by(*(column[one.name] for one in _DUE_FIRST)).limit(limit)


def _waiting(what: sa.Table | sa.Column[datetime], without: Collection[str]) -> sa.Select[Any]:
    """Pending deliveries of receivers that are open, without these."""
    column = schema.deliveries.c
    open_ = sa.select(schema.receivers.c.name).where(schema.receivers.c.open.is_(True))
    query = sa.select(what).where(
        column.outcome == Outcome.PENDING, column.due_at.is_not(None), column.receiver.in_(open_)
    )
    return query.where(column.receiver.not_in(sorted(without))) if without else query


def _receiver(connection: sa.Connection, name: str) -> Receiver | None:
    row = connection.execute(schema.receivers.select().where(schema.receivers.c.name == name)).first()
    return None if row is None else rows.receiver_of(row)


def _deliveries(connection: sa.Connection, ids: set[str]) -> dict[str, Delivery]:
    found = {}
    for chunk in rows.chunks(sorted(ids)):
        for row in connection.execute(schema.deliveries.select().where(schema.deliveries.c.id.in_(chunk))):
            found[row.id] = rows.delivery_of(row)
    return found


def _update(connection: sa.Connection, deliveries: Sequence[Delivery]) -> None:
    """Write what can change of a delivery."""
    if not deliveries:
        return
    fields = ("outcome", "attempts", "claim", "due_at", "settled_at", "reason")
    statement = (
        schema.deliveries.update()
        .where(schema.deliveries.c.id == sa.bindparam("key"))
        .values({field: sa.bindparam(f"new_{field}") for field in fields})
    )
    new = [
        {"key": one.id} | {f"new_{field}": value for field, value in rows.delivery_row(one).items() if field in fields}
        for one in deliveries
    ]
    connection.execute(statement, new)


def _with_contents(connection: sa.Connection, taken: Sequence[Delivery]) -> list[Due]:
    """Each delivery with its receiver, the alert as of its revision, and the texts still there."""
    receivers = {row.name: rows.receiver_of(row) for row in connection.execute(schema.receivers.select())}
    changes: dict[int, Change] = {}
    for chunk in rows.chunks({one.sequence for one in taken}):
        for row in connection.execute(schema.changes.select().where(schema.changes.c.sequence.in_(chunk))):
            changes[row.sequence] = rows.change_of(row)
    alerts = {sequence: change.alert() for sequence, change in changes.items()}
    texts = {
        sequence: read_excerpts(connection, alert.run, alert.finding.representatives) if alert is not None else []
        for sequence, alert in alerts.items()
    }
    return [
        Due(one, receivers[one.receiver], alerts[one.sequence], texts[one.sequence], changes[one.sequence])
        for one in taken
    ]
