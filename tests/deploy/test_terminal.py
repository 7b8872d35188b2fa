"""Alerts on the terminal."""

from datetime import UTC, datetime

import msgspec

from alerts.model import ALERT_KINDS, AlertState, Finding, Series, Severity
from alerts.ports import Found, Place
from alerts.store import AlertStore, open_store
from deploy.terminal import Screen

NOW = datetime(2025, 10, 7, tzinfo=UTC)
FIRED = Finding(
    id="ab" * 16,
    revision=1,
    state=AlertState.FIRING,
    organisation="19",
    organisation_name="Thái Nguyên",
    series=Series.NEGATIVE_COUNT,
    severity=Severity.SERIOUS,
    window_start="2025-10-07T00:45:00.000Z",
    fired_at="2025-10-07T01:00:00.000Z",
    first_fired_at="2025-10-07T01:00:00.000Z",
    observed=53,
    expected=1.5,
    mentions=60,
    probability=0.001,
    test_probability=0.00001,
    reason="fired",
)


def store_with(*findings: Finding, run: str = "demo-1") -> AlertStore:
    store = open_store("memory:")
    store.apply([Found(Place(f"{run}.findings", 0, n), finding) for n, finding in enumerate(findings)], NOW)
    return store


def later(revision: int, reason: str) -> Finding:
    state = AlertState.RESOLVED if reason == "resolved" else AlertState.FIRING
    return msgspec.structs.replace(FIRED, revision=revision, reason=reason, state=state)


def told(store: AlertStore, known: set[tuple[str, str, int]] | None = None) -> list[str]:
    return Screen(store, "http://h:1", "tok", 100).told(store.after(0, 99, kinds=ALERT_KINDS), known or set())


def test_a_first_firing_is_told_in_full_with_the_address_of_its_page() -> None:
    (text,) = told(store_with(FIRED))
    for part in ("Cảnh báo", "Thái Nguyên", "53 lượt nhắc tiêu cực", "Mức bình thường", "1,5"):
        assert part in text
    assert f"http://h:1/alerts/{'ab' * 16}?run=demo-1#token=tok" in text


def test_updates_and_the_end_get_one_line_each() -> None:
    first, update, end = told(store_with(FIRED, later(2, "updated"), later(3, "resolved")))
    assert first.count("\n") > 5
    assert update.count("\n") == end.count("\n") == 0
    assert "đã kết thúc" in end


def test_what_was_told_is_not_told_again() -> None:
    store = store_with(FIRED, later(2, "updated"))
    assert len(told(store, {("demo-1", FIRED.id, 1)})) == 1


def test_what_stands_at_a_start_is_of_the_run_shown_and_the_live_one() -> None:
    store = store_with(FIRED)
    store.apply([Found(Place("findings", 0, 0), msgspec.structs.replace(FIRED, id="cd" * 16))], NOW)
    store.apply([Found(Place("demo-0.findings", 0, 0), msgspec.structs.replace(FIRED, id="ef" * 16))], NOW)
    screen = Screen(store, "http://h:1", "", 100)
    assert {alert.run for alert in screen.standing("demo-1")} == {"demo-1", ""}
    assert "#token" not in screen.link(screen.standing("")[0])
