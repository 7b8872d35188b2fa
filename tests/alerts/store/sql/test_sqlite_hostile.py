"""The store on SQLite where things go wrong: crashes, several processes, files that are something else."""

import importlib.util
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from alerts.errors import StoreError, StoreInvalidError, StoreNewerError, StoreUnavailableError
from alerts.model import ChangeKind, Finding
from alerts.receiving import Outcome
from alerts.store import open_store
from alerts.store.sql import SqlStore, schema
from alerts.store.sql.database import Database
from tests.contracts.store_contract import NOW, OFFICE, excerpt, finding, found

ROOT = Path(__file__).parents[4]

#: A process of its own that works on the store at the address it is given.
PRELUDE = """
import sys
from alerts.store import open_store
from tests.contracts.store_contract import NOW, OFFICE, excerpt, finding, found
url, number = sys.argv[1], int(sys.argv[2])
"""


def start(code: str, url: str, number: int = 0) -> subprocess.Popen[str]:
    """Start another process at work on the store."""
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(code), url, str(number)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    """What it printed, once it has ended well."""
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alerts.sqlite"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    store = SqlStore.open(url)
    yield store
    store.close()


# Transactions


@pytest.mark.parametrize("table", ["changes", "alerts", "excerpts", "places", "deliveries"])
def test_what_fails_midway_leaves_nothing_behind(store: SqlStore, path: Path, table: str) -> None:
    store.put_receiver(OFFICE, "admin", NOW)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute(f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END")
        raw.commit()
    with pytest.raises(StoreError, match="broken"):
        store.apply(found(excerpt(), finding()), NOW)
    assert store.latest() == 1
    assert store.places() == {}
    assert store.alerts(limit=9) == []
    assert store.counts()[Outcome.PENDING] == 0
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("DROP TRIGGER broken")
        raw.commit()
    (change,) = store.apply(found(excerpt(), finding()), NOW)
    assert change.sequence == 2
    assert len(store.deliveries(finding().id)) == 1


def test_a_killed_process_leaves_whole_transactions_only(url: str) -> None:
    process = start(
        """
        store = open_store(url)
        store.put_receiver(OFFICE, "admin", NOW)
        print("ready", flush=True)
        for offset in range(10**9):
            store.apply(found(excerpt(f"m{offset}"), finding(offset + 1), offset=2 * offset), NOW)
        """,
        url,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    with closing(open_store(url)) as store:
        while store.latest() < 20:
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        taken = store.latest() - 1
        assert store.places() == {("excerpts", 0): 2 * taken - 2, ("findings", 0): 2 * taken - 1}
        assert len(store.alerts(limit=10**6)) == taken
        assert store.counts()[Outcome.PENDING] == taken
        assert [change.sequence for change in store.after(0, 10**6)] == list(range(1, taken + 2))


def test_what_was_written_is_there_after_reopening(url: str) -> None:
    with closing(open_store(url)) as store:
        store.put_receiver(OFFICE, "admin", NOW)
        made = store.apply(found(excerpt(), finding()), NOW)
    with closing(open_store(url)) as store:
        assert store.after(1, 10) == made
        assert store.receivers() == [OFFICE]
        assert store.apply(found(finding(revision=2)), NOW)[0].sequence == 3


def test_a_full_disk_is_told_and_what_did_not_fit_can_be_taken_again(url: str) -> None:
    process = start(
        """
        import resource, signal
        from alerts.errors import StoreUnavailableError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        store = open_store(url)
        store.apply(found(finding(1)), NOW)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
        taken = 1
        try:
            while True:
                store.apply(found(*(finding(taken + one) for one in range(1, 51)), offset=taken), NOW)
                taken += 50
        except StoreUnavailableError as error:
            print(error)
        assert store.latest() == taken
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        made = store.apply(found(*(finding(taken + one) for one in range(1, 51)), offset=taken), NOW)
        assert [one.sequence for one in made] == list(range(taken + 1, taken + 51))
        """,
        url,
    )
    assert "cannot be used" in finish(process)


@pytest.mark.parametrize(
    "odd",
    [finding(organisation="\ud800"), finding(revision=2**70)],
    ids=["lone surrogate", "revision beyond every integer"],
)
def test_a_value_the_store_cannot_hold_is_told_and_nothing_written(store: SqlStore, odd: Finding) -> None:
    with pytest.raises((StoreError, ValueError)):
        store.apply(found(finding(5), odd), NOW)
    assert store.latest() == 0
    assert store.places() == {}


def test_naive_times_are_refused(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="aware datetimes"):
        store.apply(found(finding()), NOW.replace(tzinfo=None))
    assert store.latest() == 0


# Several processes


def test_processes_that_start_together_migrate_once(url: str) -> None:
    processes = [start("print(open_store(url).latest())", url) for _ in range(3)]
    assert [finish(process) for process in processes] == ["0\n"] * 3


def test_writers_in_two_processes_number_densely_and_share_deliveries(url: str, store: SqlStore) -> None:
    store.put_receiver(OFFICE, "admin", NOW)
    code = """
    store = open_store(url)
    for place in range(40):
        offset = number * 1000 + place
        store.apply(found(finding(offset), offset=offset), NOW)
    while due := store.due(NOW, 5):
        print(*(one.delivery.id for one in due), sep="\\n")
    """
    processes = [start(code, url, number) for number in (1, 2)]
    taken = [id_ for process in processes for id_ in finish(process).split()]
    assert [change.sequence for change in store.after(0, 1000)] == list(range(1, 82))
    assert len(taken) == len(set(taken)) == 80


def test_a_reader_never_sees_a_number_missing_below_one_it_saw(url: str, store: SqlStore) -> None:
    code = """
    store = open_store(url)
    for place in range(60):
        store.apply(found(*(finding(number * 1000 + 3 * place + one) for one in range(3)), offset=place), NOW)
    """
    processes = [start(code, url, number) for number in (1, 2)]
    seen: list[int] = []
    while len(seen) < 360:
        page = store.after(seen[-1] if seen else 0, 50)
        seen += [change.sequence for change in page]
        assert seen == list(range(1, len(seen) + 1))
    for process in processes:
        finish(process)


# Files that are something else


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, url: str) -> None:
    path.write_bytes(b"my notes\n" * 500)
    with pytest.raises(StoreInvalidError, match="is not an alert store"):
        open_store(url)
    assert path.read_bytes() == b"my notes\n" * 500


def test_a_database_of_something_else_is_refused_and_left_alone(path: Path, url: str) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE recipes (name)")
    with pytest.raises(StoreInvalidError, match="holds other tables"):
        open_store(url)
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


def test_a_database_of_a_newer_version_is_refused(path: Path, url: str) -> None:
    open_store(url).close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    with pytest.raises(StoreNewerError, match=r"newer version of canhbao \(9999\)"):
        open_store(url)


@pytest.mark.parametrize("where", ["start", "middle"])
def test_a_damaged_database_is_told(path: Path, url: str, where: str) -> None:
    with closing(open_store(url)) as store:
        store.apply(found(*(finding(number) for number in range(300))), NOW)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(0 if where == "start" else 8192)
        file.write(b"\xff" * (100 if where == "start" else size - 8192))
    with pytest.raises(StoreError), closing(open_store(url)) as store:
        store.apply(found(finding(7, 2)), NOW)


@pytest.mark.parametrize("name", ["missing/alerts.sqlite", "file/alerts.sqlite", "."])
def test_a_place_where_no_file_can_be_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreUnavailableError, match="alert store"):
        open_store(f"sqlite:///{tmp_path / name}")


