from hypothesis import given
from hypothesis import strategies as st

from streams.watching.arrivals import TICK, Entry, tick_of
from streams.watching.columns import Block
from streams.watching.envelopes import Reading, Source
from streams.watching.pending import Pending
from tests.streams.watching.test_columns import columns_of

SOURCE = Source("news", "Báo A")


def reading(partition: int, offset: int, seen_at: int) -> Reading:
    """Its identity says where it lies."""
    name = partition.to_bytes(8, "big") + offset.to_bytes(8, "big")
    return Reading(offset, seen_at, seen_at, name, "i", 0, ("19",), 0.9, 0.0, 1, title="lũ", url="https://a.vn")


def block(partition: int, times: list[int], first: int) -> Block:
    """Readings in columns; each identity says where it lies."""
    columns = columns_of([reading(partition, offset, seen_at) for offset, seen_at in enumerate(times, first)])
    assert columns is not None
    return Block.of(columns, (("news", "Báo A"),))


@given(st.lists(st.lists(st.integers(0, 2000), max_size=20), max_size=4), st.lists(st.integers(0, 2500)), st.data())
def test_readings_come_out_once_in_order_and_only_when_due(
    times: list[list[int]], ends: list[int], data: st.DataObject
) -> None:
    pending = Pending()
    everything: list[tuple[int, int, int]] = []
    for partition, of_partition in enumerate(times):
        ordered = sorted(of_partition)
        cut = data.draw(st.integers(0, len(ordered)))
        for offset, seen_at in enumerate(ordered[:cut]):
            pending.add(Entry(seen_at, partition, offset, reading(partition, offset, seen_at), SOURCE))
        if ordered[cut:]:
            pending.add_block(partition, block(partition, ordered[cut:], cut))
        everything += [(seen_at, partition, offset) for offset, seen_at in enumerate(ordered)]
    taken: list[tuple[int, int, int]] = []
    for end in [*sorted(ends), 10_000]:
        arrivals = pending.until(end)
        for tick, here in arrivals.ticks() if arrivals is not None else ():
            assert arrivals is not None
            for seen_at, name in zip(arrivals.seen_at[here].tolist(), arrivals.identities[here], strict=True):
                assert tick - TICK <= seen_at < tick
                assert seen_at < end
                taken.append((seen_at, int.from_bytes(name[:8], "big"), int.from_bytes(name[8:], "big")))
    assert taken == sorted(everything)
    assert pending.bytes == 0


@given(st.integers(0, 10**13))
def test_a_mention_is_folded_at_the_first_tick_after_it_was_seen(seen_at: int) -> None:
    assert tick_of(seen_at) % TICK == 0
    assert 0 < tick_of(seen_at) - seen_at <= TICK


def test_memory_is_estimated_while_readings_wait() -> None:
    pending = Pending()
    pending.add(Entry(5, 0, 0, reading(0, 0, 5), SOURCE))
    assert pending.bytes > 500
    assert pending.until(5) is None
    arrivals = pending.until(6)
    assert arrivals is not None
    assert [tick for tick, _ in arrivals.ticks()] == [250]
    assert pending.bytes == 0
