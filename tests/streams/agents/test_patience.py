"""Going on without a partition: only when it stands still while others go on."""

from hypothesis import given
from hypothesis import strategies as st

from streams.agents.patience import LONGEST_LOOK, Patience

NONE: frozenset[int] = frozenset()


def test_a_partition_that_stands_still_while_another_goes_on_is_lost_after_the_limit() -> None:
    patience = Patience(30)
    told = [(now, patience.lost(now, {0: now * 1000, 1: 7}, {1})) for now in range(0, 62, 2)]
    assert [now for now, lost in told if lost] == [30, 60]


def test_one_that_never_spoke_is_lost_as_well() -> None:
    patience = Patience(4)
    assert [patience.lost(now, {0: now * 1000, 1: -1}, {1}) for now in (0, 2, 4)] == [NONE, NONE, {1}]


@given(st.lists(st.floats(0, 1000), max_size=50))
def test_while_all_stand_still_nobody_is_lost(steps: list[float]) -> None:
    patience, now = Patience(30), 0.0
    for step in steps:
        now += step
        assert patience.lost(now, {0: 5, 1: 5}, {0, 1}) == NONE


def test_a_pause_of_the_watch_itself_hardly_counts() -> None:
    patience = Patience(30)
    patience.lost(0, {0: 1, 1: 1}, {1})
    assert patience.lost(1000, {0: 900_000, 1: 1}, {1}) == NONE
    assert patience.lost(1001, {0: 901_000, 1: 1}, {1}) == NONE
    assert LONGEST_LOOK < 30


def test_a_mark_that_moves_ends_the_count() -> None:
    patience = Patience(6)
    for now in (0, 2, 4):
        patience.lost(now, {0: now, 1: 1}, {1})
    assert patience.lost(6, {0: 6, 1: 2}, {1}) == NONE
    assert patience.lost(10, {0: 10, 1: 2}, {1}) == NONE


def test_when_so_much_waits_that_all_others_pause_standing_still_counts_too() -> None:
    patience = Patience(6)
    assert [patience.lost(now, {0: 9, 1: 1}, {1}, pressed=True) for now in (0, 2, 4, 6)] == [NONE, NONE, NONE, {1}]
