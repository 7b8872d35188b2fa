"""Retention and compaction: what goes, what stays, and that offsets are never used again."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.log import TopicSpec
from streams.transports.batches import NewRecord
from streams.transports.sqlite.keeping import TOMBSTONE_AGE, keep
from streams.transports.sqlite.store import LogStore
from tests.streams.transports.sqlite.test_store import Clock, everything

HOUR = 3_600_000


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[LogStore]:
    store = LogStore(tmp_path / "log.db", clock)
    yield store
    store.close()


def keep_all(store: LogStore, worthwhile: int = 1) -> int:
    return sum(1 for _ in keep(store, worthwhile=worthwhile))


def test_old_records_go_and_reading_from_the_hole_gives_the_first_that_exists(store: LogStore, clock: Clock) -> None:
    store.create(TopicSpec("t", retention=timedelta(hours=2)), TopicSpec("for ever"))
    for topic in ("t", "for ever"):
        for n in range(6):
            clock.now = n * HOUR
            store.append(topic, 0, [NewRecord(b"%d" % n)] * 10)
    keep_all(store)
    id_ = store.partition(TP("t", 0))
    assert store.bounds(id_) == (30, 60)
    assert [record.offset for record in store.read(id_, 0, limit=3)[0]] == [30, 31, 32]
    assert len(everything(store, "for ever")) == 60


def test_offsets_go_on_where_they_were_when_everything_is_gone(store: LogStore, clock: Clock) -> None:
    store.create(TopicSpec("t", retention=timedelta(hours=2)))
    store.append("t", 0, [NewRecord(b"x")] * 10)
    clock.now += 3 * HOUR
    keep_all(store)
    id_ = store.partition(TP("t", 0))
    assert (store.bounds(id_), store.read(id_, 0)[0]) == ((10, 10), [])
    assert store.append("t", 0, [NewRecord(b"y")]).offset == 10
    assert [record.offset for record in store.read(id_, 0)[0]] == [10]


def test_a_replays_old_times_are_not_its_age(store: LogStore) -> None:
    store.create(TopicSpec("t", retention=timedelta(hours=2), publisher_time=True))
    store.append("t", 0, [NewRecord(b"x", timestamp=1)])
    keep_all(store)
    assert len(everything(store, "t")) == 1


def test_much_is_deleted_in_steps(store: LogStore, clock: Clock) -> None:
    store.create(TopicSpec("t", retention=timedelta(hours=2)))
    for _ in range(40):
        store.append("t", 0, [NewRecord(b"x" * 1000)] * 900)
    clock.now += 3 * HOUR
    steps = keep(store)
    next(steps)
    first, _ = store.bounds(store.partition(TP("t", 0)))
    assert 0 < first < 10_000
    list(steps)
    assert store.bounds(store.partition(TP("t", 0))) == (36_000, 36_000)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from([b"a", b"b", b"c", b"", None]), st.one_of(st.none(), st.binary(max_size=4))),
            min_size=1,
            max_size=8,
        ),
        min_size=1,
        max_size=8,
    ),
    st.sets(st.integers(0, 7)),
)
def test_compaction_keeps_the_newest_of_each_key_the_last_record_and_what_has_no_key(
    tmp_path_factory: pytest.TempPathFactory,
    appends: list[list[tuple[bytes | None, bytes | None]]],
    compact_after: set[int],
) -> None:
    store = LogStore(tmp_path_factory.mktemp("log") / "log.db", Clock())
    store.create(TopicSpec("t", compacted=True))
    log: list[tuple[bytes | None, bytes | None]] = []
    for n, append in enumerate(appends):
        store.append("t", 0, [NewRecord(value, key) for key, value in append])
        log += append
        if n in compact_after:
            keep_all(store)
    keep_all(store)
    newest = {key: offset for offset, (key, _) in enumerate(log)}
    kept = [(record.offset, record.key, record.value) for record in everything(store, "t")]
    every = [(offset, key, value) for offset, (key, value) in enumerate(log)]
    must = [one for one in every if one[1] is None or newest[one[1]] == one[0]]
    assert [one for one in kept if one in must] == must
    assert set(kept) <= set(every)
    store.close()


def test_compaction_waits_until_it_is_worthwhile_and_then_leaves_the_newest_only(store: LogStore) -> None:
    store.create(TopicSpec("t", compacted=True))
    for n in range(50):
        store.append("t", 0, [NewRecord(b"%d" % n * 100, b"%d" % (n % 7))])
    keep_all(store, worthwhile=1 << 20)
    assert len(everything(store, "t")) == 50
    keep_all(store)
    assert [record.offset for record in everything(store, "t")] == list(range(43, 50))
    assert store.bounds(store.partition(TP("t", 0))) == (43, 50)
    store.append("t", 0, [NewRecord(b"small", b"0")])
    keep_all(store)
    assert len(everything(store, "t")) == 8  # not yet as much as what was kept


def test_tombstones_go_when_they_are_old_but_never_the_last_record(store: LogStore, clock: Clock) -> None:
    store.create(TopicSpec("t", compacted=True))
    for key in (b"a", b"b"):
        store.append("t", 0, [NewRecord(b"x", key)])
    store.append("t", 0, [NewRecord(None, b"a")])
    keep_all(store)
    assert [record.value for record in everything(store, "t")] == [b"x", None]
    clock.now += int(TOMBSTONE_AGE.total_seconds() * 1000) + 1
    store.append("t", 0, [NewRecord(b"much" * 1000, b"c")])
    keep_all(store)
    assert [record.key for record in everything(store, "t")] == [b"b", b"c"]
    store.append("t", 0, [NewRecord(b"more" * 2000, b"d"), NewRecord(None, b"c")])
    clock.now += int(TOMBSTONE_AGE.total_seconds() * 1000) + 1
    keep_all(store)
    assert [(record.key, record.offset) for record in everything(store, "t")] == [(b"b", 1), (b"d", 4), (b"c", 5)]


def test_readers_and_appends_between_the_steps_see_a_whole_log(store: LogStore) -> None:
    store.create(TopicSpec("t", compacted=True))
    noise = random.Random(1)
    latest: dict[bytes, bytes] = {}
    for _ in range(60):
        some = [(b"%d" % noise.randrange(100), noise.randbytes(2000)) for _ in range(100)]
        store.append("t", 0, [NewRecord(value, key) for key, value in some])
        latest.update(some)
    for step, _ in enumerate(keep(store, worthwhile=1)):
        if step % 5 == 0:
            store.append("t", 0, [NewRecord(b"%d" % step, b"x")])
            latest[b"x"] = b"%d" % step
        seen = {record.key: record.value for record in everything(store, "t")}
        assert seen == latest
    assert len(everything(store, "t")) < 200
