"""Forecasts hold their intervals, know the hour, and say where a spike stands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.forecast import HORIZONS, NEGATIVE, POSITIVE, Course, Forecaster, ForecastPolicy, Phase, course
from detectors.snapshots import SnapshotError

POLICY = ForecastPolicy()
counts = st.floats(0.0, 1e4)


def taught(days: int, *, size: int = 1, mean: float = 10.0, seed: int = 1) -> Forecaster:
    """A forecaster of organisations that are loud by day and silent at night."""
    rng, forecaster = np.random.default_rng(seed), Forecaster(size)
    for hour in range(days * 24):
        rate = 2.0 * mean if hour % 24 < 12 else 0.05
        forecaster.learn(60 * hour, rng.poisson(rate, (2, size)))
    return forecaster


def test_the_hour_of_the_day_is_known() -> None:
    forecaster = taught(21)
    found = forecaster.outlook().expected[:, NEGATIVE, 0]
    assert found == pytest.approx([20, 120, 240], rel=0.25)


def test_intervals_hold_ninety_of_a_hundred() -> None:
    rng, forecaster = np.random.default_rng(7), taught(28, size=40, seed=7)
    hours, made = [], []
    for hour in range(28 * 24, 49 * 24):
        made.append(forecaster.outlook())
        hours.append(rng.poisson(20.0 if hour % 24 < 12 else 0.05, (2, 40)))
        forecaster.learn(60 * hour, hours[-1])
    for place, horizon in enumerate(HORIZONS):
        inside = []
        for start in range(len(hours) - horizon):
            total = np.sum(hours[start : start + horizon], axis=0)
            inside.append((made[start].low[place] <= total) & (total <= made[start].high[place]))
        assert 0.87 <= np.mean(inside) <= 0.99


def test_an_excess_fades_and_widens_the_interval() -> None:
    forecaster = taught(21)
    calm = forecaster.outlook()
    forecaster.learn(60 * 21 * 24, np.array([[200], [20]]))
    loud = forecaster.outlook()
    assert loud.expected[0, NEGATIVE, 0] > 5 * calm.expected[0, NEGATIVE, 0]
    ahead = loud.expected[:, NEGATIVE, 0]
    assert (ahead[2] - ahead[1]) / 18 < (ahead[1] - ahead[0]) / 5 < ahead[0]
    assert loud.high[1, NEGATIVE, 0] - loud.low[1, NEGATIVE, 0] > calm.high[1, NEGATIVE, 0] - calm.low[1, NEGATIVE, 0]
    assert loud.expected[0, POSITIVE, 0] == pytest.approx(calm.expected[0, POSITIVE, 0], rel=0.3)


def test_before_anything_is_known_nothing_is_forecast() -> None:
    assert not Forecaster(2).outlook().expected.any()


def test_hours_that_were_skipped_were_empty() -> None:
    one, other = taught(3), taught(3)
    one.learn(60 * 80, np.array([[5], [1]]))
    for hour in range(72, 80):
        other.learn(60 * hour, np.array([[0], [0]]))
    other.learn(60 * 80, np.array([[5], [1]]))
    assert one.snapshot() == other.snapshot()


def test_rising_is_what_grows_hour_by_hour_beyond_the_usual() -> None:
    forecaster = taught(21, size=3)
    for hour, grown in enumerate((30, 45, 70)):
        forecaster.learn(60 * (21 * 24 + hour), np.array([[grown, 20, 100 - grown], [20, 20, 20]]))
    assert forecaster.rising().tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("now", "before", "phase"),
    [
        pytest.param(60, 6, Phase.BREAKING_OUT, id="ten times as much as before"),
        pytest.param(160, 158, Phase.SPREADING, id="high and steady"),
        pytest.param(15, 15, Phase.SMOULDERING, id="beyond the usual, but not much"),
        pytest.param(10, 60, Phase.SUBSIDING, id="a sixth of before"),
        pytest.param(4, 3, Phase.CALM, id="as usual"),
    ],
)
def test_phases(now: float, before: float, phase: Phase) -> None:
    found = course(POLICY, now, before, 4.0, 4.0, 1.0)
    assert found.phase is phase
    assert found.probability > 0.3


def test_a_peak_is_expected_later_the_longer_it_has_risen_and_not_after_it() -> None:
    hours = [course(POLICY, 60, 6, 4.0, 4.0, hours).peak_hours for hours in (0.25, 1.0, 3.0)]
    assert hours == sorted(hours)
    assert 1.0 < hours[0] < 6.0
    assert course(POLICY, 10, 60, 4.0, 4.0, 3.0).peak_hours < 0.1


@given(counts, counts, counts, counts, st.floats(0.0, 100.0))
def test_courses_are_finite_whatever_comes(now: float, then: float, usual: float, before: float, hours: float) -> None:
    found = course(POLICY, now, then, usual, before, hours)
    assert 0.0 <= found.probability <= 1.0
    assert 0.0 <= found.peak_hours <= POLICY.longest_rise


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60), st.integers(0, 59))
def test_a_snapshot_goes_on_exactly_and_bounds_are_in_order(hours: list[int], stop: int) -> None:
    straight, stopped = Forecaster(1), Forecaster(1)
    for place, many in enumerate(hours):
        for forecaster in (straight, stopped):
            forecaster.learn(60 * place, np.array([[many], [many // 2]]))
        if place == stop:
            other = Forecaster(1)
            other.resume(stopped.snapshot())
            stopped = other
    assert straight.snapshot() == stopped.snapshot()
    found = straight.outlook()
    assert (found.low <= found.high).all()
    assert np.isfinite(found.high).all()


def test_the_state_does_not_grow_and_is_small() -> None:
    short, long = taught(3), taught(40)
    assert len(long.snapshot()) <= len(short.snapshot()) + 16
    assert len(taught(3, size=11).snapshot()) - len(taught(3, size=10).snapshot()) <= 3 * 1024


def test_rows_that_join_know_nothing_and_change_nothing() -> None:
    forecaster = taught(5)
    before = forecaster.outlook().expected[:, :, 0].tolist()
    forecaster.grow(3)
    assert forecaster.outlook().expected[:, :, 0].tolist() == before
    assert forecaster.course(2) == Course(Phase.CALM, 1.0, 0.0)
    with pytest.raises(SnapshotError):
        Forecaster(1).resume(forecaster.snapshot())


@pytest.mark.parametrize(
    "wrong", [{"least_weight": 0.0}, {"miss": 1.0}, {"fade": (1.0, 2.0, 3.0)}, {"dispersion": 0.5}]
)
def test_policies_that_cannot_work_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"lie in|fade"):
        ForecastPolicy(**wrong)  # type: ignore[arg-type]
