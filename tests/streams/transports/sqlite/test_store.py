"""The store's laws: what is read is what was appended, wherever chunks begin and whoever writes."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.log import LogError, TopicSpec, UnknownTopicError
from streams.transports.batches import NewRecord, Record
from streams.transports.sqlite.store import CHUNK_BYTES, CHUNK_RECORDS, LogStore


class Clock:
    """Turned by hand."""

    def __init__(self, now: int = 1_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[LogStore]:
    store = LogStore(tmp_path / "log.db", clock)
    yield store
    store.close()


def everything(store: LogStore, topic: str, partition: int = 0, **bounds: int) -> list[Record]:
    records: list[Record] = []
    while True:
        id_ = store.partition(TP(topic, partition))
        some, _ = store.read(id_, records[-1].offset + 1 if records else 0, **bounds)
        if not some:
            return records
        records += some


@settings(deadline=None, max_examples=25)
@given(
    sizes=st.lists(st.integers(1, 2 * CHUNK_RECORDS), min_size=1, max_size=3),
    limit=st.integers(100, 3000),
    most_bytes=st.integers(1, 3 << 20),
    seed=st.integers(0, 1000),
)
def test_what_is_read_is_what_was_appended_wherever_it_is_cut(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], limit: int, most_bytes: int, seed: int
) -> None:
    store = LogStore(tmp_path_factory.mktemp("log") / "log.db")
    store.create(TopicSpec("t"))
    noise = random.Random(seed)
    values: list[bytes] = []
    for size in sizes:
        some = [noise.randbytes(noise.choice((0, 5, 300, 3000))) for _ in range(size)]
        assert store.append("t", 0, [NewRecord(value) for value in some]).offset == len(values) + size - 1
        values += some
    assert [record.value for record in everything(store, "t", limit=limit, most_bytes=most_bytes)] == values
    start = noise.randrange(len(values))
    records, _ = store.read(store.partition(TP("t", 0)), start, limit=limit, most_bytes=most_bytes)
    assert [record.offset for record in records] == list(range(start, start + len(records)))
    store.close()


def test_a_read_is_bounded_in_bytes_but_a_large_record_comes_nevertheless(store: LogStore) -> None:
    store.create(TopicSpec("t"))
    for _ in range(8):
        store.append("t", 0, [NewRecord(b"x" * 1000) for _ in range(500)])
    store.append("t", 0, [NewRecord(b"y" * (3 * CHUNK_BYTES))])
    id_ = store.partition(TP("t", 0))
    records, size = store.read(id_, 0, limit=100_000, most_bytes=2_000_000)
    assert (len(records), size <= 2_000_000) == (1500, True)
    records, size = store.read(id_, 4000, limit=100_000, most_bytes=10)
    assert (len(records), size > 3 * CHUNK_BYTES) == (1, True)


def test_reading_before_the_beginning_and_past_the_end_is_harmless(store: LogStore) -> None:
    store.create(TopicSpec("a"), TopicSpec("b"))
    store.append("a", 0, [NewRecord(b"1")])
    store.append("b", 0, [NewRecord(b"2")])
    id_ = store.partition(TP("a", 0))
    assert [record.value for record in store.read(id_, -5)[0]] == [b"1"]
    assert [store.read(id_, offset)[0] for offset in (1, 2, 1 << 40, 1 << 70)] == [[], [], [], []]


def test_appends_of_one_transaction_to_one_partition_follow_one_another(store: LogStore) -> None:
    store.create(TopicSpec("t", 2))
    appends = [store.prepare("t", n % 2, [NewRecord(b"%d" % n)] * 3) for n in range(4)]
    assert [appended.offset for appended in store.append_all(appends)] == [2, 2, 5, 5]
    assert [record.value for record in everything(store, "t", 1)] == [b"1"] * 3 + [b"3"] * 3


def test_stamps_never_go_back_though_the_clock_does(store: LogStore, clock: Clock) -> None:
    store.create(TopicSpec("t"))
    for clock.now in (1000, 500, 1500):
        store.append("t", 0, [NewRecord(b"x"), NewRecord(b"y", timestamp=7)])
    assert [record.timestamp for record in everything(store, "t")] == [1000, 1000, 1000, 1000, 1500, 1500]


def test_a_publishers_times_are_kept_but_never_go_back(store: LogStore) -> None:
    store.create(TopicSpec("t", publisher_time=True))
    appended = store.append("t", 0, [NewRecord(b"x", timestamp=at) for at in (5, 9, 7)])
    store.append("t", 0, [NewRecord(b"x", timestamp=8), NewRecord(b"x", timestamp=10)])
    assert appended.timestamp == 9
    assert [record.timestamp for record in everything(store, "t")] == [5, 9, 9, 9, 10]


def test_an_empty_partitions_time_binds_what_is_appended_later_though_the_clock_goes_back(
    store: LogStore, clock: Clock
) -> None:
    store.create(TopicSpec("t", 2))
    store.append("t", 1, [NewRecord(b"x")])
    empty, full = (store.partition(TP("t", number)) for number in (0, 1))
    clock.now = 2_000_000
    assert store.idle({empty: 0, full: 0}) == (2_000_000, frozenset({empty}))
    clock.now = 1_500_000
    assert store.idle({empty: 0, full: 1}, floor=2_000_000) == (2_000_000, frozenset({empty, full}))
    assert store.append("t", 0, [NewRecord(b"x")]).timestamp == 2_000_000


def test_committed_offsets_are_each_groups_own(store: LogStore) -> None:
    store.create(TopicSpec("t", 2))
    store.commit("a", {store.partition(TP("t", 0)): 5})
    store.commit("a", {store.partition(TP("t", 0)): 6, store.partition(TP("t", 1)): 1})
    assert [store.committed(group, TP("t", number)) for group in "ab" for number in (0, 1)] == [6, 1, None, None]
    with pytest.raises(UnknownTopicError):
        store.committed("a", TP("t", 2))


def test_a_failed_transaction_leaves_nothing_and_the_next_goes_on(store: LogStore) -> None:
    store.create(TopicSpec("t"))
    good, bad = (store.prepare("t", 0, [NewRecord(b"x")]) for _ in range(2))
    object.__setattr__(bad, "partition", 999)
    with pytest.raises(TypeError):
        store.append_all([good, bad])
    assert store.append("t", 0, [NewRecord(b"y")]).offset == 0
    assert [record.value for record in everything(store, "t")] == [b"y"]


def test_a_damaged_chunk_is_said_to_be_damaged(store: LogStore) -> None:
    store.create(TopicSpec("t"))
    store.append("t", 0, [NewRecord(b"x")])
    store.writer.execute("UPDATE chunks SET data = ?", (b"\xc1",))
    with pytest.raises(LogError, match=r"damaged.*restore"):
        everything(store, "t")


def test_the_log_can_be_inspected_with_any_sqlite(store: LogStore, tmp_path: Path) -> None:
    store.create(TopicSpec("t", 3))
    store.append("t", 1, [NewRecord(b"x")])
    store.close()
    with sqlite3.connect(tmp_path / "log.db") as connection:
        rows = connection.execute(
            "SELECT name, number, next FROM partitions JOIN topics ON topics.id = topic ORDER BY number"
        ).fetchall()
    connection.close()
    assert rows == [("t", 0, 0), ("t", 1, 1), ("t", 2, 0)]
