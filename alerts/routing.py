"""Which receivers an alert goes to. Pure."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.model import LIVE, Finding, Series, Severity
from alerts.receiving import Receiver

#: Mildest to gravest.
ORDER = tuple(Severity)

#: The age for `AlertStore.apply` beyond which a live finding is no news; deliveries are given up at the same age.
OLDEST = timedelta(days=5)


class Match(StrEnum):
    """Why a receiver gets an alert's revision, or does not."""

    FITS = "fits"
    DISABLED = "disabled"
    OTHER_RUN = "other_run"
    OTHER_ORGANISATION = "other_organisation"
    OTHER_SEVERITY = "other_severity"
    TOO_MILD = "too_mild"
    HELD_BACK = "held_back"


def match(receiver: Receiver, run: str, finding: Finding) -> Match:
    """Whether a receiver wants this finding of this run."""
    if not receiver.enabled or receiver.disabled:
        return Match.DISABLED
    if finding.held_back:
        return Match.HELD_BACK
    if not wants_run(receiver, run):
        return Match.OTHER_RUN
    if not _is_of(receiver, finding):
        return Match.OTHER_ORGANISATION
    return _grave(receiver, finding)


def _is_of(receiver: Receiver, finding: Finding) -> bool:
    """Whether it is of an organisation the receiver asks for; of feeds only operators hear: those who name them."""
    if finding.series is Series.FEED_SILENCE or receiver.organisations:
        return finding.organisation in receiver.organisations
    return True


def _grave(receiver: Receiver, finding: Finding) -> Match:
    if receiver.severities and finding.severity not in receiver.severities:
        return Match.OTHER_SEVERITY
    if ORDER.index(finding.severity) < ORDER.index(receiver.min_severity):
        return Match.TOO_MILD
    return Match.FITS


def wants_run(receiver: Receiver, run: str) -> bool:
    """Whether a receiver wants alerts of this run at all.

    Examples
    --------
    >>> office = Receiver("office", "https://example.org/hook")
    >>> wants_run(office, ""), wants_run(office, "demo-1")
    (True, False)
    >>> trainer = Receiver("trainer", "https://example.org/hook", runs=("demo*",))
    >>> wants_run(trainer, ""), wants_run(trainer, "demo-1")
    (False, True)
    """
    if receiver.runs is None:
        return run == LIVE or receiver.drills
    return any(run.startswith(name[:-1]) if name.endswith("*") else run == name for name in receiver.runs)


def is_news(run: str, finding: Finding, now: datetime, oldest: timedelta) -> bool:
    """Whether a finding fired recently enough to be sent; other runs than the live one have times of their own."""
    try:
        return run != LIVE or now - datetime.fromisoformat(finding.fired_at) <= oldest
    except (ValueError, TypeError):  # no time, or none with a zone: better sent than lost
        return True


def stays_told(found: Match) -> bool:
    """Whether who was told of an alert is told of its end as well, though the end itself does not fit."""
    return found in {Match.OTHER_SEVERITY, Match.TOO_MILD, Match.FITS}


def delivery_id(receiver: str, run: str, alert_id: str, revision: int) -> str:
    """The webhook id of one revision for one receiver: the same however often it is sent or computed.

    Examples
    --------
    >>> delivery_id("office", "", "0" * 32, 1) == delivery_id("office", "", "0" * 32, 1)
    True
    >>> len(delivery_id("office", "", "0" * 32, 2))
    36
    """
    parts = ("delivery/1", receiver, run, alert_id, str(revision))
    return "msg_" + hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


def run_of(topic: str) -> str:
    """The run a topic belongs to, from its name.

    Examples
    --------
    >>> run_of("findings"), run_of("demo-1.findings"), run_of("demo-1.excerpts")
    ('', 'demo-1', 'demo-1')
    """
    return topic.rpartition(".")[0]
