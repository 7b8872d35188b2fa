"""Gates: what passes them is what the alarm would change by."""

import numpy as np
import pytest

from detectors.bank import Bank
from detectors.gates import product
from detectors.policy import Policy
from tests.detectors.series import DAY, ordinary, run


def test_nothing_passes_while_warming_up() -> None:
    bank = Bank(Policy(), 1)
    run(bank, ordinary([1.0], days=1)[: DAY - 30])
    assert np.isinf(bank._state["gate"]).all()


def test_gates_rise_with_an_alarm_and_fall_when_its_hold_off_is_over() -> None:
    bank = Bank(Policy(), 2)
    run(bank, ordinary([1.0, 1.0], days=3))
    before = bank._state["gate"][1].copy()
    flood = np.zeros((30, 2), dtype=np.int64)
    flood[:, 0] = 40
    run(bank, flood)
    assert bank._state["gate"][1, 0] > before[0]
    run(bank, ordinary([1.0, 1.0], days=2, seed=4))
    assert np.array_equal(bank._state["gate"][1], bank._state["base"][1])


def test_another_budget_holds_after_a_restore() -> None:
    strict, lax = Policy(budget=0.01), Policy(budget=0.5)
    bank = Bank(lax, 1)
    run(bank, ordinary([1.0], days=3))
    again = Bank.restore(strict, bank.snapshot())
    assert (again._state["gate"][1:] > bank._state["gate"][1:]).all()
    back = Bank.restore(lax, again.snapshot())
    assert back._state["threshold"][1] == pytest.approx(bank._state["threshold"][1])


def test_products_stay_finite() -> None:
    assert product(1e6, 3) < float("inf")
    assert product(float("-inf"), 3) == 0.0
