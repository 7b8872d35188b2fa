"""Windows a decision names, counted again by hand."""

import numpy as np
import pytest

from detectors.bank import Bank, Kind
from detectors.policy import Policy
from tests.detectors.series import DAY, MONDAY, ordinary, run


@pytest.mark.parametrize("shift", [0, 7, 14])
def test_a_decision_counts_its_window_rightly(shift: int) -> None:
    mentions = ordinary([0.5], days=6)
    burst = 5 * DAY + 600 + shift
    mentions[burst : burst + 60] += 20
    negative = np.random.default_rng(1).binomial(mentions, 0.5)
    made = run(Bank(Policy(), 1), negative, mentions)
    assert any(d.kind is Kind.FIRED for d in made)
    for each in made:
        end = each.minute - MONDAY + 1
        assert each.observed == negative[max(0, end - each.window) : end].sum()
        assert each.mentions == mentions[max(0, end - each.window) : end].sum()


@pytest.mark.parametrize("minute", [3, 13])
def test_an_early_decision_counts_its_window_rightly_across_blocks(minute: int) -> None:
    negative = ordinary([0.5], days=5)[: 4 * DAY + 600 + minute]
    bank = Bank(Policy(), 1)
    run(bank, negative)
    so_far = np.array([[0, 20, 0, 30, 0, 90]], dtype=np.int64)
    made = bank.early(np.array([0]), so_far, so_far)
    assert len(made) == 1
    whole = np.concatenate([negative[:, 0], so_far[0]])
    end = made[0].minute - MONDAY + 1
    assert made[0].observed == whole[end - made[0].window : end].sum()
