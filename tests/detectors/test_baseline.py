"""Level, hours and spread settle on what is true; the grid falls as it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.bank import Bank
from detectors.layout import Grid
from detectors.policy import Policy
from tests.detectors.series import DAY, HOURS, MONDAY, ordinary, run

steps = st.integers(1, DAY)


@given(steps, st.integers(0, 10**8))
def test_blocks_tile_time(step: int, minute: int) -> None:
    grid = Grid(step)
    start = grid.start_of_block(minute)
    assert start <= minute < start + grid.block
    assert grid.block >= 15
    assert grid.block % step == 0
    windows = range(minute, minute + grid.block, step)
    assert sum(grid.last_of_block(window) for window in windows) == 1


@given(st.integers(0, 10**8))
def test_hours_and_days_are_vietnamese(minute: int) -> None:
    grid = Grid(1)
    assert grid.hour(minute) == (minute // 60 + 7) % 24
    assert grid.day(minute) == (minute + 420) // DAY


@pytest.mark.parametrize("step", [0, -1, DAY + 1])
def test_an_impossible_step_is_refused(step: int) -> None:
    with pytest.raises(ValueError, match="1 to 1440"):
        Grid(step)


def test_the_expectation_follows_the_hours() -> None:
    bank = Bank(Policy(), 1)
    run(bank, ordinary([4.0], days=21))
    expected = []
    for hour in ordinary([4.0], days=1, seed=2).reshape(24, 60, 1):
        run(bank, hour)
        expected.append(float(bank.nearest(np.array([0])).expected[0]))
    truth = 4.0 * HOURS / HOURS.mean()
    settled = np.array([hour for hour in range(24) if HOURS[hour - 1] == HOURS[hour] == HOURS[(hour + 1) % 24]])
    assert np.abs(np.array(expected) / truth - 1.0)[settled].max() < 0.2


def test_a_series_without_mentions_expects_the_least() -> None:
    bank = Bank(Policy(), 1)
    run(bank, np.zeros((3 * DAY, 1), dtype=np.int64), start=MONDAY)
    assert Policy().least_rate <= bank.nearest(np.array([0])).expected[0] < 2.0 * Policy().least_rate
