"""When to say so: fire, hold off, escalate, resolve. Pure: (policy, state, evidence) -> state and reason."""

from dataclasses import dataclass, replace
from enum import StrEnum

from detectors.policy import Policy

NEVER = -(1 << 40)


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
        Logarithmic deviation of it.
    loud
        Last minute at which the deviation was not quiet.
    """

    firing: bool = False
    since: int = NEVER
    height: float = 0.0
    loud: int = NEVER


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
    """

    minute: int
    block: int
    height: float
    threshold: float
    observed: int
    before: int


def gate(policy: Policy, alarm: Alarm, minute: int, threshold: float) -> float:
    """Logarithmic deviation above which the alarm would change by firing or escalating at `minute`."""
    if alarm.firing or minute - alarm.since < policy.hold_off:
        return max(threshold, alarm.height + policy.growth)
    return threshold


def test(policy: Policy, alarm: Alarm, seen: Evidence) -> tuple[Alarm, Reason]:
    """Fire or escalate, or say why not.

    Examples
    --------
    >>> alarm, reason = test(Policy(), Alarm(), Evidence(5000, 4995, 3.1, 2.4, observed=9, before=4))
    >>> alarm.firing, reason.value
    (True, 'fired')
    """
    if seen.height <= seen.threshold:
        return alarm, Reason.BELOW
    if seen.height <= gate(policy, alarm, seen.block, seen.threshold):
        return alarm, Reason.FIRING if alarm.firing else Reason.HELD
    if seen.observed < policy.least_negative:
        return alarm, Reason.TOO_FEW
    if seen.before < policy.least_before:
        return alarm, Reason.NOT_PERSISTENT
    reason = Reason.ESCALATED if alarm.firing else Reason.FIRED
    return Alarm(firing=True, since=seen.minute, height=seen.height, loud=seen.minute), reason


def settle(policy: Policy, alarm: Alarm, minute: int, height: float, quiet_below: float) -> tuple[Alarm, Reason]:
    """Resolve a firing alarm when it has been quiet, or has lasted without growth, for long enough.

    Examples
    --------
    >>> firing = Alarm(firing=True, since=100, height=3.0, loud=100)
    >>> settle(Policy(), firing, 460, 0.2, 1.0)[1].value
    'resolved: quiet'
    """
    if not alarm.firing:
        return alarm, Reason.BELOW
    if height > quiet_below and minute > alarm.loud:
        alarm = replace(alarm, loud=minute)
    if minute - alarm.since >= policy.longest:
        return replace(alarm, firing=False), Reason.RESOLVED_LONGEST
    if minute - alarm.loud >= policy.quiet:
        return replace(alarm, firing=False), Reason.RESOLVED_QUIET
    return alarm, Reason.FIRING
