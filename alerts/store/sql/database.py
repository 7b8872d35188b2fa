"""Connections and transactions: one writer at a time, numbers in the order of commit, errors as our own."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import ConnectionPoolEntry

from alerts.errors import StoreError, StoreInvalidError, StoreUnavailableError
from alerts.store.sql import schema

#: Advisory lock of PostgreSQL under which changes get their numbers; "canhbao" in ASCII.
LOCK = int.from_bytes(b"canhbao", "big")
_BUSY_MILLISECONDS = 30_000
_WRITES = "canhbao_writes"
_DAMAGED = ("not a database", "malformed", "unsupported file format")

Insert = sqlite.Insert | postgresql.Insert


class Database:
    """A database that holds the store.

    Parameters
    ----------
    url
        Of SQLAlchemy's form. A SQLite file is made, readable by its owner only, if it is not there.

    Raises
    ------
    StoreError
        If the address cannot be read or its driver is not installed.
    StoreUnavailableError
        If the file cannot be made.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = sa.make_url(url)
            self.engine = _engine(parsed)
        except ModuleNotFoundError as error:
            raise StoreError(
                f"this store needs the Python package {error.name!r}: install it, or use sqlite"
            ) from error
        except sa.exc.ArgumentError as error:
            raise StoreError("CANHBAO_STORE_URL cannot be read: it must be sqlite:///path or postgresql://…") from error
        self.where = parsed.set(query={}).render_as_string(hide_password=True)  # a query may hold secrets too
        self._writer = threading.Lock()

    @property
    def is_postgresql(self) -> bool:
        """Which of the two it is."""
        return self.engine.dialect.name == "postgresql"

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One transaction that sees one moment."""
        with self._translated(), self.engine.connect() as connection:
            if self.is_postgresql:
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction, alone among all processes, durable when it is left without an error."""
        with self._translated(), self._writer, self.engine.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with connection.begin():
                if self.is_postgresql:
                    connection.execute(lock_statement())
                yield connection

    def insert(self, table: sa.Table) -> Insert:
        """An insert that knows ``on_conflict_…``."""
        return postgresql.insert(table) if self.is_postgresql else sqlite.insert(table)

    def forget_deleted(self) -> None:
        """Take what was deleted out of SQLite's write-ahead log as well, as far as readers let it."""
        if self.is_postgresql:
            return
        with suppress(sa.exc.DBAPIError, sqlite3.Error):
            raw = self.engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                raw.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """The driver's errors as ours."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            sentence = f"{error.orig}"
            if any(sign in sentence for sign in _DAMAGED):
                raise StoreInvalidError(
                    f"{self.where} is not an alert store, or is damaged ({sentence}): move it away or restore it"
                ) from error
            if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
                raise StoreUnavailableError(
                    f"the alert store {self.where} cannot be used ({sentence}): check that it is there and writable"
                ) from error
            raise StoreError(f"the alert store {self.where} refused a statement ({sentence})") from error
        except sa.exc.TimeoutError as error:
            raise StoreUnavailableError(f"the alert store {self.where} has too much to do: try again") from error
        except (sa.exc.StatementError, OverflowError, UnicodeEncodeError) as error:
            raise StoreError(f"the alert store {self.where} cannot hold a value it was given ({error})") from error


def lock_statement() -> sa.Select[tuple[Any]]:
    """Takes the lock of PostgreSQL that is held to the commit: numbers are seen in the order they were given."""
    return sa.select(sa.func.pg_advisory_xact_lock(LOCK))


def take_numbers(connection: sa.Connection, count: int) -> None:
    """Note that the next `count` sequences are used by this transaction."""
    head = schema.heads.c
    connection.execute(schema.heads.update().where(head.name == "changes").values(value=head.value + count))


def latest(connection: sa.Connection) -> int:
    """Sequence of the newest change."""
    value = connection.scalar(sa.select(schema.heads.c.value).where(schema.heads.c.name == "changes"))
    return int(value or 0)


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True)
    if url.database in {None, "", ":memory:"}:
        raise StoreError("a SQLite store needs a file: sqlite:///path/to/file")
    _make_file(Path(str(url.database)))
    engine = sa.create_engine(url, pool_size=8, max_overflow=32)
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _make_file(path: Path) -> None:
    """SQLite would make it readable by everybody; whether an existing one can be used is seen when it is.

    An existing one is left alone: opening and closing it here would drop the locks that SQLite holds on it for this
    process, and another process could then unlink the journal that is still written here.
    """
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return
    except OSError as error:
        if not os.access(path, os.F_OK):
            raise StoreUnavailableError(f"the alert store {path} cannot be made ({error.strerror})") from error


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    """Transactions by hand, durable at commit, and nothing legible left of what is deleted."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    mode = cursor.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise sqlite3.OperationalError(f"its file system allows no write-ahead log, only {mode}")
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
