import numpy as np

from alerts.model import SourceCount
from streams.watching import counts as module
from streams.watching.counts import HOURS_KEPT, OpenMinutes, SourceCounts


def test_a_minute_is_counted_until_it_closes() -> None:
    counts = OpenMinutes(3)
    counts.add(1, 100, negative=True)
    counts.add(1, 100, negative=False)
    counts.add(2, 101, negative=True)
    negative, mentions = counts.window(np.array([1, 2]), 100, 3)
    assert negative.tolist() == [[1, 0, 0], [0, 1, 0]]
    assert mentions.tolist() == [[2, 0, 0], [0, 1, 0]]
    negative, mentions = counts.close(100)
    assert (negative.tolist(), mentions.tolist()) == ([0, 1, 0], [0, 2, 0])
    assert counts.busy == {101}
    assert counts.window(np.array([1]), 100, 2)[1].tolist() == [[0, 0]]


def test_open_minutes_survive_a_snapshot_and_rows_added() -> None:
    counts = OpenMinutes(2)
    counts.add(0, 15, negative=True)
    counts.add(1, 17, negative=False)
    again = OpenMinutes.restore(2, counts.snapshot())
    again.grow(3)
    assert again.busy == {15, 17}
    assert again.close(15)[0].tolist() == [1, 0, 0]
    assert again.close(17)[1].tolist() == [0, 1, 0]


def test_sources_are_counted_from_a_minute_on_most_negative_first() -> None:
    sources = SourceCounts()
    sources.add("19", 59, ("news", "Báo A"), negative=True)
    sources.add("19", 60, ("news", "Báo A"), negative=False)
    sources.add("19", 61, ("forum", "Diễn đàn"), negative=True)
    sources.add("01", 61, ("forum", "Diễn đàn"), negative=True)
    assert sources.since("19", 60, 61) == (SourceCount("forum", "Diễn đàn", 1, 1), SourceCount("news", "Báo A", 1, 0))
    assert sources.since("19", 0, 61)[0] == SourceCount("news", "Báo A", 2, 1)


def test_hours_that_are_past_keep_their_bytes_and_are_forgotten_in_time() -> None:
    sources = SourceCounts()
    sources.add("19", 10, ("news", "Báo A"), negative=True)
    before = sources.parts()
    sources.add("19", 60 * HOURS_KEPT, ("news", "Báo A"), negative=True)
    assert sources.parts()["0"] == before["0"]
    sources.forget(60 * HOURS_KEPT)
    assert "0" in sources.parts()
    sources.forget(60 * HOURS_KEPT + 60)
    assert "0" not in sources.parts()
    again = SourceCounts()
    again.take(sources.parts())
    assert again.since("19", 0, 61) == sources.since("19", 0, 61)


def test_a_flood_of_sources_is_bounded_and_still_counted() -> None:
    sources = SourceCounts()
    for number in range(module.HOUR_LIMIT + 10):
        sources.add("19", 5, ("web", str(number)), negative=True)
    found = sources.since("19", 5, 5)
    assert sum(source.negative for source in found) == module.HOUR_LIMIT + 10
    assert found[0] == SourceCount(*module.OTHERS, 10, 10)


def test_what_is_told_does_not_depend_on_when_it_was_forgotten() -> None:
    kept, forgotten = SourceCounts(), SourceCounts()
    late = 60 * (HOURS_KEPT + 2)
    for sources in (kept, forgotten):
        sources.add("19", 10, ("news", "Báo A"), negative=True)
        sources.add("19", late, ("news", "Báo A"), negative=True)
    forgotten.forget(late)
    assert kept.since("19", 0, late) == forgotten.since("19", 0, late) == (SourceCount("news", "Báo A", 1, 1),)


def test_a_flood_at_one_body_takes_no_room_from_another() -> None:
    alone, beside = SourceCounts(), SourceCounts()
    for number in range(module.HOUR_LIMIT + 10):
        beside.add("01", 5, ("web", str(number)), negative=True)
    for sources in (alone, beside):
        sources.add("19", 5, ("web", "Trang"), negative=True)
    assert alone.since("19", 0, 5) == beside.since("19", 0, 5)
