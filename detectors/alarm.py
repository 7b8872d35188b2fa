"""When to say so: fire, hold off, escalate, resolve. Pure: (policy, state, evidence) -> state and reason."""

from dataclasses import dataclass, replace
from enum import StrEnum

from detectors.decisions import SEVERITIES, UNREMARKABLE
from detectors.policy import Policy

NEVER = -(1 << 40)
GRAVEST = len(SEVERITIES) - 1


class Reason(StrEnum):
    """Why an alarm did or did not change."""

    FIRED = "fired"
    ESCALATED = "escalated"
    RESOLVED_QUIET = "resolved: quiet"
    RESOLVED_LONGEST = "resolved: lasting shift"
    BELOW = "below the threshold"
    HELD = "held off"
    FIRING = "still firing"
    TOO_FEW = "too few negatives"
    NOT_PERSISTENT = "all in one window"
    WARMING_UP = "still warming up"


@dataclass(frozen=True, slots=True)
class Alarm:
    """State of one series' alarm.

    Attributes
    ----------
    firing
        Whether it has fired and was not resolved.
    since
        Minute of the last firing, escalation or growth.
    height
        Greatest excess at one of them.
    loud
        Last minute at which a window stood out.
    grade
        How grave it has been so far, as a place in `SEVERITIES`; never falls while it fires.
    """

    firing: bool = False
    since: int = NEVER
    height: float = 0.0
    loud: int = NEVER
    grade: int = UNREMARKABLE


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one test saw.

    Attributes
    ----------
    minute
        The minute tested.
    excess
        Of the window that tells most.
    over
        Whether a window is at its gate.
    before
        Mentions of the series in the last hours before the minute tested.
    grade
        How grave it would be.
    """

    minute: int
    excess: float
    over: bool
    before: int
    grade: int = 0


def wanted(policy: Policy, alarm: Alarm, block: int, usual: float, graver: tuple[float, ...]) -> float:
    """Excess at which the alarm is looked at in the block that begins at minute `block`.

    `usual` is the one at which it fires, `graver` are those of the graver severities.
    """
    if alarm.firing:
        grown = alarm.height + policy.growth
        return grown if alarm.grade >= GRAVEST else min(graver[alarm.grade], grown)
    if block - alarm.since < policy.hold_off:
        return max(usual, alarm.height + policy.growth)
    return usual


def test(policy: Policy, alarm: Alarm, seen: Evidence) -> tuple[Alarm, Reason]:
    """Fire or escalate, or say why not.

    An alarm escalates when its evidence is graver than before. Growth without that makes it last longer only.

    Examples
    --------
    >>> alarm, reason = test(Policy(), Alarm(), Evidence(5000, 7.1, over=True, before=4))
    >>> alarm.firing, reason.value
    (True, 'fired')
    """
    if not seen.over:
        return alarm, Reason.BELOW
    if seen.before < policy.least_before:
        return alarm, Reason.NOT_PERSISTENT
    if not alarm.firing:
        return Alarm(True, seen.minute, seen.excess, seen.minute, seen.grade), Reason.FIRED
    if seen.grade <= alarm.grade and seen.excess <= alarm.height + policy.growth:
        return alarm, Reason.FIRING
    height, grade = max(alarm.height, seen.excess), max(alarm.grade, seen.grade)
    reason = Reason.ESCALATED if grade > alarm.grade else Reason.FIRING
    return Alarm(True, seen.minute, height, seen.minute, grade), reason


def settle(policy: Policy, alarm: Alarm, minute: int, *, loud: bool) -> tuple[Alarm, Reason]:
    """Resolve a firing alarm when it has been quiet, or has lasted without growth, for long enough.

    It is `loud` while a window is more surprising than an ordinary day's greatest.

    Examples
    --------
    >>> firing = Alarm(firing=True, since=100, height=8.0, loud=100)
    >>> settle(Policy(), firing, 820, loud=False)[1].value
    'resolved: quiet'
    """
    if not alarm.firing:
        return alarm, Reason.BELOW
    if loud and minute > alarm.loud:
        alarm = replace(alarm, loud=minute)
    if minute - alarm.since >= policy.longest:
        return replace(alarm, firing=False), Reason.RESOLVED_LONGEST
    if minute - alarm.loud >= policy.quiet:
        return replace(alarm, firing=False), Reason.RESOLVED_QUIET
    return alarm, Reason.FIRING
