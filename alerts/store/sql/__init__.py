"""The alert store in SQL: SQLite today, PostgreSQL when one machine is outgrown."""

from typing import Self

from alerts.store.sql.database import Database
from alerts.store.sql.incidents import IncidentsPart
from alerts.store.sql.levels import LevelsPart
from alerts.store.sql.log import LogPart
from alerts.store.sql.migrate import migrate
from alerts.store.sql.receivers import ReceiversPart
from alerts.store.sql.texts import TextsPart
from alerts.store.sql.tokens import TokensPart


class SqlStore(LogPart, LevelsPart, IncidentsPart, ReceiversPart, TextsPart, TokensPart):
    """`AlertStore` in SQL; see there for what each method promises.

    Parameters
    ----------
    database
        With its tables up to date; `open` sees to that.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the store at an address; see `alerts.store.open_store`."""
        database = Database(url)
        try:
            migrate(database)
        except BaseException:  # raised again; Ctrl-C too must leave no pool open
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """See `AlertStore.close`."""
        self._database.close()
