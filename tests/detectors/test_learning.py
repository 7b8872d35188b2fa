"""Negatives that are scored but not learned."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.bank import Bank
from detectors.layout import Ints
from detectors.policy import Policy
from tests.detectors.series import DAY, MONDAY, ordinary, run
from tests.detectors.test_bank import QUICK, matrices


def taught(bank: Bank, negative: Ints, learned: Ints | None) -> list[tuple[int, int, str, int]]:
    """Close all windows; every mention is negative."""
    first = MONDAY if bank.next_minute is None else bank.next_minute
    return [
        (made.minute, made.index, made.kind.value, made.observed)
        for place, counts in enumerate(negative)
        for made in bank.close(first + place, counts, counts, None if learned is None else learned[place])
    ]


def some_of(negative: Ints, seed: int) -> Ints:
    """Between none and all of each count, with stretches of which everything is learned."""
    rng = np.random.default_rng(seed)
    part = np.where(rng.random(negative.shape) < 0.3, rng.random(negative.shape), 1.0)
    return rng.binomial(negative, part).astype(np.int64)


@settings(max_examples=25, deadline=None)
@given(matrices())
def test_learning_everything_is_the_same_to_the_last_bit(negative: Ints) -> None:
    plain, told = Bank(QUICK, 3), Bank(QUICK, 3)
    assert taught(told, negative, negative) == taught(plain, negative, None)
    assert told.snapshot() == plain.snapshot()


def test_a_level_follows_what_is_learned_and_not_what_is_seen() -> None:
    learned = ordinary([0.5], days=8)
    negative = learned + ordinary([1.0], days=8, seed=3)
    whole, part = Bank(Policy(), 1), Bank(Policy(), 1)
    taught(whole, negative, learned)
    taught(part, learned, None)
    expected = [float(bank.nearest(np.array([0])).expected[0]) for bank in (whole, part)]
    assert expected[0] == pytest.approx(expected[1], rel=0.1)
    assert whole._state["share_negative"] == pytest.approx(part._state["share_negative"], rel=0.05)


@settings(max_examples=25, deadline=None)
@given(matrices(), st.integers(0, 2**31), st.integers(1, 400))
def test_closing_idle_windows_is_closing_zeros_when_something_was_held_back(
    negative: Ints, seed: int, idle: int
) -> None:
    slow, fast = Bank(QUICK, 3), Bank(QUICK, 3)
    learned = some_of(negative, seed)
    for bank in (slow, fast):
        taught(bank, negative, learned)
    zeros = np.zeros((idle, 3), dtype=np.int64)
    run(slow, zeros)
    fast.close_idle(MONDAY + len(negative) + idle)
    assert fast.snapshot() == slow.snapshot()


@settings(max_examples=25, deadline=None)
@given(matrices(), st.integers(0, 2**31), st.floats(0, 1))
def test_a_restored_bank_and_a_row_alone_learn_the_same(negative: Ints, seed: int, part: float) -> None:
    learned, cut = some_of(negative, seed), int(len(negative) * part)
    whole, first, alone = Bank(QUICK, 3), Bank(QUICK, 3), Bank(QUICK, 1)
    taught(whole, negative, learned)
    taught(first, negative[:cut], learned[:cut])
    second = Bank.restore(QUICK, first.snapshot())
    taught(second, negative[cut:], learned[cut:])
    assert second.snapshot() == whole.snapshot()
    taught(alone, np.ascontiguousarray(negative[:, [1]]), np.ascontiguousarray(learned[:, [1]]))
    for name, value in alone._state.items():
        assert np.array_equal(value[..., 0], whole._state[name][..., 1]), name


def test_what_is_held_back_fires_again_and_is_not_expected() -> None:
    days = ordinary([0.05], days=14)
    flooded, learned = days.copy(), days.copy()
    for day in range(4, 14, 2):
        flooded[day * DAY + 600 : day * DAY + 660] += 4
    spared, plain = Bank(Policy(), 1), Bank(Policy(), 1)
    fired = [[made for made in taught(*each) if made[2] == "fired"] for each in (
        (spared, flooded, learned), (plain, flooded, None),
    )]  # fmt: skip
    assert len(fired[0]) >= len(fired[1])
    assert fired[0][0] == fired[1][0]
    assert spared.nearest(np.array([0])).expected < plain.nearest(np.array([0])).expected


def test_more_than_there_is_cannot_be_learned() -> None:
    for learned in ([2], [-1], [1, 1]):
        with pytest.raises(ValueError, match="none to all"):
            Bank(QUICK, 1).close(MONDAY, np.array([1]), np.array([1]), np.array(learned))
