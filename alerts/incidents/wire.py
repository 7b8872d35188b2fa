"""An incident as the API and the log of changes tell it. Pure."""

from typing import Any

from alerts.incidents import describe
from alerts.incidents.model import Event, Incident
from alerts.model import LIVE

#: Bodies and alerts named in one object; the counts are of all.
_NAMED = 200


def incident_body(incident: Incident) -> dict[str, Any]:
    """An incident as plain data: its fields, and what people read."""
    bodies = list(incident.organisations.items())
    return {
        "id": incident.id,
        "run": incident.run,
        "drill": incident.run != LIVE,
        "state": incident.state.value,
        "severity": incident.severity.value,
        "peak": incident.peak.value,
        "opened_at": incident.opened_at,
        "updated_at": incident.changed_at,
        "quiet_since": incident.quiet_since or None,
        "resolved_at": incident.resolved_at or None,
        "resolved_by": incident.resolved_by or None,
        "reopened": incident.reopened,
        "organisations": [{"code": code, "name": named} for code, named in bodies[:_NAMED]],
        "organisations_total": len(bodies),
        "alerts": sorted(incident.members)[:_NAMED],
        "alerts_total": len(incident.members),
        "firing": incident.firing,
        "words": list(incident.words)[:8],
        "acknowledged_by": incident.acknowledged_by or None,
        "acknowledged_at": incident.acknowledged_at or None,
        "assignee": incident.assignee or None,
        "snoozed_until": incident.snoozed_until or None,
        "verdict": incident.conclusion.value if incident.conclusion is not None else None,
        "verdict_by": incident.concluded_by or None,
        "merged_into": incident.merged_into or None,
        "annotations": {"name": describe.name(incident), "summary": describe.summary(incident)},
    }


def event_body(event: Event) -> dict[str, Any]:
    """What the log of changes keeps of an event: small, since an incident may have many."""
    incident = event.incident
    return {
        "state": incident.state.value,
        "severity": incident.severity.value,
        "peak": incident.peak.value,
        "alerts": len(incident.members),
        "firing": incident.firing,
        "organisations": list(incident.organisations)[:20],
        "name": describe.name(incident),
        **event.detail,
    }
