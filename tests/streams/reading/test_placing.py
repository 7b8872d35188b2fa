"""In which minute a mention counts."""

from hypothesis import given
from hypothesis import strategies as st

from streams.reading.placing import BACKFILL_MS, LATENESS_MS, MINUTE_MS, place

TIMES = st.integers(0, 4_000_000_000_000)


@given(TIMES, TIMES)
def test_the_minute_lies_within_the_lateness_before_seen(seen_at: int, published_at: int) -> None:
    placed = place(seen_at, published_at)
    assert placed.minute % MINUTE_MS == 0
    assert seen_at - LATENESS_MS - MINUTE_MS < placed.minute <= seen_at
    assert placed.backfill <= placed.delayed


@given(TIMES, st.integers(0, LATENESS_MS))
def test_what_is_not_late_counts_when_it_was_published(seen_at: int, age: int) -> None:
    published_at = seen_at - age
    assert place(seen_at, published_at) == (published_at - published_at % MINUTE_MS, False, False)


def test_the_edges() -> None:
    seen_at = 100 * BACKFILL_MS
    assert place(seen_at, seen_at + MINUTE_MS).minute == seen_at
    assert not place(seen_at, seen_at - LATENESS_MS).delayed
    assert place(seen_at, seen_at - LATENESS_MS - 1).delayed
    assert not place(seen_at, seen_at - BACKFILL_MS).backfill
    assert place(seen_at, seen_at - BACKFILL_MS - 1).backfill
    assert place(seen_at, seen_at - MINUTE_MS, lateness=0) == (seen_at, True, False)
