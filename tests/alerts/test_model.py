"""Changes and the alerts they carry."""

import pytest

from alerts.model import FINDING_KINDS, Change, ChangeKind, canonical
from tests.alerts.examples import FINDING, changed
from tests.contracts.store_contract import NOW


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_only_changes_of_alerts_carry_one(kind: ChangeKind) -> None:
    change = Change(7, NOW, "watch", kind, "demo", FINDING.id, 2, canonical(changed(revision=2)))
    alert = change.alert()
    assert (alert is not None) == (kind in FINDING_KINDS)
    if alert is not None:
        assert (alert.id, alert.run, alert.revision, alert.sequence) == (FINDING.id, "demo", 2, 7)
        assert alert.stale == (kind is ChangeKind.STALE)
