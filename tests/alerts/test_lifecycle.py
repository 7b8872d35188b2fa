"""How an alert lives."""

from datetime import timedelta

import pytest

from alerts.lifecycle import PATIENCE, Hearing, Step, hearing, kind_of, step
from alerts.model import AlertState, ChangeKind
from tests.alerts.examples import alert, changed
from tests.contracts.store_contract import NOW


@pytest.mark.parametrize(
    ("known", "revision", "expected"),
    [
        (None, 1, Step.OPENS),
        (None, 7, Step.OPENS),
        (1, 2, Step.ADVANCES),
        (1, 9, Step.ADVANCES),
        (2, 2, Step.NOT_NEWER),
        (2, 1, Step.NOT_NEWER),
    ],
)
def test_only_a_greater_revision_moves_an_alert(known: int | None, revision: int, expected: Step) -> None:
    assert step(known, changed(revision=revision)) is expected


@pytest.mark.parametrize(
    ("reason", "state", "kind"),
    [
        ("fired", AlertState.FIRING, ChangeKind.FIRED),
        ("escalated", AlertState.FIRING, ChangeKind.ESCALATED),
        ("updated", AlertState.FIRING, ChangeKind.UPDATED),
        ("resolved", AlertState.RESOLVED, ChangeKind.RESOLVED),
        ("token_created", AlertState.FIRING, ChangeKind.UPDATED),
        ("", AlertState.RESOLVED, ChangeKind.RESOLVED),
    ],
)
def test_a_finding_names_its_change_and_no_other_kind(reason: str, state: AlertState, kind: ChangeKind) -> None:
    assert kind_of(changed(reason=reason, state=state)) is kind


def test_only_a_firing_alert_not_heard_of_for_long_is_overdue() -> None:
    ended = alert(changed(state=AlertState.RESOLVED))
    late = NOW + PATIENCE + timedelta(seconds=1)
    assert hearing(alert(), NOW + PATIENCE) is Hearing.HEARD
    assert hearing(alert(), late) is Hearing.OVERDUE
    assert hearing(alert(stale=True), late) is Hearing.MARKED
    assert hearing(ended, late) is Hearing.OVER
