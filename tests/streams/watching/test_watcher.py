import msgspec
import pytest

from alerts.model import Level
from streams.watching.config import WatchConfig
from streams.watching.envelopes import UNATTRIBUTED, Envelope, Marks, Partitions, Reading, Source, Without, home
from streams.watching.output import Output
from streams.watching.watcher import Watcher
from tests.streams.watching.world import MINUTE, NAMES, SHARP, START, config

HOUR = 60 * MINUTE
SOURCES = (Source("news", "Báo A"),)


def reading(offset: int, seen_at: int, *, code: str = "19", counts: int = 1, late: int = 0) -> Reading:
    return Reading(
        offset, seen_at, seen_at - late, offset.to_bytes(16, "big"), f"m{offset}", 0, (code,), 0.9, 0.0, counts,
        fingerprint=offset + 1, title="Vỡ đê", url="",
    )  # fmt: skip


def envelope(*readings: Reading, mark: int, partition: int = 0) -> Envelope:
    start, end = (readings[0].offset, readings[-1].offset + 1) if readings else (0, 0)
    first = readings[0].seen_at if readings else 0
    return Envelope(partition, start, end, mark, SOURCES, (), readings, first=first)


def test_an_organisation_is_watched_in_its_home_only_and_so_are_the_unattributed() -> None:
    shared = [set(config(3, 1).codes(partition)) for partition in range(3)]
    assert set().union(*shared) == {*NAMES, UNATTRIBUTED}
    assert sum(map(len, shared)) == len(NAMES) + 1
    assert all(home(code, 3) == partition for partition, codes in enumerate(shared) for code in codes)


def test_readings_wait_for_the_slowest_partition() -> None:
    watcher = Watcher(config(1, 2), 0)
    assert watcher.feed(envelope(reading(0, START), mark=START + HOUR), 0).tallies == {}
    assert watcher.pending_bytes > 0
    assert watcher.ahead() == {0}
    assert watcher.behind() == {1}
    output = watcher.feed(envelope(mark=START + 251, partition=1), 1)
    assert output.tallies == {"mentions_counted": 1}
    assert watcher.pending_bytes == 0


def test_what_was_seen_at_a_tick_is_folded_with_the_next() -> None:
    watcher = Watcher(config(1, 1), 0)
    readings = (reading(0, START), reading(1, START + 250))
    assert watcher.feed(envelope(*readings, mark=START + 250), 0).tallies == {"mentions_counted": 1}
    assert watcher.feed(envelope(mark=START + 499), 1).tallies == {}
    assert watcher.feed(envelope(mark=START + 500), 2).tallies == {"mentions_counted": 1}


def test_late_mentions_are_counted_at_the_edge_and_very_late_ones_are_not() -> None:
    watcher = Watcher(config(1, 1), 0)
    late = [reading(number, START, late=by) for number, by in enumerate((0, 10 * MINUTE, 11 * MINUTE, 25 * HOUR))]
    output = watcher.feed(envelope(*late, mark=START + HOUR), 0)
    assert output.tallies == {"mentions_counted": 3, "mentions_delayed": 1, "mentions_backfilled": 1}
    minutes = {level.start: level.mentions for level in output.levels if level.minutes == 1}
    assert minutes == {"2025-10-06T23:50:00.000Z": 2, "2025-10-07T00:00:00.000Z": 1}


def test_a_reading_older_than_its_partitions_mark_is_raised_to_it_and_counted() -> None:
    watcher = Watcher(config(1, 1), 0)
    watcher.feed(envelope(reading(0, START), mark=START + HOUR), 0)
    output = watcher.feed(envelope(reading(1, START + MINUTE), mark=START + 2 * HOUR), 1)
    assert output.tallies["readings_raised"] == 1
    assert output.tallies["mentions_delayed"] == 1
    at_the_edge = [level.start for level in output.levels if level.minutes == 1]
    assert at_the_edge == ["2025-10-07T00:50:00.000Z"]


def test_what_read_sent_twice_is_dropped_and_counted() -> None:
    watcher = Watcher(config(1, 1), 0)
    once = envelope(reading(0, START), reading(1, START + 1), mark=START + MINUTE)
    watcher.feed(once, 0)
    assert watcher.feed(once, 1).tallies == {"readings_repeated": 2}


def test_the_same_mention_from_another_partition_counts_once() -> None:
    watcher = Watcher(config(1, 2), 0)
    one = reading(0, START)
    watcher.feed(envelope(one, mark=START + HOUR), 0)
    again = msgspec.structs.replace(one, seen_at=START + 5)
    output = watcher.feed(envelope(again, mark=START + HOUR, partition=1), 1)
    assert output.tallies == {"mentions_counted": 1, "mentions_duplicate": 1}


