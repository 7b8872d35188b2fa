"""Erasing and forgetting the texts of mentions, in SQL."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from alerts.erasing import ADDRESS, ANY_SOURCE, MentionName, erased_body, names_of
from alerts.model import ALERT_KINDS, AlertState, ChangeKind
from alerts.store import planning
from alerts.store.planning import MentionKey
from alerts.store.sql import rows, schema
from alerts.store.sql.database import Database, latest
from alerts.store.sql.log import write_changes

_FIELDS = ("source_kind", "source_name", "mention")


class TextsPart:
    """What `AlertStore` says of erasing and forgetting."""

    _database: Database

    def erase(self, mentions: Iterable[MentionName], actor: str, now: datetime, *, tell: Collection[str] = ()) -> int:
        """See `AlertStore.erase`."""
        asked = set(mentions)
        if not asked:
            return 0
        with self._database.write() as connection:
            keys = _stored(connection, asked)
            gone = {key[1:] for key in keys}
            marks = [dict(zip(_FIELDS, one, strict=True)) | {"at": now, "actor": actor} for one in sorted(asked | gone)]
            connection.execute(self._database.insert(schema.erasures).on_conflict_do_nothing(), marks)
            _delete(connection, keys)
            body = erased_body(gone, asked, len(keys))
            change = planning.note(latest(connection) + 1, now, actor, ChangeKind.ERASED, body)
            write_changes(connection, [change])
            told = _told(connection, asked | gone) & set(tell)
            queued = planning.erased_deliveries(change, told)
            if queued:
                connection.execute(schema.deliveries.insert(), [rows.delivery_row(one) for one in queued])
        self._database.forget_deleted()
        return len(keys)

    def forget_texts(self, before: datetime) -> int:
        """See `AlertStore.forget_texts`."""
        column = schema.excerpts.c
        old = sa.select(column.run, *(column[field] for field in _FIELDS)).where(column.stored_at < before)
        with self._database.read() as connection:
            if connection.execute(old.limit(1)).first() is None:
                return 0
        with self._database.write() as connection:
            kept = _of_firing(connection)
            keys = [key for row in connection.execute(old) if (key := _key(row)) not in kept]
            _delete(connection, keys)
        if keys:
            self._database.forget_deleted()
        return len(keys)


def _key(row: sa.Row[Any]) -> MentionKey:
    return (row.run, row.source_kind, row.source_name, row.mention)


def _stored(connection: sa.Connection, asked: set[MentionName]) -> list[MentionKey]:
    """The texts that are there under these names."""
    table = schema.excerpts
    ids = sorted(mention for kind, _, mention in asked if kind != ADDRESS)
    found = []
    for chunk in rows.chunks(ids):
        found += list(connection.execute(table.select().where(table.c.mention.in_(chunk))))
    if len(ids) < len(asked):  # addresses are known by their hash only, so that every one must be looked at
        found += list(connection.execute(table.select().where(table.c.url != "")))
    fitting = [row for row in found if not asked.isdisjoint(names_of(rows.excerpt_of(row)))]
    return sorted({(row.run, row.source_kind, row.source_name, row.mention) for row in fitting})


def _delete(connection: sa.Connection, keys: Iterable[MentionKey]) -> None:
    column = schema.excerpts.c
    for run, *name in keys:
        where = [column[field] == value for field, value in zip(_FIELDS, name, strict=True)]
        connection.execute(schema.excerpts.delete().where(column.run == run, *where))


def _told(connection: sa.Connection, names: Collection[MentionName]) -> set[str]:
    """Receivers that were sent an alert which showed one of these mentions, at any of its revisions."""
    log, delivery = schema.changes.c, schema.deliveries.c
    exact = {name for name in names if name[0] not in {ANY_SOURCE, ADDRESS}}
    told: set[str] = set()
    for name in sorted(exact):
        written = planning.encoded(name[2])
        query = schema.changes.select().where(
            log.kind.in_(sorted(ALERT_KINDS)), log.body.contains(written, autoescape=True)
        )
        alerts = {
            (alert.run, alert.id)
            for row in connection.execute(query)
            if (alert := rows.change_of(row).alert()) is not None and planning.shows(alert.finding, exact)
        }
        for run, id_ in sorted(alerts):
            sent = sa.select(delivery.receiver).distinct().where(delivery.run == run, delivery.alert_id == id_)
            told |= {row.receiver for row in connection.execute(sent)}
    return told


def _of_firing(connection: sa.Connection) -> set[MentionKey]:
    """The mentions that firing alerts show."""
    query = schema.alerts.select().where(schema.alerts.c.state == AlertState.FIRING)
    firing = [rows.alert_of(row) for row in connection.execute(query)]
    return {planning.mention_key(one.run, shown) for one in firing for shown in one.finding.representatives}
