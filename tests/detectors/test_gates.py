"""Gates: the counts at which windows fire, and what moves them."""

import numpy as np
import pytest

from detectors.bank import Bank
from detectors.gates import lower, nearer, need
from detectors.layout import NEVER, NEXT, NOW
from detectors.policy import Policy
from detectors.surprise import surprise
from tests.detectors.series import DAY, ordinary, run


def test_nothing_passes_while_warming_up() -> None:
    bank = Bank(Policy(), 1)
    run(bank, ordinary([1.0], days=1)[: DAY - 30])
    assert (bank._state["gate"] == NEVER).all()


def test_a_gate_is_the_least_count_that_surprises_enough() -> None:
    policy = Policy(least_negative=1, window_ratio=1.0)
    bank = Bank(policy, 5)
    run(bank, ordinary([0.003, 0.05, 0.5, 3.0, 20.0], days=5)[:-20])
    state, needed = bank._state, need(bank._state)[:, :1]
    gate, mean, size = (state[name][NEXT][:, :1] for name in ("gate", "expect", "size"))
    assert (surprise(gate.astype(float), mean, size) >= needed - 0.1).all()
    assert (surprise(0.9 * gate - 1.0, mean, size) < needed).all()


@pytest.mark.parametrize("mean", [1e-3, 0.1, 3.0, 1000.0])
@pytest.mark.parametrize("size", [0.01, 1.0, 1e6])
def test_the_search_comes_from_below_and_ends_at_the_edge(mean: float, size: float) -> None:
    of_mean, of_size, needed = np.array([mean]), np.array([size]), np.array([12.0])
    edge = least = lower(needed, of_mean, of_size)
    assert surprise(edge, of_mean, of_size) <= needed
    for _ in range(12):
        edge = nearer(edge, surprise(edge, of_mean, of_size) - needed, of_mean, of_size, least)
    assert surprise(edge, of_mean, of_size) == pytest.approx(needed, abs=0.02)


def test_gates_rise_with_an_alarm_and_fall_when_its_hold_off_is_over() -> None:
    bank = Bank(Policy(), 2)
    run(bank, ordinary([1.0, 1.0], days=3))
    before = bank._state["gate"][NOW, :, 0].copy()
    flood = np.zeros((30, 2), dtype=np.int64)
    flood[:, 0] = 40
    run(bank, flood)
    assert (bank._state["gate"][NOW, :, 0, 0] > before[:, 0]).all()
    run(bank, ordinary([1.0, 1.0], days=3, seed=4))
    ordinary_want = bank._state["steep"] * np.log(7.0 / (0.9 * bank.policy.budget))
    assert bank._state["want"] == pytest.approx(ordinary_want)


def test_another_budget_holds_after_a_restore() -> None:
    strict, lax = Policy(budget=0.01), Policy(budget=0.5)
    bank = Bank(lax, 1)
    run(bank, ordinary([1.0], days=3)[:-40])  # before the day teaches what gates published earlier do not know
    again = Bank.restore(strict, bank.snapshot())
    assert (again._state["gate"][NOW:, :, 0] > bank._state["gate"][NOW:, :, 0]).all()
    back = Bank.restore(lax, again.snapshot())
    assert back._state["gate"][NOW:, :, 0] == pytest.approx(bank._state["gate"][NOW:, :, 0], rel=0.02, abs=1)


def test_a_gate_is_no_less_than_the_least_negatives_and_times_as_many() -> None:
    policy = Policy(least_negative=7, window_ratio=3.0, budget=7.0)
    bank = Bank(policy, 2)
    run(bank, ordinary([0.01, 20.0], days=3))
    assert (bank._state["gate"][NOW] >= 7).all()
    assert (bank._state["gate"][NOW] >= 3.0 * bank._state["expect"][NOW]).all()
