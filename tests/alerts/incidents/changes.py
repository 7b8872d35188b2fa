"""Alert changes for the tests of this folder."""

from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.incidents.folding import Incidents
from alerts.incidents.model import Incident
from alerts.lifecycle import kind_of
from alerts.model import AlertState, Change, Finding, Representative, canonical
from tests.alerts.examples import changed

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)


def wire(minute: float) -> str:
    """A time some minutes after noon, as findings write it."""
    return f"{NOON + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%S}.000Z"


def alert(number: int, organisation: str, minute: float, *words: str, **fields: Any) -> Finding:
    """A revision of an alert about an organisation, with new words."""
    mentions = fields.pop("mentions_shown", (f"{number}",))
    shown = tuple(Representative(one, "news", "Báo A", wire(minute), 1) for one in mentions)
    first = fields.pop("first", minute)
    return changed(
        id=f"{number:032x}",
        organisation=organisation,
        organisation_name=f"Đơn vị {organisation}",
        fired_at=wire(minute),
        first_fired_at=wire(first),
        words=words,
        representatives=shown,
        **fields,
    )


def ended(number: int, organisation: str, minute: float, *words: str, **fields: Any) -> Finding:
    """The end of an alert."""
    return alert(
        number, organisation, minute, *words, state=AlertState.RESOLVED, reason="resolved", revision=9, **fields
    )


def change(finding: Finding, sequence: int = 1, run: str = "") -> Change:
    """The change of the log that a finding made."""
    return Change(sequence, NOON, "watch", kind_of(finding), run, finding.id, finding.revision, canonical(finding))


def folded(*findings: Finding, parents: dict[str, str] | None = None, into: Incidents | None = None) -> Incidents:
    """The incidents after these alert changes."""
    incidents = into or Incidents({}, {}, parents or {})
    incidents.fold(change(one) for one in findings)
    return incidents


def groups(incidents: Incidents) -> list[list[int]]:
    """Which alerts, by number, are together in an incident that was not merged."""
    living = [one for one in incidents.known.values() if one.state.value != "merged"]
    return sorted(sorted(int(id_, 16) for id_ in one.members) for one in living)


def only(incidents: Incidents) -> Incident:
    """The one incident there is."""
    (incident,) = [one for one in incidents.known.values() if one.state.value != "merged"]
    return incident
