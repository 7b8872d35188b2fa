"""The time to catch up: from the pace of the last minute alone."""

from math import inf, isclose

from hypothesis import given
from hypothesis import strategies as st

from streams.catching_up import LEAST, NEAR, WINDOW, CatchUp


def test_nothing_is_said_before_the_pace_is_known() -> None:
    catching_up = CatchUp()
    assert catching_up.seconds(0, None) is None
    assert catching_up.seconds(100_000, 0) is None
    assert catching_up.seconds(100_000 + LEAST - 1, 50_000) is None


def test_who_is_near_the_present_is_not_behind() -> None:
    assert CatchUp().seconds(100_000, 100_000 - NEAR) == 0.0


def test_who_stands_still_or_goes_at_the_pace_of_the_clock_never_catches_up() -> None:
    for pace in (0.0, 0.5, 1.0):
        catching_up = CatchUp()
        answers = [catching_up.seconds(at, int(pace * at) - 500_000) for at in range(0, 30_000, 5_000)]
        assert answers[1:] == [inf] * 5


def test_only_the_last_minute_counts() -> None:
    catching_up = CatchUp()
    for at in range(0, WINDOW, 2_000):
        assert catching_up.seconds(at, -900_000) in (None, inf)
    for at in range(WINDOW, 3 * WINDOW, 2_000):
        answer = catching_up.seconds(at, -900_000 + 3 * (at - WINDOW))
    assert answer is not None
    assert isclose(answer, (at + 900_000 - 3 * (at - WINDOW)) / 2 / 1000, rel_tol=0.01)


def test_a_watermark_that_goes_back_begins_anew() -> None:
    catching_up = CatchUp()
    catching_up.seconds(0, -100_000)
    assert catching_up.seconds(10_000, -50_000) is not None
    assert catching_up.seconds(12_000, -200_000) is None


@given(st.integers(2, 20), st.integers(NEAR + 200_000, 10**8))
def test_at_a_steady_pace_it_is_the_way_left_by_what_is_gained(pace: int, behind: int) -> None:
    catching_up = CatchUp()
    for at in (0, 5_000, 10_000):
        answer = catching_up.seconds(at, pace * at - behind)
    left = behind - (pace - 1) * 10_000
    assert answer is not None
    assert isclose(answer, left / (pace - 1) / 1000 if left > NEAR else 0.0, rel_tol=1e-6)
