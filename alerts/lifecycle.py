"""How an alert lives: which findings move it on, and when silence makes it stale. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from alerts.model import Alert, AlertState, ChangeKind, Finding

#: Watch is silent about an alert that does not grow, and ends it after three such days; longer silence is not its own.
PATIENCE = timedelta(hours=76)


class Step(StrEnum):
    """What a finding does to the alert of its run and id."""

    OPENS = "opens"
    ADVANCES = "advances"
    NOT_NEWER = "not_newer"


class Hearing(StrEnum):
    """Whether watch is still heard of an alert."""

    HEARD = "heard"
    OVERDUE = "overdue"
    MARKED = "marked"
    OVER = "over"


def step(known: int | None, finding: Finding) -> Step:
    """Whether a finding moves its alert on.

    Parameters
    ----------
    known
        The revision that is known; `None` if the alert is not.
    finding
        What arrived; revisions may be missing or come twice, but only a greater one counts.
    """
    if known is None:
        return Step.OPENS
    return Step.ADVANCES if finding.revision > known else Step.NOT_NEWER


def kind_of(finding: Finding) -> ChangeKind:
    """The change that a finding makes; a reason this version does not know is an update, or an end."""
    if finding.held_back:
        return ChangeKind.HELD_BACK
    if finding.state is AlertState.RESOLVED:
        return ChangeKind.RESOLVED
    known = {kind.value: kind for kind in (ChangeKind.FIRED, ChangeKind.ESCALATED)}
    return known.get(finding.reason, ChangeKind.UPDATED)


def hearing(alert: Alert, now: datetime, patience: timedelta = PATIENCE) -> Hearing:
    """Whether an alert must be marked as stale.

    Only `Hearing.OVERDUE` asks for it: it fires, is not marked yet, and its newest change is older than `patience`.
    A stale alert stays firing (watch alone resolves); the next finding of it takes the mark away.
    """
    if alert.state in {AlertState.RESOLVED, AlertState.HELD_BACK}:
        return Hearing.OVER
    if alert.stale:
        return Hearing.MARKED
    return Hearing.OVERDUE if now - alert.at > patience else Hearing.HEARD
