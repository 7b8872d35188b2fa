"""Writers killed at random moments, and copies of the file cut at random bytes: what was acknowledged is there.

A write-ahead log grows by whole transactions. An append is acknowledged when its frames are on the disk, so whatever is
cut off behind them cannot touch it; and a transaction of which a byte is missing must not be seen at all.
"""

import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from faust.types import TP

from streams.log import TopicSpec
from streams.transports.batches import NewRecord
from streams.transports.sqlite.leases import GroupHeldError, GroupLease
from streams.transports.sqlite.store import LogStore
from tests.streams.transports.sqlite.test_store import everything

#: Appends groups of numbered records until it is killed; says what is acknowledged.
WRITER = """
import random, sys
from pathlib import Path
from streams.transports.batches import NewRecord
from streams.transports.sqlite.store import LogStore
path, name, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
store, noise, n = LogStore(path), random.Random(seed), 0
store.writer.execute("PRAGMA wal_autocheckpoint = 20")
while True:
    size = noise.randrange(1, 40)
    new = [NewRecord(b"%d of %d" % (k, size), b"%s.%d" % (name.encode(), n), ()) for k in range(size)]
    store.append("t", 0, new)
    print(n, size, flush=True)
    n += 1
"""


def groups(store: LogStore) -> dict[str, list[bytes | None]]:
    found: dict[str, list[bytes | None]] = {}
    for record in everything(store, "t"):
        found.setdefault((record.key or b"").decode(), []).append(record.value)
    return found


def assert_whole(store: LogStore) -> dict[str, int]:
    """No append is there in part, and offsets are dense. Returns the size of each."""
    records = everything(store, "t")
    assert [record.offset for record in records] == list(range(len(records)))
    assert store.bounds(store.partition(TP("t", 0)))[1] == len(records)
    sizes = {}
    for key, values in groups(store).items():
        assert values == [b"%d of %d" % (k, len(values)) for k in range(len(values))]
        sizes[key] = len(values)
    return sizes


def test_what_killed_writers_were_told_is_there_and_nothing_is_there_in_part(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    noise = random.Random(3)
    with closing(LogStore(path)) as store:
        store.create(TopicSpec("t"))
    told: dict[str, int] = {}
    for turn in range(4):
        writers = {
            name: subprocess.Popen(
                [sys.executable, "-c", WRITER, str(path), name, str(turn)], stdout=subprocess.PIPE, text=True
            )
            for name in (f"a{turn}", f"b{turn}")
        }
        for name, writer in writers.items():
            assert writer.stdout is not None
            assert writer.stdout.readline().startswith("0 ")
            told[f"{name}.0"] = 0
        time.sleep(noise.uniform(0.02, 0.3))
        for name, writer in writers.items():
            writer.send_signal(signal.SIGKILL)
            output, _ = writer.communicate()
            told.update((f"{name}.{n}", int(size)) for n, size in map(str.split, output.splitlines()))
    with closing(LogStore(path)) as store:
        sizes = assert_whole(store)
        assert len(told) > 8
        assert {key: sizes.get(key) for key in told} == {key: size or sizes.get(key, 0) for key, size in told.items()}
        end = store.bounds(store.partition(TP("t", 0)))[1]
        assert store.append("t", 0, [NewRecord(b"0 of 1", b"after")]).offset == end


@pytest.mark.parametrize("seed", range(3))
def test_a_write_ahead_log_cut_at_any_byte_keeps_what_was_acknowledged_before_it(tmp_path: Path, seed: int) -> None:
    path, noise = tmp_path / "log.db", random.Random(seed)
    store = LogStore(path)
    store.create(TopicSpec("t"))
    for n in range(10):
        store.append("t", 0, _group(f"old.{n}", noise))
    store.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    wal = path.with_name("log.db-wal")
    acknowledged: list[tuple[int, str]] = []
    for n in range(30):
        store.append("t", 0, _group(f"new.{n}", noise))
        acknowledged.append((wal.stat().st_size, f"new.{n}"))
    for _ in range(25):
        cut = noise.randrange(wal.stat().st_size + 1)
        copy = _copied(path, tmp_path / "copy")
        with copy.with_name("log.db-wal").open("r+b") as file:
            file.truncate(cut)
        with closing(LogStore(copy)) as recovered:
            sizes = assert_whole(recovered)
            must = {f"old.{n}" for n in range(10)} | {name for size, name in acknowledged if size <= cut}
            assert sizes.keys() >= must
            recovered.append("t", 0, [NewRecord(b"0 of 1", b"after")])
            assert_whole(recovered)
    store.close()


@pytest.mark.parametrize("seed", range(2))
def test_a_file_torn_while_the_log_was_folded_into_it_is_whole_again(tmp_path: Path, seed: int) -> None:
    """Power fails in a checkpoint: any of the file's bytes may be the old or the new ones; the log is still beside."""
    path, noise = tmp_path / "log.db", random.Random(seed)
    store = LogStore(path)
    store.create(TopicSpec("t"))
    names = [f"n.{n}" for n in range(40)]
    for name in names[:15]:
        store.append("t", 0, _group(name, noise))
    store.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for name in names[15:]:
        store.append("t", 0, _group(name, noise))
    before = _copied(path, tmp_path / "before")
    store.writer.execute("PRAGMA wal_checkpoint(PASSIVE)")
    new, old = path.read_bytes(), before.read_bytes()
    for _ in range(10):
        copy = _copied(before, tmp_path / "copy")
        torn = bytearray(old.ljust(noise.randrange(len(old), len(new) + 1), b"\0"))
        for start in range(0, len(torn), 512):
            if noise.random() < 0.5:
                torn[start : start + 512] = new[start : min(start + 512, len(torn))]
        copy.write_bytes(torn)
        with closing(LogStore(copy)) as recovered:
            assert assert_whole(recovered).keys() == set(names)
    store.close()


def test_a_group_is_held_by_one_and_free_when_its_holder_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from streams.transports.sqlite.leases import GroupLease;"
        "lease = GroupLease(Path(sys.argv[1]), 'a/b'); print('held', flush=True); time.sleep(60)"
    )
    path = tmp_path / "log.db"
    holder = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(GroupHeldError, match=rf"process {holder.pid}\) holds the consumer group 'a/b'.*stop it first"):
        GroupLease(path, "a/b")
    other = GroupLease(path, "a")
    holder.kill()
    holder.communicate()
    lease = GroupLease(path, "a/b")
    with pytest.raises(GroupHeldError):
        GroupLease(path, "a/b")
    lease.release()
    lease.release()
    GroupLease(path, "a/b").release()
    other.release()
    long = GroupLease(path, "ă" * 300)
    long.release()


def _group(name: str, noise: random.Random) -> list[NewRecord]:
    size = noise.randrange(1, 60)
    return [NewRecord(b"%d of %d" % (k, size), name.encode()) for k in range(size)]


def _copied(path: Path, directory: Path) -> Path:
    """Copy of the file and its write-ahead log, as they lie there after a crash."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for file in (path, path.with_name(path.name + "-wal")):
        shutil.copy(file, directory / file.name)
    return directory / path.name
