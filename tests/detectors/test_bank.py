"""The bank: laws that hold for all counts, and what it does with ordinary days, crises and lasting shifts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.bank import Bank, Kind
from detectors.decisions import SEVERITIES
from detectors.layout import Ints
from detectors.policy import DAY, Policy
from detectors.snapshots import SnapshotError
from tests.detectors.series import MONDAY, ordinary, run

#: Decides within hours, so that the laws are tested on short series that do fire.
QUICK = Policy(warm_up=120, least_negative=2, least_before=0, hold_off=60, quiet=30, longest=600, budget=0.9)


@st.composite
def matrices(draw: st.DrawFn, rows: int = 3, least: int = 130, most: int = 420) -> Ints:
    """Counts with ordinary stretches, silences and bursts."""
    seed, windows = draw(st.integers(0, 2**31)), draw(st.integers(least, most))
    rng = np.random.default_rng(seed)
    found = rng.poisson(rng.choice([0.0, 0.05, 1.0], size=rows), (windows, rows))
    for _ in range(draw(st.integers(0, 3))):
        place, row, length = rng.integers(windows), rng.integers(rows), rng.integers(1, 30)
        found[place : place + length, row] += rng.poisson(rng.choice([1.0, 10.0]), min(length, windows - place))
    return found.astype(np.int64)


@settings(max_examples=40, deadline=None)
@given(matrices())
def test_a_row_does_not_depend_on_its_company(negative: Ints) -> None:
    together = Bank(QUICK, 3)
    decided = run(together, negative)
    for row in range(3):
        alone = Bank(QUICK, 1)
        made = run(alone, np.ascontiguousarray(negative[:, [row]]))
        assert [(d.minute, d.kind, d.series, d.probability, d.expected) for d in made] == [
            (d.minute, d.kind, d.series, d.probability, d.expected) for d in decided if d.index == row
        ]
        for name, value in alone._state.items():
            assert np.array_equal(value[..., 0], together._state[name][..., row]), name


def test_a_row_among_many_has_the_bits_of_a_row_alone() -> None:
    rates = np.geomspace(0.01, 20.0, 67)
    negative = ordinary(rates.tolist(), days=2.5)
    many = Bank(QUICK, 67)
    run(many, negative)
    for row in (0, 31, 66):
        alone = Bank(QUICK, 1)
        run(alone, np.ascontiguousarray(negative[:, [row]]))
        for name, value in alone._state.items():
            assert np.array_equal(value[..., 0], many._state[name][..., row]), name


@settings(max_examples=40, deadline=None)
@given(matrices(), st.integers(1, 400), st.booleans())
def test_closing_idle_windows_is_closing_zeros(negative: Ints, idle: int, in_parts: bool) -> None:  # noqa: FBT001 - drawn
    zeros = np.zeros((idle, 3), dtype=np.int64)
    slow, fast = Bank(QUICK, 3), Bank(QUICK, 3)
    run(slow, negative)
    run(fast, negative)
    one_by_one = run(slow, zeros)
    end = MONDAY + len(negative) + idle
    at_once = fast.close_idle(end - idle // 2) if in_parts else []
    at_once += fast.close_idle(end)
    assert at_once == one_by_one
    assert fast.snapshot() == slow.snapshot()


@settings(max_examples=60, deadline=None)
@given(matrices(rows=2), st.integers(1, 12), st.data())
def test_what_fires_early_fires_when_it_closes(negative: Ints, width: int, data: st.DataObject) -> None:
    bank = Bank(QUICK, 2)
    run(bank, negative)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**31)))
    final = rng.poisson(rng.choice([0.0, 0.3, 3.0, 30.0], (2, width))).astype(np.int64)
    so_far = rng.binomial(final, rng.random((2, width))).astype(np.int64)
    later = Bank.restore(QUICK, bank.snapshot())
    made = {d.index: d for d in bank.early(np.array([0, 1]), so_far, so_far)}
    tested, closed = [], []
    for column in np.ascontiguousarray(final.T):
        tested.append(later.score(column))
        closed += run(later, column[None, :])
    for row, early in made.items():
        assert early.series == "negative_count"
        assert any(d.index == row and d.minute <= early.minute and d.kind is not Kind.RESOLVED for d in closed), (
            "it would not have fired at the close"
        )
        place = early.minute - (bank.next_minute or 0)
        assert tested[place][row] <= early.test_probability * (1.0 + 1e-9)


@settings(max_examples=30, deadline=None)
@given(matrices(rows=1), st.integers(1, 12))
def test_early_with_the_final_counts_is_the_close(negative: Ints, burst: int) -> None:
    bank = Bank(QUICK, 1)
    run(bank, negative)
    now = np.array([[burst]], dtype=np.int64)
    later = Bank.restore(QUICK, bank.snapshot())
    assert bank.next_minute is not None
    early = bank.early(np.array([0]), now, now)
    closed = later.close(bank.next_minute, now[:, 0], now[:, 0])
    assert early == [d for d in closed if d.kind is not Kind.RESOLVED and d.series == "negative_count"]


@settings(max_examples=40, deadline=None)
@given(matrices(rows=2), st.integers(0, 20), st.integers(1, 20))
def test_the_probability_falls_as_counts_rise(negative: Ints, fewer: int, more: int) -> None:
    bank = Bank(QUICK, 2)
    run(bank, negative)
    low, high = bank.score(np.array([fewer, fewer])), bank.score(np.array([fewer + more, fewer + more]))
    assert (high <= low).all()


@settings(max_examples=30, deadline=None)
@given(matrices(), st.data())
def test_a_restored_bank_goes_on_identically(negative: Ints, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(negative)))
    straight, broken = Bank(QUICK, 3), Bank(QUICK, 3)
    expected = run(straight, negative)
    made = run(broken, negative[:cut])
    restored = Bank.restore(QUICK, broken.snapshot())
    assert restored.snapshot() == broken.snapshot()
    assert made + run(restored, negative[cut:]) == expected
    assert restored.snapshot() == straight.snapshot()


@settings(max_examples=20, deadline=None)
@given(matrices(rows=3), st.integers(1, 400))
def test_rows_that_are_added_change_nothing_for_the_others(negative: Ints, place: int) -> None:
    place = min(place, len(negative))
    grown, alone = Bank(QUICK, 1), Bank(QUICK, 1)
    run(grown, np.ascontiguousarray(negative[:place, :1]))
    grown.grow(3)
    run(grown, negative[place:])
    run(alone, np.ascontiguousarray(negative[:, :1]))
    for name, value in alone._state.items():
        assert np.array_equal(value[..., 0], grown._state[name][..., 0]), name


@pytest.mark.parametrize("value", [0, 1, 7])
def test_a_constant_series_never_fires(value: int) -> None:
    assert run(Bank(Policy(), 1), np.full((6 * DAY, 1), value, dtype=np.int64)) == []


def test_it_is_silent_while_warming_up() -> None:
    negative = ordinary([0.01, 1.0], days=1)
    negative[600:700] += 50
    assert run(Bank(Policy(), 2), negative[: DAY - 1]) == []


def test_a_crisis_fires_soon_escalates_and_is_resolved() -> None:
    negative = ordinary([0.01], days=9)
    begin = 7 * DAY + 600
    negative[begin : begin + 30 : 3] += 1
    negative[begin + 30 : begin + 90] += 20
    made = run(Bank(Policy(), 1), negative)
    begin += MONDAY
    about = [d for d in made if d.minute >= begin]
    assert [d.kind for d in made if d.minute < begin] == []
    assert about[0].kind is Kind.FIRED
    assert about[0].minute - begin <= 25
    grades = [SEVERITIES.index(d.severity) for d in about]
    assert grades[:-1] == sorted(set(grades)), "each escalation is graver"
    assert len(grades) > 2
    assert {d.kind for d in about[1:-1]} == {Kind.ESCALATED}
    assert about[-2].severity == about[-1].severity == "critical"
    assert about[-2].minute - begin < 40
    assert about[-1].kind is Kind.RESOLVED
    assert about[-1].minute - begin < 20 * 60, "six hours until nothing is left of it, twelve of quiet"
    assert about[0].observed > about[0].expected
    assert 0.0 < about[0].test_probability < about[0].probability < Policy().budget


def test_a_lasting_shift_is_resolved_and_it_can_fire_again() -> None:
    negative = ordinary([2.0], days=30)
    negative[7 * DAY :] += ordinary([12.0], days=23, seed=2)
    negative[29 * DAY : 29 * DAY + 120] += 300
    made = [d for d in run(Bank(Policy(), 1), negative) if d.series == "negative_count"]
    assert made[0].kind is Kind.FIRED
    assert made[0].minute < MONDAY + 7 * DAY + 8 * 60
    resolved = [d for d in made if d.kind is Kind.RESOLVED]
    assert resolved[0].minute <= MONDAY + 11 * DAY
    again = [d for d in made if d.kind is Kind.FIRED and d.minute >= MONDAY + 29 * DAY]
    assert again, "a second crisis upon the new level must fire"
    between = [d for d in made if d.kind is Kind.FIRED and MONDAY + 11 * DAY < d.minute < MONDAY + 29 * DAY]
    assert len(between) <= 2


def test_a_bad_tone_without_more_negatives_fires_as_a_share() -> None:
    rng = np.random.default_rng(3)
    mentions = rng.poisson(1.0, (10 * DAY, 1))
    mentions[8 * DAY :] = rng.poisson(0.125, (2 * DAY, 1))
    share = np.full((len(mentions), 1), 0.1)
    share[8 * DAY :] = 0.8
    made = run(Bank(Policy(), 1), rng.binomial(mentions, share), mentions)
    assert [(d.kind, d.series) for d in made[:1]] == [(Kind.FIRED, "negative_share")]
    assert MONDAY + 8 * DAY < made[0].minute < MONDAY + 8 * DAY + 480
    assert made[0].window == 360
    assert made[0].observed <= made[0].mentions
    assert made[0].observed > made[0].expected


def test_a_share_says_nothing_while_the_count_says_it() -> None:
    mentions = ordinary([0.5], days=9)
    mentions[8 * DAY + 600 : 8 * DAY + 720] += 40
    negative = np.random.default_rng(3).binomial(mentions, 0.08)
    negative[8 * DAY + 660 :] = mentions[8 * DAY + 660 :]
    made = run(Bank(Policy(), 1), negative, mentions)
    assert {d.series for d in made} == {"negative_count"}


def test_ordinary_weeks_have_few_alerts() -> None:
    rates = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0]
    made = run(Bank(Policy(), len(rates)), ordinary(rates, days=28))
    fired = [d for d in made if d.kind is Kind.FIRED]
    assert len(fired) / (4 * len(rates)) <= 0.2, "the budget is one in ten weeks, and these are the first four"


def test_minutes_come_in_turn() -> None:
    bank = Bank(Policy(), 1)
    zero = np.zeros(1, dtype=np.int64)
    bank.close(100, zero, zero)
    with pytest.raises(ValueError, match="minute 101 must be closed next, not 103"):
        bank.close(103, zero, zero)


def test_counts_of_other_rows_are_refused() -> None:
    wrong = np.zeros(2, dtype=np.int64)
    with pytest.raises(ValueError, match="counts of 1 rows"):
        Bank(Policy(), 1).close(0, wrong, wrong)


def test_a_bank_does_not_shrink() -> None:
    with pytest.raises(ValueError, match="cannot shrink"):
        Bank(Policy(), 2).grow(1)


def test_nothing_is_tested_early_before_the_first_window_or_beyond_a_block() -> None:
    bank = Bank(Policy(), 1)
    row, many = np.array([0]), np.ones((1, 13), dtype=np.int64)
    assert bank.early(row, many, many) == []
    with pytest.raises(ValueError, match="the first window"):
        bank.close_idle(10)
    bank.close(0, row, row)
    with pytest.raises(ValueError, match="13 open windows"):
        bank.early(row, many, many)


def test_the_nearest_test_is_the_last_closed_windows() -> None:
    bank = Bank(Policy(), 2)
    negative = ordinary([0.2, 2.0], days=3)
    run(bank, negative)
    for _ in range(40):  # across the ends of blocks
        now = np.array([1, 5])
        scored = bank.score(now)
        assert bank.next_minute is not None
        bank.close(bank.next_minute, now, now)
        near = bank.nearest(np.array([0, 1]))
        assert np.array_equal(near.test_probability, scored)
        assert (near.upper > near.expected).all()
        assert (near.expected > 0).all()


def test_a_row_costs_less_than_8_kib() -> None:
    assert len(Bank(Policy(), 1000).snapshot()) / 1000 < 8192


@pytest.mark.parametrize("steps", [1, 5, 7, 60, 1440])
def test_any_step_works(steps: int) -> None:
    bank = Bank(Policy(), 1, steps)
    negative = ordinary([1.0], days=20)[: 20 * DAY // steps * steps].reshape(-1, steps, 1).sum(axis=1)
    run(bank, negative)
    burst = [d for _ in range(max(2, 30 // steps)) for d in run(bank, np.array([[400 * steps]]))]
    assert Kind.FIRED in {d.kind for d in burst}


def test_damaged_and_foreign_snapshots_are_refused() -> None:
    data = Bank(Policy(), 2).snapshot()
    for wrong in (b"", data[:-1], data[:40] + b"x" + data[41:], b"x" + data, data + b"x"):
        with pytest.raises(SnapshotError):
            Bank.restore(Policy(), wrong)
    with pytest.raises(SnapshotError, match="other scales"):
        Bank.restore(Policy(scales=(10, 60)), data)
