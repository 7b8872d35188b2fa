"""Levels of hours, in SQL."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from alerts.model import Level
from alerts.ports import FoundLevel
from alerts.routing import run_of
from alerts.store.levels import NEAR
from alerts.store.sql import rows, schema
from alerts.store.sql.database import Database

_decode = msgspec.json.Decoder(Level).decode
_encode = msgspec.json.Encoder(order="deterministic").encode


class LevelsPart:
    """What `LevelStore` says."""

    _database: Database

    def put_levels(self, found: Sequence[FoundLevel]) -> None:
        """See `LevelStore.put_levels`."""
        if not found:
            return
        # Of the same hour twice in a batch the later one holds.
        history = {(run_of(place.topic), one.organisation, one.start): one for place, one in found}
        newest: dict[tuple[str, str], Level] = {}
        for (run, organisation, start), level in history.items():
            known = newest.get((run, organisation))
            if known is None or known.start <= start:
                newest[run, organisation] = level
        with self._database.write() as connection:
            table = schema.levels
            bare = [msgspec.structs.replace(one, forecasts=()) for one in history.values()]
            places = [_row(key[0], one) for key, one in zip(history, bare, strict=True)]
            self._upsert(connection, table, ("run", "organisation", "start"), places)
            heads = [_row(run, one) for (run, _), one in newest.items()]
            self._upsert(connection, schema.level_heads, ("run", "organisation"), heads, newer=True)
            self._place(connection, found)

    def _upsert(
        self,
        connection: sa.Connection,
        table: sa.Table,
        keys: tuple[str, ...],
        values: list[dict[str, Any]],
        *,
        newer: bool = False,
    ) -> None:
        insert = self._database.insert(table)
        changed = {one.name: insert.excluded[one.name] for one in table.c if one.name not in keys}
        where = table.c.start <= insert.excluded.start if newer else None
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed, where=where), values)

    def _place(self, connection: sa.Connection, found: Sequence[FoundLevel]) -> None:
        places: dict[tuple[str, int], int] = {}
        for place, _ in found:
            where = (place.topic, place.partition)
            places[where] = max(place.offset, places.get(where, -1))
        insert = self._database.insert(schema.places)
        later = {"position": insert.excluded.position}
        statement = insert.on_conflict_do_update(
            index_elements=("topic", "partition"), set_=later, where=schema.places.c.position < insert.excluded.position
        )
        values = [
            {"topic": topic, "partition": number, "position": offset} for (topic, number), offset in places.items()
        ]
        connection.execute(statement, values)

    def newest_levels(self, run: str, organisation: str | None = None) -> list[Level]:
        """See `LevelStore.newest_levels`."""
        column = schema.level_heads.c
        query = sa.select(column.body).where(column.run == run).order_by(column.organisation)
        return self._read(query if organisation is None else query.where(column.organisation == organisation))

    def levels(self, run: str, organisation: str, *, until: str, limit: int) -> list[Level]:
        """See `LevelStore.levels`."""
        column = schema.levels.c
        query = sa.select(column.body).where(
            column.run == run, column.organisation == organisation, column.start < until
        )
        return self._read(query.order_by(column.start.desc()).limit(rows.bounded(limit)))[::-1]

    def near_misses(self, run: str, *, since: str, limit: int, organisation: str | None = None) -> list[Level]:
        """See `LevelStore.near_misses`."""
        column = schema.levels.c
        query = sa.select(column.body).where(
            column.run == run, column.near >= NEAR, column.near < 1.0, column.start >= since
        )
        if organisation is not None:
            query = query.where(column.organisation == organisation)
        ordered = query.order_by(column.near.desc(), column.organisation, column.start)
        return self._read(ordered.limit(rows.bounded(limit)))

    def _read(self, query: sa.Select[Any]) -> list[Level]:
        with self._database.read() as connection:
            return [_decode(body) for body in connection.scalars(query)]

    def forget_levels(self, before: str) -> int:
        """See `LevelStore.forget_levels`."""
        with self._database.write() as connection:
            return connection.execute(schema.levels.delete().where(schema.levels.c.start < before)).rowcount


def _row(run: str, level: Level) -> dict[str, Any]:
    return {
        "run": run,
        "organisation": level.organisation,
        "start": level.start,
        "near": level.near,
        "body": _encode(level).decode(),
    }
