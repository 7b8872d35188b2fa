"""Open windows: what is expected until they close, and what the newest test says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.bank import Bank
from detectors.decisions import COUNT, SHARE
from detectors.policy import Policy
from tests.detectors.series import DAY, MONDAY, ordinary, run

POLICY = Policy()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 60), st.integers(0, 11))
def test_what_is_expected_of_open_minutes_is_what_is_when_they_close(windows: int, ahead: int) -> None:
    bank = Bank(POLICY, 2)
    run(bank, ordinary([0.1, 3.0], days=1.2)[: DAY + 40 + windows])
    assert bank.next_minute is not None
    until = bank.next_minute + ahead
    before = [bank.expected_until(row, until) for row in range(2)]
    run(bank, ordinary([0.1, 3.0], days=1, seed=2)[:ahead])
    assert [bank.expected_until(row, until) for row in range(2)] == pytest.approx(before, rel=1e-12)
    assert all(bank.expected_until(row, until + 1) > old for row, old in enumerate(before))


def test_a_decisions_window_expects_the_difference_of_the_sums() -> None:
    bank, sums = Bank(POLICY, 1), {}
    negative = ordinary([0.2], days=4)
    negative[-600:] += 3
    made = []
    for window in negative:
        made += run(bank, window[None])
        assert bank.next_minute is not None
        sums[bank.next_minute] = bank.expected_until(0, bank.next_minute)
    assert made
    for decision in made:
        end = decision.minute + 1
        assert sums[end] - sums[end - decision.window] == pytest.approx(decision.expected, rel=0.15)


def test_what_is_usual_stands_still_while_an_alarm_fires() -> None:
    bank = Bank(POLICY, 1)
    run(bank, ordinary([0.5], days=7))
    usual = bank.expected_until(0, MONDAY + 7 * DAY) - 0.0
    flood = ordinary([0.5], days=2, seed=3) + 5
    made = run(bank, flood)
    assert made
    during = bank.expected_until(0, MONDAY + 9 * DAY) - usual
    assert during < 2.0 * 2 * usual / 7, "two days of a flood are told against two usual days"


def test_the_present_is_the_greatest_of_the_open_tests() -> None:
    bank = Bank(POLICY, 1)
    run(bank, ordinary([0.3], days=3))
    one, more = bank.present(0, COUNT, [9]), bank.present(0, COUNT, [9, 0, 0])
    assert one == pytest.approx(more)
    assert one[1] == pytest.approx(float(bank.score(np.array([9]))[0]))
    assert bank.present(0, COUNT, [9, 9])[0] < one[0]
    assert 0.0 < bank.present(0, SHARE, [])[0] <= 1.0
    assert 0.0 < bank.present(0, COUNT, [])[0] <= 1.0
