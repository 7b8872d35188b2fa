"""An alert as a backtest tells it: the same few facts, whether it was found in mentions or in counts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from alerts.model import Finding, canonical
from detectors.evaluate import CountAlert
from streams.watching.findings import alert_id
from streams.watching.times import instant


@dataclass(frozen=True, slots=True)
class Told:
    """One change of an alert.

    Attributes
    ----------
    organisation, name
        Its code, and what it is called.
    fired_at
        The tick at which it could be sent.
    observed, expected
        Negatives, and those that are usual.
    probability
        Of one such in a week by chance.
    reason
        `fired`, or the change that it is.
    line
        All of it, as it is printed.
    """

    organisation: str
    name: str
    fired_at: datetime
    severity: str
    observed: int
    expected: float
    probability: float
    reason: str
    line: bytes

    def with_fields(self, **more: Any) -> bytes:
        """The line with more fields."""
        return msgspec.json.encode(msgspec.json.decode(self.line) | more, order="sorted")


def of_finding(finding: Finding) -> Told:
    """As it stands on the topic `findings`."""
    return Told(
        organisation=finding.organisation,
        name=finding.organisation_name,
        fired_at=datetime.fromisoformat(finding.fired_at),
        severity=str(finding.severity),
        observed=finding.observed,
        expected=finding.expected,
        probability=finding.probability,
        reason=str(finding.reason),
        line=canonical(finding),
    )


def of_counts(alert: CountAlert) -> Told:
    """An alert of a counts file: its window is the last one tested, as the file writes it."""
    made = alert.decision
    at = round(alert.fired_at.timestamp() * 1000)
    line = {
        "id": alert_id(alert.organisation, made.series, at),
        "organisation": alert.organisation,
        "organisation_name": alert.organisation,
        "series": made.series,
        "window_start": alert.window_start,
        "fired_at": instant(at),
        "severity": made.severity,
        "observed": alert.observed,
        "mentions": alert.mentions,
        "expected": float(f"{alert.expected:.6g}"),
        "probability": float(f"{made.probability:.6g}"),
        "test_probability": float(f"{made.test_probability:.6g}"),
        "reason": made.kind.value,
        "window_seconds": timedelta(minutes=made.window).total_seconds(),
    }
    return Told(
        organisation=alert.organisation,
        name=alert.organisation,
        fired_at=alert.fired_at,
        severity=made.severity,
        observed=alert.observed,
        expected=alert.expected,
        probability=made.probability,
        reason=made.kind.value,
        line=msgspec.json.encode(line),
    )
