"""Spikes that the collector explains are held back; what would stand out all the same is not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.guards import DEFAULT, Evidence, Flow, Guard, GuardPolicy, factors, is_new, judge, stands_out, tail

CALM = (Flow(0.6, 900.0, 900.0), Flow(0.4, 500.0, 500.0))
ALL_UP = (Flow(0.6, 1530.0, 900.0), Flow(0.4, 850.0, 500.0))
ONE_UP = (Flow(0.6, 920.0, 900.0), Flow(0.4, 1500.0, 500.0))
SPIKE = Evidence(observed=40, expected=8.0, flows=CALM)

rates = st.floats(0.001, 1e4)
counts = st.integers(0, 5000)
flows = st.lists(st.builds(Flow, st.floats(0, 1), st.floats(0, 1e5), st.floats(0, 1e5)), max_size=6)
evidence = st.builds(Evidence, counts, rates, flows, counts, rates, st.none() | counts, st.none() | counts)


def test_a_spike_of_the_world_is_not_held_back() -> None:
    assert judge(DEFAULT, SPIKE).guard is None


@pytest.mark.parametrize(
    ("seen", "guard"),
    [
        pytest.param(Evidence(17, 8.0, ALL_UP), Guard.COLLECTOR_SURGE, id="all sources up together"),
        pytest.param(Evidence(17, 8.0, (Flow(0.2, 910.0, 900.0), Flow(0.8, 1500.0, 500.0))), Guard.COLLECTOR_SURGE,
                     id="one source that makes the whole up"),
        pytest.param(Evidence(20, 8.0, (Flow(0.2, 9100.0, 9000.0), Flow(0.8, 1500.0, 500.0))), Guard.SOURCE_SURGE,
                     id="a whole source up"),
        pytest.param(Evidence(40, 2.0, CALM, delayed=38, over_gap=36.0), Guard.CATCH_UP, id="catching up"),
        pytest.param(replace(SPIKE, different=6), Guard.REPEATED_TEXT, id="one text again and again"),
        pytest.param(replace(SPIKE, heard=5), Guard.FEW_VOICES, id="one voice again and again"),
        pytest.param(Evidence(30, 20.0, CALM, share=True, silent=True), Guard.SILENT_SOURCE, id="what dilutes is gone"),
    ],
)  # fmt: skip
def test_what_the_collector_explains_is_held_back(seen: Evidence, guard: Guard) -> None:
    assert judge(DEFAULT, seen).guard is guard


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(Evidence(80, 8.0, ALL_UP), id="far above what the surge explains"),
        pytest.param(Evidence(200, 2.0, CALM, delayed=190, over_gap=36.0), id="a crisis during the outage"),
        pytest.param(Evidence(40, 2.0, CALM, delayed=8, over_gap=36.0), id="a few late ones in a crisis"),
        pytest.param(replace(SPIKE, different=36), id="the same text from many papers"),
        pytest.param(Evidence(400, 2.0, CALM, different=60, heard=200), id="repeated, but enough without"),
        pytest.param(Evidence(90, 20.0, CALM, share=True, silent=True), id="a share that rose by its negatives"),
    ],
)
def test_what_stands_out_whatever_the_collector_does_is_not_held_back(seen: Evidence) -> None:
    assert judge(DEFAULT, seen).guard is None


def test_what_was_explained_stays_explained_until_it_is_outgrown() -> None:
    held = judge(DEFAULT, Evidence(40, 2.0, CALM, delayed=38, over_gap=36.0))
    quiet = Evidence(60, 20.0, CALM)
    assert judge(DEFAULT, quiet).guard is None
    assert judge(DEFAULT, quiet, held).guard is Guard.CATCH_UP
    assert judge(DEFAULT, Evidence(200, 20.0, CALM), held).guard is None


def test_the_last_hour_of_a_held_spike_must_be_a_spike_of_its_own() -> None:
    assert is_new(DEFAULT, judge(DEFAULT, Evidence(80, 8.0, CALM)))
    assert not is_new(DEFAULT, judge(DEFAULT, Evidence(20, 8.0, CALM)))
    assert not is_new(DEFAULT, judge(DEFAULT, Evidence(17, 8.0, ALL_UP)))


@given(evidence)
def test_verdicts_are_pure_and_finite(seen: Evidence) -> None:
    verdict = judge(DEFAULT, seen)
    assert verdict == judge(DEFAULT, seen)
    assert 0.0 <= verdict.tail <= 1.0
    assert verdict.extra >= 0.0
    if verdict.guard not in {None, Guard.SILENT_SOURCE}:
        assert not stands_out(DEFAULT, verdict)


@given(rates, counts, counts)
def test_more_negatives_are_never_held_back_where_fewer_are_not(expected: float, one: int, other: int) -> None:
    few, many = sorted((one, other))
    if judge(DEFAULT, Evidence(few, expected, ALL_UP)).guard is None:
        assert judge(DEFAULT, Evidence(many, expected, ALL_UP)).guard is None


@given(flows)
def test_factors_are_never_below_one(known: list[Flow]) -> None:
    assert min(factors(DEFAULT, known)) >= 1.0


@given(st.integers(1, 3000), st.floats(0.01, 2000.0), st.floats(1.0, 5.0))
def test_tails_fall_with_the_count(count: int, mean: float, dispersion: float) -> None:
    assert tail(count + 1, mean, dispersion) <= tail(count, mean, dispersion) + 1e-12


@pytest.mark.parametrize(
    "wrong", [{"tail": 0.0}, {"ratio": 0.5}, {"surge": 1.0}, {"delayed": 0.0}, {"repeated": 2.0}, {"voice": 0}]
)
def test_policies_that_cannot_work_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"start|share|lies"):
        GuardPolicy(**wrong)  # type: ignore[arg-type]
