"""What is usual of sources is learned by the hour; surges and silences show against it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.flows import ALL, BIN, CALM, FlowPolicy, Flows
from detectors.policy import DAY
from detectors.snapshots import SnapshotError, pack

PAPER, PAGE = ("news", "Báo A"), ("facebook", "Trang B")
MONDAY = 4 * DAY - 420  # in Vietnam


def fed(days: int, *, paper: int = 30, page: int = 6) -> Flows:
    """Flows of two sources that sent so many an hour, a third of them negative."""
    flows = Flows()
    for hour in range(days * 24):
        counts = {PAPER: (paper, paper // 3), PAGE: (page, page // 3)}
        flows.take(MONDAY + 60 * hour, {name: both for name, both in counts.items() if both[0]})
    flows.close(MONDAY + days * DAY)
    return flows


def test_the_profile_is_learned_by_the_hour() -> None:
    flows = fed(7)
    end = flows.until or 0
    assert flows.usual(end, end + 120, ALL).tolist() == pytest.approx([12.0, 60.0], rel=0.05)
    assert flows.usual(end, end + 30, CALM).tolist() == pytest.approx([2.0, 10.0], rel=0.05)
    assert flows.came(end - 60, end, ALL).tolist() == [6, 30]


def test_week_ends_are_learned_apart() -> None:
    flows = Flows()
    for hour in range(14 * 24):
        week_end = hour // 24 % 7 >= 5
        flows.take(MONDAY + 60 * hour, {PAPER: (8 if week_end else 40, 0)})
    flows.close(MONDAY + 14 * DAY)
    assert flows.usual(MONDAY + 14 * DAY, MONDAY + 14 * DAY + 60)[0] == pytest.approx(40, rel=0.05)
    assert 8 <= flows.usual(MONDAY + 19 * DAY, MONDAY + 19 * DAY + 60)[0] < 16


def test_a_surge_does_not_become_normal_at_once() -> None:
    flows = fed(7)
    for hour in range(24):
        flows.take(MONDAY + 7 * DAY + 60 * hour, {PAPER: (300, 100)})
    flows.close(MONDAY + 8 * DAY)
    assert flows.usual(MONDAY + 8 * DAY, MONDAY + 9 * DAY, ALL)[0] < 1.3 * 24 * 30


def test_a_feed_that_falls_silent_is_noticed_and_stays_missed() -> None:
    flows = fed(7)
    end = MONDAY + 7 * DAY
    for hour in range(48):
        flows.take(end + 60 * hour, {PAPER: (30, 10)})
    flows.close(end + 2 * DAY - 30)
    (silence,) = flows.silent()
    assert silence.name == PAGE
    assert silence.last == end - 60
    assert silence.expected == pytest.approx(6 * 48.5, rel=0.1)


def test_after_some_weeks_a_silence_is_what_is_usual() -> None:
    flows = fed(7)
    end = MONDAY + 7 * DAY
    for hour in range(49 * 24):
        flows.take(end + 60 * hour, {PAPER: (30, 10)})
    assert [one.name for one in flows.silent()] == []


def test_a_source_that_is_seldom_heard_is_not_missed_soon() -> None:
    flows = Flows()
    for day in range(14):
        flows.take(MONDAY + day * DAY, {PAPER: (1, 0)})
    flows.close(MONDAY + 15 * DAY)
    assert not flows.silent()


def test_of_a_source_that_is_new_nothing_is_said() -> None:
    flows = fed(1)
    flows.close((flows.until or 0) + DAY)
    assert not flows.silent()


def test_the_quietest_sources_are_forgotten_first() -> None:
    flows = Flows(FlowPolicy(kept=3))
    for hour in range(48):
        flows.take(MONDAY + 60 * hour, {("news", f"{n}"): (n, 0) for n in range(1, 7)})
    flows.take(MONDAY + 49 * 60, {("news", "fresh"): (1, 0)})
    assert flows.names == [("news", "4"), ("news", "5"), ("news", "6"), ("news", "fresh")]


@given(st.lists(st.tuples(st.integers(1, 700), st.integers(0, 2), st.integers(1, 50)), min_size=1, max_size=40))
def test_parts_of_a_minute_are_counted_like_the_whole_and_snapshots_go_on_exactly(
    steps: list[tuple[int, int, int]],
) -> None:
    whole, parts, minute = Flows(), Flows(), MONDAY
    for pause, source, many in steps:
        minute += pause
        name = ("news", f"{source}")
        whole.take(minute, {name: (many, many // 2)})
        parts.take(minute, {name: (many - 1, many // 2)})
        other = Flows()
        other.resume(parts.snapshot())
        parts = other
        parts.take(minute, {name: (1, 0)})
    for flows in (whole, parts):
        flows.close(minute + DAY)
    assert whole.snapshot() == parts.snapshot()


def test_of_what_is_long_past_nothing_is_told() -> None:
    flows = fed(7)
    end = flows.until or 0
    start, until = flows.span(end - 5 * DAY, end + 30)
    assert until == end
    assert end - start < 26 * 60
    assert flows.came(end - 5 * DAY, end).sum() < 36 * 26
    assert flows.span(end - 40, end) == ((end - 40) // BIN * BIN, end)


def test_flows_that_have_seen_nothing_know_nothing() -> None:
    flows = Flows()
    assert not flows.silent()
    assert flows.usual(0, 60).tolist() == []
    assert flows.came(0, 60).tolist() == []


def test_other_snapshots_are_refused() -> None:
    with pytest.raises(SnapshotError):
        Flows().resume(b"nothing")
    with pytest.raises(SnapshotError, match="other flows"):
        Flows().resume(pack({"names": [["a", "b"]], "until": 0}, {"bins": np.zeros(3)}))
    with pytest.raises(SnapshotError, match="other flows"):
        Flows().resume(pack({"until": 0}, {}))


@pytest.mark.parametrize("wrong", [{"least_weight": 0.0}, {"cap": 0.5}, {"silent_minutes": 5}, {"silent_expected": 0}])
def test_policies_that_cannot_work_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"lies|silence"):
        FlowPolicy(**wrong)  # type: ignore[arg-type]
