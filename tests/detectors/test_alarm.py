"""The alarm's states, a sentence a rule."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from detectors.alarm import GRAVEST, Alarm, Evidence, Reason, settle, wanted
from detectors.alarm import test as decide
from detectors.policy import Policy

POLICY = Policy()
SEEN = Evidence(minute=5000, excess=5.0, over=True, before=6)
FIRING = Alarm(firing=True, since=4000, height=4.5, loud=4000, grade=0)
GRAVER = (6.0, 8.0, 10.0)


def test_it_fires_at_a_gate() -> None:
    alarm, reason = decide(POLICY, Alarm(), SEEN)
    assert reason is Reason.FIRED
    assert alarm == Alarm(firing=True, since=5000, height=5.0, loud=5000, grade=0)


def test_it_says_why_it_does_not() -> None:
    for seen, reason in [
        (replace(SEEN, over=False), Reason.BELOW),
        (replace(SEEN, before=1), Reason.NOT_PERSISTENT),
    ]:
        assert decide(POLICY, Alarm(), seen) == (Alarm(), reason)


def test_a_firing_alarm_escalates_when_the_evidence_is_graver() -> None:
    assert decide(POLICY, FIRING, SEEN) == (FIRING, Reason.FIRING)
    alarm, reason = decide(POLICY, FIRING, replace(SEEN, excess=4.1, grade=2))
    assert reason is Reason.ESCALATED
    assert alarm == Alarm(firing=True, since=5000, height=4.5, loud=5000, grade=2)
    assert decide(POLICY, alarm, replace(SEEN, grade=1)) == (alarm, Reason.FIRING)


def test_growth_alone_makes_it_last_longer_but_says_nothing() -> None:
    assert decide(POLICY, FIRING, replace(SEEN, excess=FIRING.height + POLICY.growth)) == (FIRING, Reason.FIRING)
    alarm, reason = decide(POLICY, FIRING, replace(SEEN, excess=9.0))
    assert reason is Reason.FIRING
    assert (alarm.height, alarm.since, alarm.grade) == (9.0, 5000, FIRING.grade)


def test_the_hold_off_wants_growth_and_ends() -> None:
    over = replace(FIRING, firing=False)
    assert wanted(POLICY, over, 4000, 4.0, GRAVER) == over.height + POLICY.growth
    assert wanted(POLICY, over, 4000 + POLICY.hold_off, 4.0, GRAVER) == 4.0


def test_a_firing_alarm_waits_for_the_next_grade_or_for_growth() -> None:
    assert wanted(POLICY, FIRING, 4000, 4.0, GRAVER) == 6.0
    assert wanted(POLICY, replace(FIRING, grade=1), 4000, 4.0, GRAVER) == 7.5
    assert wanted(POLICY, replace(FIRING, grade=GRAVEST), 4000, 4.0, GRAVER) == 7.5


def test_it_is_resolved_when_it_has_been_quiet() -> None:
    last = FIRING.loud + POLICY.quiet
    assert settle(POLICY, FIRING, last - 1, loud=False) == (FIRING, Reason.FIRING)
    assert settle(POLICY, FIRING, last, loud=False)[1] is Reason.RESOLVED_QUIET
    loud, reason = settle(POLICY, FIRING, last, loud=True)
    assert (loud.loud, reason) == (last, Reason.FIRING)


def test_it_is_resolved_after_the_longest_time_however_loud() -> None:
    alarm, reason = settle(POLICY, FIRING, FIRING.since + POLICY.longest, loud=True)
    assert reason is Reason.RESOLVED_LONGEST
    assert not alarm.firing


def test_what_does_not_fire_is_not_resolved() -> None:
    assert settle(POLICY, Alarm(), 10**6, loud=False) == (Alarm(), Reason.BELOW)


@given(st.integers(0, 9000), st.floats(0, 9), st.integers(0, 9000), st.floats(0, 9))
def test_what_does_not_fire_wants_no_less_than_usual(since: int, height: float, minute: int, usual: float) -> None:
    assert wanted(POLICY, Alarm(False, since, height, since), minute, usual, GRAVER) >= usual


@given(st.floats(0, 9), st.integers(0, 30), st.floats(0, 3), st.integers(0, 9))
def test_more_evidence_never_silences(excess: float, before: int, higher: float, more: int) -> None:
    seen = replace(SEEN, excess=excess, before=before)
    if decide(POLICY, Alarm(), seen)[1] is Reason.FIRED:
        assert decide(POLICY, Alarm(), replace(seen, excess=excess + higher, before=before + more))[1] is Reason.FIRED
