"""Which mentions were erased: what stands here never comes back."""

from collections.abc import Iterable

import sqlalchemy as sa

from alerts.erasing import MentionName, names_of
from alerts.model import Excerpt
from alerts.store.sql import rows, schema


def erased_names(connection: sa.Connection, excerpts: Iterable[Excerpt]) -> set[MentionName]:
    """Those names of the mentions under which something was erased."""
    table = schema.erasures
    found: set[MentionName] = set()
    for chunk in rows.chunks({name for one in excerpts for _, _, name in names_of(one)}):
        for row in connection.execute(table.select().where(table.c.mention.in_(chunk))):
            found.add((row.source_kind, row.source_name, row.mention))
    return found
