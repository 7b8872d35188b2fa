"""Levels as the interface shows them: forecasts, phases and reasons, with what people read. Pure."""

from typing import Any

import msgspec

from alerts import reasons, words
from alerts.model import Level


def level_body(level: Level) -> dict[str, Any]:
    """An hour: every field of `Level` but its forecasts, and the phase in Vietnamese.

    Examples
    --------
    >>> level_body(Level("19", "2026-11-22T07:00:00.000Z", 60, 9, 4, 3.2, 9.0, 0.2, phase="spreading"))["phase_name"]
    'lan rộng'
    """
    shown = {name: getattr(level, name) for name in level.__struct_fields__ if name != "forecasts"}
    body: dict[str, Any] = msgspec.to_builtins(shown)
    return body | {"phase_name": words.PHASE.get(level.phase, "")}


def forecast_body(level: Level, *, firing: bool) -> dict[str, Any]:
    """What is expected of an organisation from the end of an hour on; `firing` whether an alert goes on.

    Examples
    --------
    >>> level = Level("19", "2026-11-22T07:00:00.000Z", 60, 9, 4, 3.2, 9.0, 0.2, phase="calm")
    >>> forecast_body(level, firing=False)["from"]
    '2026-11-22T08:00:00.000Z'
    """
    return {
        "organisation": level.organisation,
        "from": words.shifted(level.start, minutes=level.minutes),
        "firing": firing,
        "rising": level.rising and not firing,
        "phase": level.phase,
        "phase_name": words.PHASE.get(level.phase, ""),
        "phase_probability": level.phase_probability,
        "hours_to_peak": level.peak_hours,
        "forecasts": [msgspec.to_builtins(one) for one in level.forecasts],
        "summary": _outlook(level),
    }


def why_body(level: Level) -> dict[str, Any]:
    """Why an hour had an alert or none: the level with its ``why``, and the same as a sentence in Vietnamese."""
    return level_body(level) | {"sentence": reasons.sentence(level.why) if level.why is not None else words.NO_TEST}


def _outlook(level: Level) -> str:
    negative = [one for one in level.forecasts if one.series == "negative"]
    parts = [
        words.FORECAST_HOURS.format(
            hours=one.hours, expected=words.quantity(one.expected), low=words.whole(one.low), high=words.whole(one.high)
        )
        for one in negative
    ]
    return words.FORECAST.format(parts="; ".join(parts)) if parts else ""