def test_ticks_go_on_without_a_lost_partition_once_the_note_is_read_back() -> None:
    watcher = Watcher(config(1, 2), 0)
    watcher.feed(envelope(reading(0, START), mark=START + HOUR), 0)
    watcher.feed(envelope(mark=START - HOUR, partition=1), 1)
    output = watcher.feed(Without(1, START - HOUR), 2)
    assert output.tallies == {"watch_without": 1, "mentions_counted": 1}
    assert watcher.watermark == START + HOUR
    back = watcher.feed(envelope(reading(0, START + 5), mark=START + 6, partition=1), 3)
    assert back.tallies == {"readings_raised": 1}
    assert watcher.feed(Without(1, START - HOUR), 4).tallies == {}


def test_marks_of_several_idle_partitions_come_in_one_record() -> None:
    watcher = Watcher(config(1, 3), 0)
    watcher.feed(Marks(((0, 0, START), (1, 0, START + 1), (2, 0, START + 2))), 0)
    assert watcher.watermark == START


def test_new_partitions_hold_ticks_from_their_minute_on() -> None:
    watcher = Watcher(config(1, 1), 0)
    watcher.feed(envelope(mark=START), 0)
    watcher.feed(Partitions(2, START + HOUR), 1)
    watcher.feed(envelope(mark=START + 2 * HOUR), 2)
    assert watcher.watermark == START + HOUR


def test_organisations_that_nobody_watches_here_are_left_out() -> None:
    watcher = Watcher(config(1, 1), 0)
    output = watcher.feed(envelope(reading(0, START, code="nobody"), mark=START + HOUR), 0)
    assert output.tallies == {"mentions_counted": 1}
    assert [level for level in output.levels if level.mentions] == []


def test_levels_name_each_minute_with_mentions_and_each_hour() -> None:
    watcher = Watcher(config(1, 1), 0)
    readings = (reading(0, START), reading(1, START + 1, counts=0), reading(2, START + 5 * MINUTE))
    levels = watcher.feed(envelope(*readings, mark=START + 2 * HOUR), 0).levels
    minutes = [(level.start, level.mentions, level.negative) for level in levels if level.minutes == 1]
    assert minutes == [("2025-10-07T00:00:00.000Z", 2, 1), ("2025-10-07T00:05:00.000Z", 1, 1)]
    hours = [level for level in levels if level.minutes == 60]
    assert [(hour.organisation, hour.start, hour.mentions, hour.negative) for hour in hours] == [
        ("19", "2025-10-07T00:00:00.000Z", 3, 2)
    ]
    assert all(_holds(level) for level in levels)


def _holds(level: Level) -> bool:
    return 0 <= level.expected <= level.upper and 0 <= level.test_probability <= 1


def test_no_levels_are_made_where_nobody_asks() -> None:
    watcher = Watcher(WatchConfig(names=NAMES, levels=False), 0)
    assert watcher.feed(envelope(reading(0, START), mark=START + 2 * HOUR), 0).levels == []


def test_a_very_long_silence_ends_the_baselines_at_the_same_minute_however_it_is_told() -> None:
    then = START + 60_000 * MINUTE
    told: list[list[Output]] = []
    snapshots = []
    for marks in ([then], [START + 30_000 * MINUTE, START + 45_000 * MINUTE, then]):
        watcher = Watcher(WatchConfig(names=NAMES, policy=SHARP, levels=False, longest_silence=40_000), 0)
        outputs = [watcher.feed(envelope(reading(0, START), mark=START + MINUTE), 0)]
        outputs += [watcher.feed(envelope(mark=mark), 1) for mark in marks]
        outputs.append(watcher.feed(envelope(reading(1, then), mark=then + HOUR), 2))
        told.append(outputs)
        snapshots.append({name: data for name, data in watcher.snapshot().items() if name != "head"})
    assert snapshots[0] == snapshots[1]
    assert [sum(output.tallies.get("baselines_ended", 0) for output in outputs) for outputs in told] == [1, 1]


@pytest.mark.parametrize("lateness", [-MINUTE, 30_000, 11 * MINUTE])
def test_a_lateness_that_minutes_cannot_keep_is_refused(lateness: int) -> None:
    with pytest.raises(ValueError, match="whole minutes"):
        WatchConfig(names=NAMES, lateness=lateness)


def test_every_number_of_readings_partitions_works_even_with_nothing_to_watch() -> None:
    empty = next(partition for partition in range(64) if not config(64, 1).codes(partition))
    watcher = Watcher(config(64, 1), empty)
    output = watcher.feed(envelope(reading(0, START), mark=START + 3 * HOUR), 0)
    assert output.findings == []
    assert Watcher.restore(config(64, 1), watcher.snapshot()).watermark == START + 3 * HOUR
