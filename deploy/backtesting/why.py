"""Why an organisation was or was not told of at a time: each window looked at, and how far it was from firing."""

from dataclasses import asdict
from datetime import datetime, timedelta

import msgspec

from alerts.words import VIETNAM_TIME, clean
from detectors.alarm import Reason
from detectors.bank import Why


def as_line(organisation: str, name: str, at: datetime, why: Why) -> bytes:
    """All of it as one line of JSON."""
    found = {
        "organisation": organisation,
        "organisation_name": name,
        "at": at,
        "decisive_window_minutes": why.scales[why.decisive].minutes,
        **asdict(why),
    }
    return msgspec.json.encode(_rounded(found), order="sorted")


def _rounded(value: object) -> object:
    """Floats to 6 significant digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return value


def told(name: str, at: datetime, why: Why) -> list[str]:
    """The same for people: what the nearest window had, what it would have needed, and the others in a table."""
    near = why.scales[why.decisive]
    moment, missing = f"{at.astimezone(VIETNAM_TIME):%Y-%m-%d %H:%M}", near.needed - near.observed
    more = f", {missing:,} more" if missing > 0 else ""
    usual = f"{near.observed:,} negatives where {near.expected:.3g} are usual"
    would = "would have made it graver" if why.refusal == Reason.FIRING.value else "would have fired"
    lines = [
        f"{clean(name, 60)} at {moment} (Vietnam): {why.refusal}.",
        f"Nearest was the window of {_length(near.minutes)}: {usual}; {near.needed:,} {would}{more}.",
        f"By chance such a week has probability {why.probability:.3g}; the budget is {why.budget:g} alarms a week.",
        f"Learned from {why.days:.1f} days; counts scatter {why.dispersion:.2g} times as much as at random.",
        f"{'window':>10}{'observed':>10}{'expected':>10}{'needed':>10}{'chance of one test':>20}",
    ]
    for scale in why.scales:
        figures = f"{scale.observed:>10,}{scale.expected:>10.3g}{scale.needed:>10,}{scale.test_probability:>20.2g}"
        lines.append(f"{_length(scale.minutes):>10}{figures}")
    return lines


def _length(minutes: int) -> str:
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.3g} h"


def whole_minute(at: datetime, step: int = 1) -> datetime:
    """End of the minutes that hold a time.

    Examples
    --------
    >>> whole_minute(datetime.fromisoformat("2025-10-07T08:00:30Z")).isoformat()
    '2025-10-07T08:01:00+00:00'
    """
    return at.replace(second=0, microsecond=0) + timedelta(minutes=step)
