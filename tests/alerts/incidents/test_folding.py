"""How an incident lives."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incidents.folding import Incidents, events_of
from alerts.incidents.model import IncidentState
from alerts.model import ChangeKind, Finding, Severity
from tests.alerts.incidents.changes import NOON, alert, change, ended, folded, only, wire

MINUTE = timedelta(minutes=1)


def kinds(incidents: Incidents) -> list[ChangeKind]:
    return [event.kind for event in events_of(incidents)]


def test_an_opening_is_told_once_with_all_that_came_at_once() -> None:
    incidents = folded(alert(1, "19", 0), alert(2, "19", 0), alert(3, "19", 0))
    (event,) = events_of(incidents)
    assert (event.kind, len(event.incident.members)) == (ChangeKind.INCIDENT_OPENED, 3)


def test_a_graver_alert_escalates_its_incident() -> None:
    incidents = folded(alert(1, "19", 0, severity=Severity.NOTICE))
    incidents.events.clear()
    folded(alert(2, "19", 5, severity=Severity.CRITICAL), into=incidents)
    assert ChangeKind.INCIDENT_ESCALATED in kinds(incidents)
    assert only(incidents).peak is Severity.CRITICAL


def test_it_is_over_when_none_of_its_alerts_has_fired_for_half_an_hour() -> None:
    incidents = folded(alert(1, "19", 0), alert(2, "19", 1), ended(1, "19", 60))
    assert only(incidents).quiet_since == ""
    folded(ended(2, "19", 90), into=incidents)
    incidents.settle(NOON + 119 * MINUTE)
    assert only(incidents).state is IncidentState.OPEN
    incidents.settle(NOON + 120 * MINUTE)
    assert (only(incidents).state, only(incidents).resolved_at) == (IncidentState.RESOLVED, wire(120))


def test_what_flaps_takes_longer_to_be_over_each_time() -> None:
    incidents, minute, waits = Incidents({}, {}), 0.0, []
    for number in range(1, 8):
        folded(alert(number, "19", minute), ended(number, "19", minute + 1), into=incidents)
        while only(incidents).state is IncidentState.OPEN:
            minute += 1
            incidents.settle(NOON + minute * MINUTE)
        waits.append(minute)
    lengths = [later - earlier for earlier, later in pairwise(waits)]
    assert lengths == sorted(lengths)
    assert lengths[-1] >= 7 * lengths[0]


def test_the_end_of_an_alert_nobody_knew_opens_nothing() -> None:
    assert folded(ended(1, "19", 0)).known == {}


@pytest.mark.parametrize("new", [True, False])
def test_what_a_person_ended_begins_again_with_something_new_only(new: bool) -> None:  # noqa: FBT001 - a parameter
    from alerts.incidents.handling import Resolve, handle

    incidents = folded(alert(1, "19", 0))
    handle(incidents, only(incidents).id, Resolve(), "officer", NOON)
    again = alert(2, "19", 10) if new else alert(1, "19", 10, revision=2, first=0)
    folded(again, into=incidents)
    assert only(incidents).state is (IncidentState.OPEN if new else IncidentState.RESOLVED)


def test_what_is_remembered_is_bounded() -> None:
    incidents = Incidents({}, {})
    for number in range(1, 200):
        many = tuple(f"w{number}-{k}" for k in range(8))
        folded(alert(number, "19", number, *many, mentions_shown=many), into=incidents)
    incident = only(incidents)
    assert (len(incident.words), len(incident.mentions)) == (96, 512)


_alerts = st.builds(
    lambda number, organisation, minute, word, over: (ended if over else alert)(
        number, organisation, minute, f"w{word}", f"v{word}", mentions_shown=(f"m{word % 3}",) if word % 2 else ()
    ),
    st.integers(1, 8),
    st.sampled_from(["19", "01", "BYT"]),
    st.integers(0, 3000),
    st.integers(0, 5),
    st.booleans(),
)


@given(st.lists(_alerts, max_size=20), st.lists(st.integers(0, 20), max_size=4))
def test_however_the_log_is_cut_the_incidents_are_the_same(findings: list[Finding], cuts: list[int]) -> None:
    findings = sorted(findings, key=lambda one: one.fired_at)
    whole = folded(*findings)
    pieces = Incidents({}, {})
    places = sorted({0, *cuts, len(findings)})
    for start, end in pairwise(places):
        pieces = Incidents(dict(pieces.known), dict(pieces.home))
        pieces.fold(change(one) for one in findings[start:end])
    assert pieces.known == whole.known
    assert pieces.home == whole.home


@given(st.lists(_alerts, max_size=20))
def test_every_alert_that_fired_is_in_exactly_one_living_incident(findings: list[Finding]) -> None:
    findings = sorted(findings, key=lambda one: one.fired_at)
    incidents = folded(*findings)
    fired = {one.id for one in findings if one.state.value == "firing"}
    living = [one for one in incidents.known.values() if one.state is not IncidentState.MERGED]
    for id_ in fired:
        assert [id_ in one.members for one in living].count(True) == 1
        assert id_ in incidents.known[incidents.home[id_]].members
