"""The alarm's states, a sentence a rule."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from detectors.alarm import Alarm, Evidence, Reason, gate, settle
from detectors.alarm import test as decide
from detectors.policy import Policy
from detectors.windows import UNREMARKABLE

POLICY = Policy()
SEEN = Evidence(minute=5000, block=4995, height=3.0, threshold=2.0, observed=9, before=6)
FIRING = Alarm(firing=True, since=4000, height=2.5, loud=4000, grade=0)


def test_it_fires_above_the_threshold() -> None:
    alarm, reason = decide(POLICY, Alarm(), SEEN)
    assert reason is Reason.FIRED
    assert alarm == Alarm(firing=True, since=5000, height=3.0, loud=5000, grade=0)


def test_it_says_why_it_does_not() -> None:
    for seen, reason in [
        (replace(SEEN, height=2.0), Reason.BELOW),
        (replace(SEEN, observed=4), Reason.TOO_FEW),
        (replace(SEEN, before=1), Reason.NOT_PERSISTENT),
    ]:
        assert decide(POLICY, Alarm(), seen) == (Alarm(), reason)


def test_it_does_not_fire_where_no_window_stands_out() -> None:
    assert decide(POLICY, Alarm(), replace(SEEN, grade=UNREMARKABLE)) == (Alarm(), Reason.UNREMARKABLE)


def test_a_firing_alarm_escalates_when_the_evidence_is_graver() -> None:
    assert decide(POLICY, FIRING, SEEN) == (FIRING, Reason.FIRING)
    alarm, reason = decide(POLICY, FIRING, replace(SEEN, height=2.1, grade=2))
    assert reason is Reason.ESCALATED
    assert alarm == Alarm(firing=True, since=5000, height=2.5, loud=5000, grade=2)
    assert decide(POLICY, alarm, replace(SEEN, grade=1)) == (alarm, Reason.FIRING)


def test_growth_alone_makes_it_last_longer_but_says_nothing() -> None:
    assert decide(POLICY, FIRING, replace(SEEN, height=3.4)) == (FIRING, Reason.FIRING)
    alarm, reason = decide(POLICY, FIRING, replace(SEEN, height=3.6))
    assert reason is Reason.FIRING
    assert (alarm.height, alarm.since, alarm.grade) == (3.6, 5000, FIRING.grade)


def test_the_hold_off_is_broken_by_growth_and_ends() -> None:
    over = replace(FIRING, firing=False)
    assert decide(POLICY, over, SEEN) == (over, Reason.HELD)
    assert decide(POLICY, over, replace(SEEN, height=3.6))[1] is Reason.FIRED
    later = replace(SEEN, minute=4000 + POLICY.hold_off + 10, block=4000 + POLICY.hold_off)
    assert decide(POLICY, over, later)[1] is Reason.FIRED


def test_it_is_resolved_when_it_has_been_quiet() -> None:
    last = FIRING.loud + POLICY.quiet
    assert settle(POLICY, FIRING, last - 1, loud=False) == (FIRING, Reason.FIRING)
    assert settle(POLICY, FIRING, last, loud=False)[1] is Reason.RESOLVED_QUIET
    loud, reason = settle(POLICY, FIRING, last, loud=True)
    assert (loud.loud, reason) == (last, Reason.FIRING)


def test_it_is_not_resolved_while_the_last_hours_stand_out() -> None:
    last = FIRING.loud + POLICY.quiet
    assert settle(POLICY, FIRING, last + 99, loud=False, lingers=True) == (FIRING, Reason.FIRING)
    assert settle(POLICY, FIRING, last + 114, loud=False)[1] is Reason.RESOLVED_QUIET


def test_it_is_resolved_after_the_longest_time_however_loud() -> None:
    alarm, reason = settle(POLICY, FIRING, FIRING.since + POLICY.longest, loud=True, lingers=True)
    assert reason is Reason.RESOLVED_LONGEST
    assert not alarm.firing


def test_what_does_not_fire_is_not_resolved() -> None:
    assert settle(POLICY, Alarm(), 10**6, loud=False) == (Alarm(), Reason.BELOW)


@given(st.booleans(), st.integers(0, 9000), st.floats(0, 9), st.integers(0, 9000), st.floats(0, 9))
def test_the_gate_is_never_under_the_threshold(
    firing: bool,  # noqa: FBT001 - drawn by Hypothesis
    since: int,
    height: float,
    minute: int,
    threshold: float,
) -> None:
    assert gate(POLICY, Alarm(firing, since, height, since), minute, threshold) >= threshold


@given(st.floats(0, 9), st.integers(0, 30), st.integers(0, 30), st.floats(0, 3), st.integers(0, 9))
def test_more_evidence_never_silences(height: float, observed: int, before: int, higher: float, more: int) -> None:
    seen = replace(SEEN, height=height, observed=observed, before=before)
    if decide(POLICY, Alarm(), seen)[1] is Reason.FIRED:
        stronger = replace(seen, height=height + higher, observed=observed + more, before=before + more)
        assert decide(POLICY, Alarm(), stronger)[1] is Reason.FIRED
