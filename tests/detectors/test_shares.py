"""The share of the last hours."""

import numpy as np

from detectors.baseline import Grid, Layout
from detectors.policy import Policy
from detectors.shares import PRIOR_SHARE, learn, score, usual_share

POLICY, GRID = Policy(), Grid(1)


def test_the_usual_share_begins_at_the_prior_and_follows_what_is_seen() -> None:
    state = Layout(POLICY, GRID).empty(1)
    assert usual_share(POLICY, state).tolist() == [PRIOR_SHARE]
    state["negative"][:], state["mentions"][:] = 50, 1000
    for _ in range(200):
        learn(POLICY, GRID, state)
    assert abs(usual_share(POLICY, state)[0] - 0.05) < 0.001


def test_six_hours_are_counted_and_then_forgotten() -> None:
    state = Layout(POLICY, GRID).empty(2)
    counts = np.random.default_rng(1).integers(0, 9, (200, 2))
    for block, negative in enumerate(counts):
        state["negative"][:], state["mentions"][:] = negative, negative * 2
        score(POLICY, GRID, state, block)
        assert state["rolling_negative"].tolist() == counts[max(0, block - 23) : block + 1].sum(axis=0).tolist()
        state["past_negative"][block % GRID.ring], state["past_mentions"][block % GRID.ring] = negative, negative * 2


def test_few_mentions_are_not_tested() -> None:
    state = Layout(POLICY, GRID).empty(2)
    state["negative"][:], state["mentions"][:] = 19, [19, 20]
    score(POLICY, GRID, state, 0)
    assert state["share_now"][0] == 0.0
    assert state["share_now"][1] > 2.0
