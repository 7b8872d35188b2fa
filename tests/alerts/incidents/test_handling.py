"""What people do with an incident, and what they cannot."""

from datetime import timedelta

import pytest

from alerts.errors import IncidentRefusedError
from alerts.incidents.folding import Incidents, events_of
from alerts.incidents.handling import (
    Acknowledge,
    Act,
    Assign,
    Conclude,
    Merge,
    Note,
    Refusal,
    Rename,
    Reopen,
    Resolve,
    Snooze,
    Split,
    handle,
)
from alerts.incidents.model import Conclusion, IncidentState
from tests.alerts.incidents.changes import NOON, alert, ended, folded, groups, only, wire

HOUR = timedelta(hours=1)


@pytest.fixture
def incidents() -> Incidents:
    """One incident of three alerts about two organisations."""
    known = folded(alert(1, "19", 0), alert(2, "19", 1), alert(3, "BYT", 2, mentions_shown=("1",)))
    known.events.clear()
    return known


def id_of(incidents: Incidents) -> str:
    return only(incidents).id


def test_it_is_acknowledged_assigned_snoozed_named_and_judged(incidents: Incidents) -> None:
    acts: list[Act] = [
        Acknowledge(),
        Assign("phòng báo chí"),
        Snooze(NOON + HOUR),
        Rename("Lũ ở Thái Nguyên"),
        Conclude(Conclusion.TRUE, "đã xác minh"),
        Note("đã gọi cho xã"),
    ]
    for act in acts:
        handle(incidents, id_of(incidents), act, "officer", NOON)
    incident = only(incidents)
    assert (incident.acknowledged_by, incident.acknowledged_at) == ("officer", wire(0))
    assert (incident.assignee, incident.snoozed_until, incident.name) == ("phòng báo chí", wire(60), "Lũ ở Thái Nguyên")
    assert (incident.conclusion, incident.concluded_by) == (Conclusion.TRUE, "officer")
    assert all(event.detail["by"] == "officer" for event in events_of(incidents))
    assert len(events_of(incidents)) == len(acts)


def test_acknowledging_ends_a_snooze(incidents: Incidents) -> None:
    handle(incidents, id_of(incidents), Snooze(NOON + HOUR), "a", NOON)
    assert handle(incidents, id_of(incidents), Acknowledge(), "b", NOON).snoozed_until == ""


def test_it_is_resolved_and_opened_again_by_hand(incidents: Incidents) -> None:
    assert handle(incidents, id_of(incidents), Resolve("xong"), "a", NOON).state is IncidentState.RESOLVED
    assert handle(incidents, id_of(incidents), Reopen(), "a", NOON).state is IncidentState.OPEN


def test_what_is_opened_again_by_hand_is_not_over_at_once(incidents: Incidents) -> None:
    folded(*(ended(n, org, 10) for n, org in ((1, "19"), (2, "19"), (3, "BYT"))), into=incidents)
    incidents.settle(NOON + HOUR)
    assert only(incidents).state is IncidentState.RESOLVED
    handle(incidents, id_of(incidents), Reopen(), "a", NOON + 2 * HOUR)
    incidents.settle(NOON + 2 * HOUR + timedelta(minutes=1))
    assert only(incidents).state is IncidentState.OPEN


def test_two_are_merged_by_hand_and_stay_so(incidents: Incidents) -> None:
    folded(alert(9, "01", 3), into=incidents)
    first, second = sorted(incidents.known.values(), key=lambda one: one.opened_at)
    merged = handle(incidents, second.id, Merge(first.id), "a", NOON)
    assert merged.id == first.id
    assert groups(incidents) == [[1, 2, 3, 9]]
    folded(alert(9, "01", 30, revision=2, first=3), into=incidents)
    assert groups(incidents) == [[1, 2, 3, 9]]


def test_some_alerts_are_split_off_and_are_not_put_back(incidents: Incidents) -> None:
    new = handle(incidents, id_of(incidents), Split((f"{3:032x}",)), "a", NOON)
    assert groups(incidents) == [[1, 2], [3]]
    folded(alert(3, "BYT", 20, revision=2, first=2, mentions_shown=("1",)), into=incidents)
    folded(alert(4, "BCA", 21, mentions_shown=("1",)), into=incidents)
    assert [3] in groups(incidents) or [3, 4] in groups(incidents)
    assert incidents.known[new.id].state is IncidentState.OPEN


def test_splitting_off_the_first_alert_makes_an_id_of_its_own(incidents: Incidents) -> None:
    before = id_of(incidents)
    assert handle(incidents, before, Split((f"{1:032x}",)), "a", NOON).id != before
    assert groups(incidents) == [[1], [2, 3]]


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (Snooze(NOON), Refusal.PAST),
        (Reopen(), Refusal.OPEN),
        (Merge("f" * 32), Refusal.OTHER_RUN),
        (Split(()), Refusal.UNKNOWN_ALERTS),
        (Split(("f" * 32,)), Refusal.UNKNOWN_ALERTS),
        (Split(tuple(f"{n:032x}" for n in (1, 2, 3))), Refusal.ALL_ALERTS),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(incidents: Incidents, act: Act, reason: Refusal) -> None:
    before = dict(incidents.known)
    with pytest.raises(IncidentRefusedError) as refused:
        handle(incidents, id_of(incidents), act, "a", NOON)
    assert (refused.value.reason, incidents.known, incidents.events) == (reason, before, {})


def test_it_cannot_be_merged_into_itself_or_resolved_twice(incidents: Incidents) -> None:
    with pytest.raises(IncidentRefusedError, match="itself"):
        handle(incidents, id_of(incidents), Merge(id_of(incidents)), "a", NOON)
    handle(incidents, id_of(incidents), Resolve(), "a", NOON)
    with pytest.raises(IncidentRefusedError, match="over already"):
        handle(incidents, id_of(incidents), Resolve(), "a", NOON)


def test_a_merged_one_says_where_it_went(incidents: Incidents) -> None:
    folded(alert(9, "01", 3), into=incidents)
    first, second = sorted(incidents.known.values(), key=lambda one: one.opened_at)
    handle(incidents, second.id, Merge(first.id), "a", NOON)
    for act in (Acknowledge(), Merge(first.id)):
        with pytest.raises(IncidentRefusedError, match=first.id):
            handle(incidents, second.id, act, "a", NOON)
    with pytest.raises(IncidentRefusedError, match="name it instead"):
        handle(incidents, first.id, Merge(second.id), "a", NOON)
