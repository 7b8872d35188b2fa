"""Figures of quality against their definitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reading.sentiment_quality import area_under_curve, calibration_error, f1, quality

_PAIRS = st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0]), st.booleans()), min_size=1, max_size=30)


@given(_PAIRS)
def test_the_area_is_the_chance_that_a_true_one_scores_higher(pairs: list[tuple[float, bool]]) -> None:
    true = [score for score, is_true in pairs if is_true]
    rest = [score for score, is_true in pairs if not is_true]
    wins = sum((one > other) + (one == other) / 2 for one in true for other in rest)
    expected = wins / len(true) / len(rest) if true and rest else 0.5
    found = area_under_curve([score for score, _ in pairs], [is_true for _, is_true in pairs])
    assert found == pytest.approx(expected)


def test_figures_of_perfect_and_of_no_knowledge() -> None:
    truth = [True, False, True, False]
    assert tuple(quality([1.0, 0.0, 1.0, 0.0], truth)) == (4, 1.0, 1.0, 0.0)
    assert tuple(quality([0.5] * 4, truth)) == pytest.approx((4, 0.5, 2 / 3, 0.0))
    assert calibration_error([0.95] * 4, truth) == pytest.approx(0.45)
    assert f1([False] * 4, [False] * 4) == 0.0
