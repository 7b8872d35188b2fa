"""A finding and its text for the tests of this folder."""

from typing import Any

import msgspec

from alerts.model import (
    Alert,
    AlertState,
    Excerpt,
    Finding,
    Representative,
    Series,
    Severity,
    SourceCount,
)
from tests.contracts.store_contract import NOW

FINDING = Finding(
    id="5f" * 16,
    revision=1,
    state=AlertState.FIRING,
    organisation="19",
    organisation_name="Thái Nguyên",
    series=Series.NEGATIVE_COUNT,
    severity=Severity.SERIOUS,
    window_start="2026-11-22T06:30:00.000Z",
    fired_at="2026-11-22T07:05:00.000Z",
    first_fired_at="2026-11-22T07:05:00.000Z",
    observed=1200,
    expected=7.5,
    mentions=2000,
    probability=0.025,
    test_probability=1e-9,
    reason="fired",
    sources=(SourceCount("news", "Báo A", 1300, 800),),
    representatives=(
        Representative("m1", "news", "Báo A", "2026-11-22T06:40:00.000Z", 3),
        Representative("m2", "forum", "", "2026-11-22T06:41:00.000Z", 1),
    ),
    words=("vỡ đê",),
)
EXCERPT = Excerpt("m1", "news", "Báo A", "Dân chờ xuồng cứu hộ", "https://a.example.vn/1", "2026-11-22T06:40:00.000Z")


def changed(**fields: Any) -> Finding:
    """The finding with other values in these fields."""
    return msgspec.structs.replace(FINDING, **fields)


def alert(finding: Finding = FINDING, run: str = "", *, stale: bool = False) -> Alert:
    """The alert of a finding."""
    return Alert(run, finding, 1, NOW, stale)
