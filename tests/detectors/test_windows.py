"""Tails against sums by hand; which window is named, and how grave it is."""

from math import comb, exp, factorial

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from detectors.baseline import Grid
from detectors.policy import Policy
from detectors.windows import (
    UNREMARKABLE,
    Window,
    graded,
    graded_share,
    most_telling,
    share_window,
    stands_out,
    tail,
)

POLICY = Policy()
means = st.floats(1e-3, 300.0)


def window(observed: int, expected: float, spread: float = 1.5, minutes: int = 360, mentions: int = 999) -> Window:
    return Window(minutes, observed, mentions, expected, expected * spread)


def grade(observed: int, expected: float, spread: float = 1.5) -> int:
    return most_telling(POLICY, [window(observed, expected, spread)]).grade


@pytest.mark.parametrize(("count", "mean"), [(1, 0.2), (5, 1.0), (9, 3.5), (40, 20.0)])
def test_the_tail_of_equal_mean_and_variance_is_poissons(count: int, mean: float) -> None:
    less = sum(exp(-mean) * mean**n / factorial(n) for n in range(count))
    assert tail(window(count, mean, 1.0)) == pytest.approx(1.0 - less, rel=1e-6)


@pytest.mark.parametrize(("count", "share"), [(9, 0.3), (20, 0.7), (12, 0.1)])
def test_the_tail_of_less_variance_is_binomial(count: int, share: float) -> None:
    more = sum(comb(20, n) * share**n * (1.0 - share) ** (20 - n) for n in range(count, 21))
    shared = share_window(Window(360, count, 20, 0.0, 0.0), share)
    assert tail(shared) == pytest.approx(more, rel=1e-6)


@pytest.mark.parametrize(
    ("count", "mean", "spread"), [(8, 2.0, 3.0), (22, 10.0, 2.0), (3, 0.1, 5.0), (900, 300.0, 50.0)]
)
def test_the_tail_of_more_variance_is_negative_binomial(count: int, mean: float, spread: float) -> None:
    draws = np.random.default_rng(1).negative_binomial(mean / (spread - 1.0), 1.0 / spread, 400_000)
    seen = float((draws >= count).mean())
    assert tail(window(count, mean, spread)) == pytest.approx(seen, rel=0.15, abs=1e-5)


@given(st.integers(0, 10**6), means, st.floats(0.3, 100.0), st.integers(1, 1000))
def test_a_tail_is_a_probability_and_falls_as_more_are_observed(
    observed: int, mean: float, spread: float, more: int
) -> None:
    fewer, greater = tail(window(observed, mean, spread)), tail(window(observed + more, mean, spread))
    assert 0.0 <= greater <= fewer * (1.0 + 1e-9) <= 1.0 + 1e-9


@given(st.integers(0, 500), means, st.floats(1.0, 20.0), st.integers(1, 100))
def test_more_negatives_are_never_less_grave(observed: int, mean: float, spread: float, more: int) -> None:
    assert grade(observed + more, mean, spread) >= grade(observed, mean, spread)


@given(st.lists(st.tuples(st.integers(0, 200), means, st.floats(1.0, 20.0)), min_size=1, max_size=4))
def test_what_is_named_clearly_exceeds_what_is_expected(counts: list[tuple[int, float, float]]) -> None:
    found = most_telling(POLICY, [window(*each) for each in counts])
    assume(found.grade != UNREMARKABLE)
    assert found.window.observed >= POLICY.window_ratio * found.window.expected
    assert found.window.observed >= POLICY.least_negative
    assert tail(found.window) <= POLICY.window_tail
    assert found.grade == max(grade(*each) for each in counts)


@pytest.mark.parametrize(("observed", "expected"), [(24, 22.9), (8, 9.2), (4, 0.1), (300, 200.0)])
def test_what_contradicts_itself_is_unremarkable(observed: int, expected: float) -> None:
    assert grade(observed, expected) == UNREMARKABLE


@pytest.mark.parametrize(
    ("observed", "expected", "name"),
    [(5, 1.0, 0), (8, 1.5, 1), (14, 1.5, 2), (40, 6.0, 3), (270, 1.8, 3), (14, 5.0, 1)],
)
def test_severity_needs_both_improbability_and_numbers(observed: int, expected: float, name: int) -> None:
    assert grade(observed, expected) == name


def test_of_equally_grave_windows_the_most_improbable_is_named() -> None:
    windows = [window(5, 0.9, minutes=30), window(6, 0.2, minutes=120), window(7, 1.5, minutes=360)]
    assert most_telling(POLICY, windows).window.minutes == 120


def test_few_may_stand_out_though_they_fire_nothing() -> None:
    assert stands_out(POLICY, window(3, 0.05))
    assert not stands_out(POLICY, window(3, 2.0))
    assert graded(POLICY, window(3, 0.05), 60.0).grade == UNREMARKABLE


def test_a_share_is_graded_by_its_odds() -> None:
    bad = share_window(Window(360, 19, 20, 0.0, 0.0), 0.6)
    assert graded_share(POLICY, bad).grade == 2
    assert graded_share(POLICY, share_window(Window(360, 20, 20, 0.0, 0.0), 0.6)).grade == 2
    assert graded_share(POLICY, share_window(Window(360, 14, 20, 0.0, 0.0), 0.6)).grade == UNREMARKABLE


def test_the_scales_weigh_about_as_many_minutes_as_their_windows() -> None:
    for half_life, minutes in zip(POLICY.half_lives, (30, 120, 360), strict=True):
        weight = Grid(1).weight(half_life, 1)
        assert 0.7 < (2.0 - weight) / weight / minutes < 1.1
