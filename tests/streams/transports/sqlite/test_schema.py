"""The file: its address, and what is refused."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import faust
import pytest

from streams.log import LogError, LogUnavailableError
from streams.transports.sqlite.schema import path_of
from streams.transports.sqlite.store import LogStore


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///", "sqlite://host/x.db", "sqlite:///:memory:", "sqlite:///state/", "kafka:///x", "x", ""],
)
def test_an_address_that_names_no_file_is_refused(url: str) -> None:
    with pytest.raises(LogError, match="must name a file"):
        path_of(url)


@pytest.mark.parametrize("name", ["log.db", "có dấu cách.db", "x@y+z:1.db", "a,b;c.db"])
@pytest.mark.parametrize("directory", ["/var/lib/", "state/", "../"])
def test_client_and_faust_mean_the_same_file(directory: str, name: str) -> None:
    url = f"sqlite:///{directory}{name}"
    transport: Any = faust.App("any", broker=[url]).transport
    assert transport.path == path_of(url) == Path(f"{directory}{name}")


@pytest.mark.parametrize("name", ["a?b.db", "a#b.db", "a%20b.db"])
def test_a_name_that_faust_would_take_for_another_is_refused(name: str) -> None:
    with pytest.raises(LogError, match="must not have"):
        path_of(f"sqlite:////var/{name}")


def test_the_file_and_what_lies_beside_it_are_for_their_owner_only(tmp_path: Path) -> None:
    store = LogStore(tmp_path / "state" / "log.db")
    assert {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state").iterdir()} == {
        "log.db": 0o600,
        "log.db-wal": 0o600,
        "log.db-shm": 0o600,
    }
    store.close()


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    LogStore(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(LogError, match=r"newer version.*format 99.*upgrade"):
        LogStore(path)


def test_another_programs_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(LogError, match="another program's"):
        LogStore(path)
    assert path.read_bytes() == before


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(LogError, match="no log, or damaged"):
        LogStore(path)


def test_a_place_where_nothing_can_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file" / "log.db", tmp_path):
        with pytest.raises(LogUnavailableError, match="cannot be created or written"):
            LogStore(path)


def test_several_processes_may_create_the_log_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from streams.log import TopicSpec;"
        "from streams.transports.sqlite.store import LogStore;"
        "store = LogStore(Path(sys.argv[1])); store.create(TopicSpec('t', 3))"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "log.db")]) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    with closing(LogStore(tmp_path / "log.db")) as store:
        assert len(store.topic("t").partitions) == 3


def test_opening_waits_for_a_process_that_recovers_or_closes_the_file(tmp_path: Path) -> None:
    """As after `kill -9`: the first to come recovers the journal, and holds the whole file meanwhile."""
    path = tmp_path / "log.db"
    LogStore(path).close()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("INSERT INTO topics (name, compacted, publisher_time) VALUES ('t', 0, 0)")
    other.execute("COMMIT")
    closing_soon = threading.Timer(0.2, other.close)
    closing_soon.start()
    with closing(LogStore(path)) as store:
        assert store.topic("t").partitions == ()
    closing_soon.join()
