"""Laws of the probabilities."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.surprise import EULER, days_between, excess_of, weekly_probability
from detectors.surprise import test_probability as single_probability

excesses = st.floats(-5.0, 8.0)
spreads = st.floats(0.05, 2.0)


@given(excesses, st.floats(0.0, 3.0), spreads)
def test_a_greater_excess_is_less_probable(excess: float, more: float, spread: float) -> None:
    assert weekly_probability(excess + more, spread) <= weekly_probability(excess, spread)
    assert single_probability(excess + more, spread, 1440.0) <= single_probability(excess, spread, 1440.0)


@given(excesses, spreads)
def test_probabilities_are_probabilities_and_a_week_has_more_than_a_test(excess: float, spread: float) -> None:
    week, single = weekly_probability(excess, spread), single_probability(excess, spread, 1440.0)
    assert 0.0 <= single <= week <= 1.0


@given(st.floats(1e-6, 0.999), spreads)
def test_the_threshold_of_a_budget_has_the_budgets_probability(budget: float, spread: float) -> None:
    assert abs(weekly_probability(excess_of(budget, spread), spread) - budget) < 1e-9


def test_gumbel_days_are_as_rare_as_it_says() -> None:
    spread = 0.4
    days = np.random.default_rng(1).gumbel(-EULER * spread, spread, 200_000)
    weeks = days[: len(days) // 7 * 7].reshape(-1, 7).max(axis=1)
    for excess in (0.0, 0.5, 1.0):
        assert abs((weeks >= excess).mean() - weekly_probability(excess, spread)) < 0.01


def test_extremes_stay_finite() -> None:
    assert days_between(1e9, 0.1) < float("inf")
    assert weekly_probability(-1e9, 0.1) == 1.0
