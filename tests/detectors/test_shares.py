"""The share of the last hours."""

import numpy as np

from detectors.bank import Bank
from detectors.decisions import COUNT
from detectors.layout import NOW, SHARE_WINDOWS, Grid, Layout, State
from detectors.policy import Policy
from detectors.shares import PRIOR_SHARE, SILENT, learn, roll, score, usual_share
from tests.detectors.series import DAY, ordinary, run

POLICY, GRID = Policy(warm_up=0), Grid(1, Policy().scales)


def block(state: State, negative: object, mentions: object) -> None:
    """Let a block have these counts."""
    state["block"][0], state["block"][1] = negative, mentions


def test_the_usual_share_begins_at_the_prior_and_follows_what_is_seen() -> None:
    state = Layout(POLICY, GRID).empty(1)
    assert usual_share(POLICY, state).tolist() == [PRIOR_SHARE]
    state["rate"][NOW, 1] = 1000 / 15
    block(state, 50, 1000)
    for _ in range(200):
        learn(POLICY, GRID, state)
    assert abs(usual_share(POLICY, state)[0] - 0.05) < 0.001


def test_a_flood_of_praise_does_not_make_the_usual_share_small() -> None:
    state = Layout(POLICY, GRID).empty(1)
    state["rate"][NOW, 1] = 4.0
    block(state, 20, 60)
    for _ in range(2000):
        learn(POLICY, GRID, state)
    before = usual_share(POLICY, state)[0]
    block(state, 20, 6000)
    for _ in range(8):
        learn(POLICY, GRID, state)
    assert usual_share(POLICY, state)[0] > 0.9 * before


def test_hours_are_counted_and_then_forgotten() -> None:
    state = Layout(POLICY, GRID).empty(2)
    counts = np.random.default_rng(1).integers(0, 9, (200, 2))
    for place, negative in enumerate(counts):
        block(state, negative, negative * 2)
        roll(GRID, state, place)
        for window, minutes in enumerate(SHARE_WINDOWS):
            first = max(0, place + 1 - minutes // GRID.block)
            assert state["rolling"][window, 0].tolist() == counts[first : place + 1].sum(axis=0).tolist()
        state["past"][place % GRID.ring] = state["block"]


def test_few_mentions_are_not_tested() -> None:
    state = Layout(POLICY, GRID).empty(2)
    state["share_negative"][:], state["share_mentions"][:] = 50.0, 1000.0
    block(state, 19, [19, 20])
    roll(GRID, state, 0)
    score(POLICY, GRID, state)
    assert state["share_now"][0] == SILENT
    assert state["share_now"][1] > 2.0


def test_where_only_negatives_are_counted_their_share_is_never_tested() -> None:
    bank = Bank(Policy(warm_up=0), 1)
    negative = ordinary([0.3], days=2)
    negative[DAY + 600 : DAY + 720] += 20
    run(bank, negative)
    for _ in range(200):
        made = run(bank, np.full((15, 1), 9, dtype=np.int64))
        assert all(decision.series == COUNT for decision in made)
        assert bank._state["share_now"].tolist() == [SILENT]
