"""Windows a decision names, counted again by hand."""

import numpy as np
import pytest

from detectors.bank import Bank, Kind
from detectors.policy import Policy
from tests.detectors.series import DAY, MONDAY, ordinary, run


@pytest.mark.parametrize("shift", [0, 7, 14])
def test_a_decision_counts_its_windows_rightly(shift: int) -> None:
    mentions = ordinary([0.5], days=6)
    burst = 5 * DAY + 600 + shift
    mentions[burst : burst + 60] += 20
    negative = np.random.default_rng(1).binomial(mentions, 0.5)
    made = [d for d in run(Bank(Policy(), 1), negative, mentions) if d.series == "negative_count"]
    assert any(d.kind is Kind.FIRED for d in made)
    for each in made:
        end = each.minute - MONDAY + 1
        for window, observed, of_all in (
            (each.window, each.observed, each.mentions),
            *((scale.minutes, scale.observed, scale.mentions) for scale in each.scales),
        ):
            assert observed == negative[max(0, end - window) : end].sum()
            assert of_all == mentions[max(0, end - window) : end].sum()


@pytest.mark.parametrize("minute", [3, 13])
def test_an_early_decision_counts_its_windows_rightly_across_blocks(minute: int) -> None:
    negative = ordinary([0.5], days=5)[: 4 * DAY + 600 + minute]
    bank = Bank(Policy(), 1)
    run(bank, negative)
    so_far = np.array([[0, 20, 0, 30, 0, 90]], dtype=np.int64)
    made = bank.early(np.array([0]), so_far, so_far)
    assert len(made) == 1
    whole = np.concatenate([negative[:, 0], so_far[0]])
    end = made[0].minute - MONDAY + 1
    assert len(made[0].scales) == len(Policy().scales)
    for scale in made[0].scales:
        assert scale.observed == whole[end - scale.minutes : end].sum()


def test_a_decision_shows_what_each_window_would_have_needed() -> None:
    bank = Bank(Policy(), 1)
    run(bank, ordinary([0.5], days=4))
    made = run(bank, np.full((30, 1), 9, dtype=np.int64))
    assert made[0].kind is Kind.FIRED
    at_gate = [scale for scale in made[0].scales if scale.observed >= scale.needed]
    assert made[0].window in {scale.minutes for scale in at_gate}
    assert made[0].test_probability == min(scale.test_probability for scale in at_gate)


def test_why_not_names_the_test_that_failed_and_by_how_much() -> None:
    bank = Bank(Policy(), 1)
    run(bank, ordinary([0.5], days=1)[:600])
    assert bank.why(0).refusal == "still warming up"
    run(bank, ordinary([0.5], days=4))
    why = bank.why(0)
    assert why.refusal == "below the threshold"
    assert all(scale.observed < scale.needed for scale in why.scales)
    assert why.scales[why.decisive].excess == max(scale.excess for scale in why.scales)
    run(bank, np.full((30, 1), 9, dtype=np.int64))
    assert bank.why(0).refusal == "still firing"