@pytest.mark.parametrize("exists", [False, True], ids=["absent", "there"])
def test_a_directory_without_leave_to_write_is_told(exists: bool) -> None:  # noqa: FBT001 - a table of cases
    with tempfile.TemporaryDirectory() as name:
        closed = Path(name)
        url = f"sqlite:///{closed / 'alerts.sqlite'}"
        if exists:
            open_store(url).close()
            (closed / "alerts.sqlite").chmod(0o444)
        closed.chmod(0o555)
        code = """
        import os
        from alerts.errors import StoreUnavailableError
        from alerts.store.sql.database import Database
        if os.geteuid() == 0:
            os.seteuid(65534)  # nobody: to root nothing is closed
        try:
            with Database(url).write():
                pass
        except StoreUnavailableError as error:
            print(error)
        """
        assert "alerts.sqlite" in finish(start(code, url))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "mysql://x/y", "", "sqlite:///:memory:"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(StoreError):
        open_store(url)


def test_a_server_that_cannot_be_reached_is_told_without_its_password() -> None:
    with pytest.raises(StoreError) as refused:
        open_store("postgresql+psycopg://user:hidden@127.0.0.1:1/canhbao")
    assert "hidden" not in str(refused.value)
    if importlib.util.find_spec("psycopg") is None:
        assert "needs the Python package 'psycopg'" in str(refused.value)
    else:
        assert isinstance(refused.value, StoreUnavailableError)


# What lies on the disk


def test_the_file_is_its_owners_only(store: SqlStore, path: Path) -> None:
    store.apply(found(finding()), NOW)
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def test_erased_texts_are_gone_from_the_disk(store: SqlStore, path: Path) -> None:
    store.apply(found(excerpt(title="ABSENT-MARK " * 20), finding()), NOW)
    assert any(b"ABSENT-MARK" in file.read_bytes() for file in path.parent.iterdir())
    assert store.erase([("news", "Báo A", "m1")], "admin", NOW) == 1
    assert not any(b"ABSENT-MARK" in file.read_bytes() for file in path.parent.iterdir())


def test_texts_lie_in_the_evidence_table_only(store: SqlStore, path: Path) -> None:
    store.put_receiver(OFFICE, "admin", NOW)
    store.apply(found(excerpt(title="ABSENT-MARK"), finding()), NOW)
    with closing(sqlite3.connect(path)) as raw:
        tables = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        holding = [name for name in tables if "ABSENT-MARK" in str(raw.execute(f"SELECT * FROM {name}").fetchall())]  # noqa: S608 - names of our own tables
    assert holding == ["excerpts"]


def test_migrations_lead_to_the_schema_of_the_code(url: str, path: Path) -> None:
    open_store(url).close()
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def test_commits_are_durable(url: str) -> None:
    database = Database(url)
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    database.close()


def test_the_log_keeps_its_kinds_closed(store: SqlStore) -> None:
    store.apply(found(finding(reason="token_created")), NOW)
    assert store.after(0, 1)[0].kind is ChangeKind.UPDATED
