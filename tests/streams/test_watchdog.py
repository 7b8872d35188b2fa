"""What stands still although there is work is named after a while, and nothing else is."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.watchdog import LONGEST_LOOK, Sight, Stall, StallKind, Watchdog

LIMIT = 30.0
STUCK = {
    StallKind.STREAM: Sight("mentions", 1, end=10, handed_over=4),
    StallKind.AGENT: Sight("mentions", 1, end=10, handed_over=10, taken=4),
    StallKind.COMMIT: Sight("readings", 0, end=10, handed_over=10, taken=10, to_commit=10, committed=4),
}


def looked(sights: Sequence[Sight], *, every: float = 10.0) -> list[list[Stall]]:
    watchdog = Watchdog(LIMIT)
    return [watchdog.look(every * number, [sight]) for number, sight in enumerate(sights)]


@pytest.mark.parametrize("kind", STUCK)
def test_what_stands_still_for_long_is_named_with_its_place(kind: StallKind) -> None:
    *before, last = looked([STUCK[kind]] * 4)
    assert before == [[], [], []]
    (stall,) = last
    assert (stall.kind, stall.seconds) == (kind, LIMIT)
    assert str(stall).startswith(f"{STUCK[kind].topic}/{STUCK[kind].partition}: ")


def test_a_watermark_is_stuck_only_while_others_go_on() -> None:
    going = [Sight("readings", 0, 5, 5, 5, watermark=100, newest_mark=1000 + n) for n in range(4)]
    assert [stall.kind for stall in looked(going)[-1]] == [StallKind.WATERMARK]
    assert looked([Sight("readings", 0, 5, 5, 5, watermark=100, newest_mark=1000)] * 9)[-1] == []
    assert looked([Sight("readings", 0, 5, 5, 5, watermark=100, newest_mark=100)] * 9)[-1] == []


def test_a_partition_that_is_assigned_and_never_begun_is_stuck() -> None:
    (stall,) = looked([Sight("mentions", 0, end=0, handed_over=None)] * 4)[-1]
    assert "never begun" in str(stall)


def test_a_partition_that_is_held_back_on_purpose_is_not_stuck() -> None:
    assert looked([Sight("mentions", 0, end=10, handed_over=4, held_back=True)] * 9)[-1] == []


def test_a_fetch_that_finds_nothing_moves_for_there_may_be_nothing_to_hand_over() -> None:
    fetching = [Sight("mentions", 0, end=10, handed_over=9, idle_at=1000 + n) for n in range(9)]
    assert looked(fetching)[-1] == []
    assert looked([Sight("mentions", 0, end=10, handed_over=9, idle_at=1000)] * 4)[-1] != []


def test_time_in_which_nobody_looked_counts_little_and_in_which_the_log_was_away_not_at_all() -> None:
    watchdog = Watchdog(LIMIT)
    stuck = [STUCK[StallKind.STREAM]]
    watchdog.look(0, stuck)
    assert watchdog.look(3600, stuck) == []  # the process slept for an hour: `LONGEST_LOOK` of it counts
    watchdog.forgive(3600 + LONGEST_LOOK)
    assert watchdog.look(3600 + LONGEST_LOOK, stuck) == []
    assert watchdog.look(3600 + 2 * LONGEST_LOOK, stuck) != []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=40))
def test_whatever_moves_at_every_look_is_never_named(steps: list[tuple[int, int]]) -> None:
    watchdog, at = Watchdog(LIMIT), 0
    for number, (step, more) in enumerate(steps):
        at += 1 + step
        sight = Sight("t", 0, end=at + more, handed_over=at, taken=at - 1, to_commit=at - 1, committed=at - 2)
        assert watchdog.look(LIMIT * number, [sight]) == []


def test_what_is_held_no_more_is_forgotten() -> None:
    watchdog, stuck = Watchdog(LIMIT), [STUCK[StallKind.STREAM]]
    for second in (0, 10, 20):
        watchdog.look(second, stuck)
    watchdog.look(25, [])
    assert watchdog.look(30, stuck) == []
