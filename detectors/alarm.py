"""When to say so: fire, hold off, escalate, resolve. Pure: (policy, state, evidence) -> state and reason."""

from dataclasses import dataclass, replace
from enum import StrEnum

from detectors.policy import Policy
from detectors.windows import SEVERITIES, UNREMARKABLE

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
    UNREMARKABLE = "no window stands out by itself"


@dataclass(frozen=True, slots=True)
class Alarm:
    """State of one series' alarm.

    Attributes
    ----------
    firing
        Whether it has fired and was not resolved.
    since
        Minute of the last firing or escalation.
    height
        Greatest logarithmic deviation at a firing or escalation.
    loud
        Last minute at which the deviation was not quiet.
    grade
        How grave it has been so far, as `windows.SEVERITIES` counts; never falls while it fires.
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
    minute, block
        The minute tested and the first one of its block; the hold-off ends with a block.
    height, threshold
        Logarithmic deviations: this one, and the one above which an alarm may fire.
    observed, before
        Negatives of the last hours, and those of them before the minute tested.
    grade
        Of the most telling window: how far its count stands out by itself.
    """

    minute: int
    block: int
    height: float
    threshold: float
    observed: int
    before: int
    grade: int = 0


def gate(policy: Policy, alarm: Alarm, minute: int, threshold: float) -> float:
    """Logarithmic deviation above which the alarm might change by firing or escalating at `minute`."""
    if alarm.firing:
        return threshold if alarm.grade < GRAVEST else max(threshold, alarm.height + policy.growth)
    if minute - alarm.since < policy.hold_off:
        return max(threshold, alarm.height + policy.growth)
    return threshold


def test(policy: Policy, alarm: Alarm, seen: Evidence) -> tuple[Alarm, Reason]:
    """Fire or escalate, or say why not.

    An alarm escalates when its evidence is graver than before. Growth without that makes it last longer only.

    Examples
    --------
    >>> alarm, reason = test(Policy(), Alarm(), Evidence(5000, 4995, 3.1, 2.4, observed=9, before=4))
    >>> alarm.firing, reason.value
    (True, 'fired')
    """
    refused = _refusal(policy, alarm, seen)
    if refused is not None:
        return alarm, refused
    if not alarm.firing:
        return Alarm(True, seen.minute, seen.height, seen.minute, seen.grade), Reason.FIRED
    if seen.grade <= alarm.grade and seen.height <= alarm.height + policy.growth:
        return alarm, Reason.FIRING
    height, grade = max(alarm.height, seen.height), max(alarm.grade, seen.grade)
    reason = Reason.ESCALATED if grade > alarm.grade else Reason.FIRING
    return Alarm(True, seen.minute, height, seen.minute, grade), reason


def _refusal(policy: Policy, alarm: Alarm, seen: Evidence) -> Reason | None:
    if seen.height <= seen.threshold:
        return Reason.BELOW
    if seen.height <= gate(policy, alarm, seen.block, seen.threshold):
        return Reason.FIRING if alarm.firing else Reason.HELD
    if seen.observed < policy.least_negative:
        return Reason.TOO_FEW
    if seen.before < policy.least_before:
        return Reason.NOT_PERSISTENT
    return Reason.UNREMARKABLE if seen.grade == UNREMARKABLE else None


def settle(policy: Policy, alarm: Alarm, minute: int, *, loud: bool, lingers: bool = False) -> tuple[Alarm, Reason]:
    """Resolve a firing alarm when it has been quiet, or has lasted without growth, for long enough.

    It is `loud` while the deviation is greater than an ordinary day's greatest, and `lingers` while the last hours'
    count still stands out; it resolves when neither holds.

    Examples
    --------
    >>> firing = Alarm(firing=True, since=100, height=3.0, loud=100)
    >>> settle(Policy(), firing, 820, loud=False)[1].value
    'resolved: quiet'
    """
    if not alarm.firing:
        return alarm, Reason.BELOW
    if loud and minute > alarm.loud:
        alarm = replace(alarm, loud=minute)
    if minute - alarm.since >= policy.longest:
        return replace(alarm, firing=False), Reason.RESOLVED_LONGEST
    if minute - alarm.loud >= policy.quiet and not lingers:
        return replace(alarm, firing=False), Reason.RESOLVED_QUIET
    return alarm, Reason.FIRING
