"""The store on PostgreSQL: the contract on a real server where one is installed, and its SQL everywhere."""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from alerts.model import ChangeKind
from alerts.store import AlertStore
from alerts.store.sql import SqlStore, schema
from alerts.store.sql.database import LOCK, Database, lock_statement
from alerts.store.sql.log import note
from tests.contracts.store_contract import NOW, StoreContract, finding, found

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here


def _program(name: str) -> Path | None:
    found = [shutil.which(name), *map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))]
    return next((Path(one) for one in found if one and Path(one).exists()), None)


def _user() -> str | None:
    """A user that may run the server, which root may not."""
    if os.geteuid() != 0:
        return None
    return next((one.pw_name for one in pwd.getpwall() if one.pw_name == "postgres"), "nobody")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own on loopback, gone afterwards."""
    initdb, postgres = _program("initdb"), _program("postgres")
    if initdb is None or postgres is None:
        pytest.skip("PostgreSQL is not installed")
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("the Python package psycopg is not installed")
    home = tmp_path_factory.mktemp("postgresql")
    user = _user()
    if user is not None:
        shutil.chown(home, user)
        for parent in home.parents[:2]:
            parent.chmod(0o755)
    data = home / "data"
    subprocess.run(
        [initdb, "-D", data, "-U", "canhbao", "--auth=trust", "--encoding=UTF8", "--no-sync"],
        check=True,
        capture_output=True,
        user=user,
        cwd=home,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [postgres, "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", home, "-c", "fsync=off"],
        user=user,
        cwd=home,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if b"ready to accept connections" in line:
            break
    yield f"postgresql+psycopg://canhbao@127.0.0.1:{port}/postgres"
    process.terminate()
    process.communicate(timeout=30)


def _empty(server: str) -> None:
    engine = sa.create_engine(server)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


@pytest.mark.integration
class TestPostgresqlStore(StoreContract):
    @pytest.fixture
    def store(self, server: str) -> Iterator[AlertStore]:
        _empty(server)
        store = SqlStore.open(server)
        yield store
        store.close()


@pytest.mark.integration
def test_a_later_number_waits_for_the_earlier_ones_commit(server: str) -> None:
    first, second = Database(server), SqlStore.open(server)
    before = second.latest()
    other = threading.Thread(target=second.apply, args=(found(finding(), run="interleaved"), NOW))
    with first.write() as connection:
        note(connection, NOW, "admin", ChangeKind.ERASED, {})
        other.start()
        waiting = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        while not connection.scalar(waiting):
            os.sched_yield()
        assert second.latest() == before
    other.join()
    assert [(one.sequence, one.kind) for one in second.after(before, 9)] == [
        (before + 1, ChangeKind.ERASED),
        (before + 2, ChangeKind.FIRED),
    ]
    first.close()
    second.close()


@pytest.mark.integration
def test_services_that_start_together_migrate_once(server: str) -> None:
    _empty(server)
    opened: list[SqlStore] = []
    threads = [threading.Thread(target=lambda: opened.append(SqlStore.open(server))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.latest() for store in opened] == [0, 0, 0]
    for store in opened:
        store.close()


def test_numbers_are_given_under_a_lock_held_to_the_commit() -> None:
    compiled = str(lock_statement().compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))
    assert compiled == f"SELECT pg_advisory_xact_lock({LOCK}) AS pg_advisory_xact_lock_1"
    assert 0 < LOCK < 2**63


@pytest.mark.parametrize("table", schema.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_has_a_form_in_postgresql(table: sa.Table) -> None:
    text = str(CreateTable(table).compile(dialect=DIALECT))
    assert "DATETIME" not in text
    assert "TIMESTAMP WITHOUT TIME ZONE" not in text
