"""Laws of the probabilities, and the tails beside sums of exact terms."""

from math import exp, fsum, lgamma, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.surprise import excess_of, share_surprise, surprise, weekly_probability

means, sizes = st.floats(1e-3, 300.0), st.floats(0.3, 1e5)


def tail(count: int, mean: float, size: float) -> float:
    """Chance of at least `count`, added up."""
    keep, go_on = size / (mean + size), mean / (mean + size)
    terms = (
        exp(lgamma(n + size) - lgamma(size) - lgamma(n + 1.0) + size * log(keep) + n * log(go_on))
        for n in range(count, count + 60_000)
    )
    return fsum(terms)


@pytest.mark.parametrize("mean", [0.01, 0.5, 4.0, 60.0])
@pytest.mark.parametrize("dispersion", [1.0001, 1.5, 3.0, 8.0])
@pytest.mark.parametrize("deviations", [2.0, 4.0, 10.0])
def test_a_tail_is_the_sum_of_its_terms(mean: float, dispersion: float, deviations: float) -> None:
    count, size = round(mean + 1.0 + deviations * (mean * dispersion) ** 0.5), mean / (dispersion - 1.0)
    found = surprise(np.array([float(count)]), np.array([mean]), np.array([size]))[0]
    assert found == pytest.approx(-log(tail(count, mean, size)), abs=0.06, rel=0.01)


@given(st.integers(0, 400), st.integers(0, 50), means, sizes)
def test_more_is_no_less_surprising(count: int, more: int, mean: float, size: float) -> None:
    both = surprise(np.array([count, count + more], dtype=np.float64), np.full(2, mean), np.full(2, size))
    assert both[0] <= both[1] + 1e-6


@given(st.integers(0, 10**9), st.floats(0, 1e9), st.floats(1e-9, 1e9))
def test_surprise_is_finite_and_not_negative(count: int, mean: float, size: float) -> None:
    found = surprise(np.array([float(count)]), np.array([mean]), np.array([size]))[0]
    assert np.isfinite(found)
    assert found >= 0.0


@pytest.mark.parametrize(("negative", "mentions", "share"), [(9, 10, 0.5), (30, 50, 0.3), (200, 400, 0.35)])
def test_a_share_is_as_improbable_as_the_binomial_says(negative: int, mentions: int, share: float) -> None:
    terms = (
        exp(
            lgamma(mentions + 1) - lgamma(n + 1) - lgamma(mentions - n + 1)
            + n * log(share) + (mentions - n) * log(1 - share)
        )
        for n in range(negative, mentions + 1)
    )  # fmt: skip
    found = share_surprise(np.array([negative]), np.array([mentions]), np.array([share]))[0]
    assert found == pytest.approx(-log(fsum(terms)), abs=0.02)


@given(st.floats(-5.0, 30.0), st.floats(0.0, 3.0), st.floats(0.3, 5.0))
def test_a_greater_excess_is_less_probable(excess: float, more: float, steep: float) -> None:
    assert 0.0 <= weekly_probability(excess + more, steep) <= weekly_probability(excess, steep) <= 1.0


@given(st.floats(1e-6, 0.5), st.floats(0.3, 5.0))
def test_the_excess_of_a_rate_has_that_rate(rate: float, steep: float) -> None:
    assert -log(1.0 - weekly_probability(excess_of(rate, steep), steep)) == pytest.approx(rate, rel=1e-6)


def test_extremes_stay_finite() -> None:
    assert weekly_probability(-1e9, 0.1) == 1.0
    assert weekly_probability(1e9, 0.1) < 1e-200
