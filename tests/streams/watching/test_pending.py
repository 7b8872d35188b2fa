from hypothesis import given
from hypothesis import strategies as st

from streams.watching.envelopes import Reading, Source
from streams.watching.pending import TICK, Entry, Pending, tick_of

SOURCE = Source("news", "Báo A")


def reading(offset: int, seen_at: int) -> Reading:
    return Reading(offset, seen_at, seen_at, b"i" * 16, "i", 0, ("19",), 0.9, 0.0, 1, title="lũ", url="https://a.vn")


@given(st.lists(st.lists(st.integers(0, 2000), max_size=20), max_size=4), st.lists(st.integers(0, 2500)))
def test_readings_come_out_once_in_order_and_only_when_due(times: list[list[int]], ends: list[int]) -> None:
    pending = Pending()
    everything = []
    for partition, of_partition in enumerate(times):
        for offset, seen_at in enumerate(sorted(of_partition)):
            entry = Entry(seen_at, partition, offset, reading(offset, seen_at), SOURCE)
            everything.append(entry)
            pending.add(entry)
    taken: list[Entry] = []
    for end in [*sorted(ends), 10_000]:
        for tick, entries in pending.until(end):
            assert all(tick - TICK <= entry.seen_at < tick for entry in entries)
            assert all(entry.seen_at < end for entry in entries)
            taken += entries
    assert taken == sorted(everything, key=lambda entry: entry[:3])
    assert pending.bytes == 0


@given(st.integers(0, 10**13))
def test_a_mention_is_folded_at_the_first_tick_after_it_was_seen(seen_at: int) -> None:
    assert tick_of(seen_at) % TICK == 0
    assert 0 < tick_of(seen_at) - seen_at <= TICK


def test_memory_is_estimated_while_readings_wait() -> None:
    pending = Pending()
    pending.add(Entry(5, 0, 0, reading(0, 5), SOURCE))
    assert pending.bytes > 500
    assert list(pending.until(5)) == []
    assert [tick for tick, _ in pending.until(6)] == [250]
    assert pending.bytes == 0
