"""The log's file: its address, its tables, and how a connection to it is opened."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from streams.log import LogError, LogUnavailableError

#: "cblg", so that the log is not mistaken for another SQLite file, nor another for the log.
APPLICATION_ID = 0x63626C67
#: Raised when the tables change; a file of a higher format is refused.
FORMAT = 1
#: How long a writer waits for the writers of other processes.
WRITE_PATIENCE = 30.0
_RETRY_AFTER = 0.0007
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL})
#: Faust would take these for parts of an address, and another file for the log.
_AMBIGUOUS = frozenset("?#%")

#: A chunk is what one transaction appended to a partition; its id is `partition << 40 | first offset`, so that a
#: partition's chunks lie side by side in order of offset and no index is needed.
_TABLES = """
CREATE TABLE topics (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    retention INTEGER,
    compacted INTEGER NOT NULL,
    publisher_time INTEGER NOT NULL
);
CREATE TABLE partitions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic INTEGER NOT NULL REFERENCES topics (id),
    number INTEGER NOT NULL,
    next INTEGER NOT NULL DEFAULT 0,
    newest INTEGER NOT NULL DEFAULT 0,
    clean_to INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, number)
);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY,
    appended INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE TABLE committed (
    consumer TEXT NOT NULL,
    partition INTEGER NOT NULL REFERENCES partitions (id),
    next INTEGER NOT NULL,
    PRIMARY KEY (consumer, partition)
) WITHOUT ROWID;
"""


def path_of(url: str) -> Path:
    """File of an address, by SQLAlchemy's rule: three slashes and a relative path, or four for an absolute one.

    Raises
    ------
    LogError
        If it names no file.

    Examples
    --------
    >>> str(path_of("sqlite:///state/log.db")), str(path_of("sqlite:////var/lib/canhbao/log.db"))
    ('state/log.db', '/var/lib/canhbao/log.db')
    """
    scheme, _, rest = url.partition(":///")
    if scheme != "sqlite" or not rest or rest.startswith(":memory:") or rest.endswith("/"):
        raise LogError(
            f"the embedded log's address must name a file, as sqlite:///state/log.db or sqlite:////var/lib/log.db, "
            f"not {url!r}"
        )
    if _AMBIGUOUS & set(rest):
        raise LogError(
            f"the embedded log's file must not have ?, # or % in its path, as {url!r} has: name it otherwise"
        )
    return Path(rest)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as the log's own."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise LogUnavailableError(f"the log {path} cannot be used now: {error}") from error
    except sqlite3.DatabaseError as error:
        raise LogError(f"{path} is no log, or damaged ({error}): restore it, or point to another file") from error


def connect(path: Path, timeout: float) -> sqlite3.Connection:
    """A connection in autocommit mode, usable from any one thread at a time.

    Parameters
    ----------
    path
        The log's file, prepared.
    timeout
        Seconds for which SQLite itself waits for other processes; 0 where `begin` does.
    """
    # Opening waits in any case: another process may be recovering the journal of one that was killed.
    connection = sqlite3.connect(path, timeout=WRITE_PATIENCE, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # what retention deletes is personal data: leave no trace of it
    connection.execute("PRAGMA journal_size_limit = 67108864")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute("PRAGMA cache_size = -16384")
    connection.execute(f"PRAGMA busy_timeout = {int(timeout * 1000)}")
    return connection


def begin(connection: sqlite3.Connection, patience: float = WRITE_PATIENCE) -> None:
    """Start a write transaction, waiting for other processes' writers.

    SQLite's own waiting sleeps up to 100 ms at a time, which starves an occasional writer beside a busy one.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_AFTER)
        else:
            return


def prepare(path: Path) -> None:
    """Create the file and its tables if they are not there, readable by their owner only; check the format.

    Raises
    ------
    LogError
        If the file is something else, or of a newer version.
    LogUnavailableError
        If it cannot be opened or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _create_file(path)
    except OSError as error:
        raise LogUnavailableError(f"the log {path} cannot be created or written: {error.strerror}") from error
    with translated(path), closing(sqlite3.connect(path, timeout=WRITE_PATIENCE, isolation_level=None)) as connection:
        _is_new(connection, path)  # before anything of it is changed
        _use_write_ahead_log(connection)
        begin(connection)
        try:
            if _is_new(connection, path):
                _create(connection)
        except BaseException:  # raised again; a cancelled start leaves no half-made tables
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def _create_file(path: Path) -> None:
    """Create it only where there is none, and never open it otherwise than by SQLite.

    Closing a descriptor of a file drops every POSIX lock that this process holds on it, SQLite's among them; then
    another process takes itself for the last one, and unlinks the journal that is still written here.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if path.is_dir():
            raise


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + WRITE_PATIENCE
    while True:  # SQLite does not wait by itself when two processes change the mode of a new file at once
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_AFTER)
        else:
            return


def _is_new(connection: sqlite3.Connection, path: Path) -> bool:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application == 0 and version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        return True
    if application != APPLICATION_ID:
        raise LogError(f"{path} is another program's SQLite file: point the log to a file of its own")
    if version > FORMAT:
        raise LogError(
            f"{path} was written by a newer version of canhbao (format {version}; this one reads {FORMAT}): upgrade it"
        )
    return False


def _create(connection: sqlite3.Connection) -> None:
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
