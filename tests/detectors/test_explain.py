"""Reasons name what was seen, what is usual, what was needed, and how near it came."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.bank import Bank
from detectors.decisions import Decision, Kind
from detectors.explain import contributions, explain, interval, nearness
from detectors.policy import Policy

QUIET_DAYS = 6
names = st.tuples(st.sampled_from(["news", "web"]), st.sampled_from(["A", "B", "C"]))


def watched(burst: int) -> tuple[Bank, list[Decision]]:
    """A bank of one organisation after some quiet days and a few minutes of a burst."""
    rng, bank, made = np.random.default_rng(5), Bank(Policy(), size=1), []
    for minute in range(QUIET_DAYS * 1440):
        counts = rng.poisson(0.05, 1)
        made += bank.close(minute, counts, counts)
    for minute in range(QUIET_DAYS * 1440, QUIET_DAYS * 1440 + 8):
        counts = np.array([burst])
        made += bank.close(minute, counts, counts)
    return bank, made


def test_a_test_that_failed_says_which_and_by_how_much() -> None:
    bank, made = watched(0)
    assert not made
    reasons = explain(bank.why(0))
    scale = reasons.scales[reasons.decisive]
    assert reasons.refusal == "below the threshold"
    assert scale.observed < scale.needed
    assert scale.low <= scale.expected <= scale.high
    assert 24 <= reasons.learned_hours <= 24 * (QUIET_DAYS + 1)
    assert nearness(bank.why(0)) < 0.5


def test_an_alarm_is_explained_by_the_windows_that_decided() -> None:
    bank, made = watched(6)
    fired = next(one for one in made if one.kind is Kind.FIRED)
    reasons = explain(bank.why(0), fired)
    scale = reasons.scales[reasons.decisive]
    assert reasons.refusal == "fired"
    assert scale.observed >= scale.needed
    assert scale.observed > scale.high
    assert [one.minutes for one in reasons.scales] == sorted(one.minutes for one in reasons.scales)
    assert nearness(bank.why(0)) == 1.0


def test_a_bigger_burst_comes_nearer() -> None:
    near = [nearness(watched(burst)[0].why(0)) for burst in (0, 1, 6)]
    assert near == sorted(near)


@given(st.floats(0.0, 1e5), st.floats(1.0, 5.0))
def test_intervals_hold_what_is_expected(expected: float, dispersion: float) -> None:
    low, high = interval(expected, dispersion * expected)
    assert 0.0 <= low <= high
    assert high >= expected - 1.0


def test_intervals_hold_nine_of_ten() -> None:
    rng = np.random.default_rng(3)
    for mean in (0.3, 4.0, 60.0):
        low, high = interval(mean, 2.0 * mean)
        counts = rng.negative_binomial(mean, 0.5, 20_000)
        assert np.mean((counts >= low) & (counts <= high)) >= 0.88


@given(st.dictionaries(names, st.integers(0, 99)), st.dictionaries(names, st.integers(0, 99)), st.floats(0.0, 200.0))
def test_contributions_are_shares_of_one(
    now: dict[tuple[str, str], int], usual: dict[tuple[str, str], int], expected: float
) -> None:
    shares = list(contributions(now, usual, expected).values())
    assert shares == sorted(shares, reverse=True)
    assert not shares or abs(sum(shares) - 1.0) < 1e-9
