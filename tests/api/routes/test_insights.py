"""What is held back is seen with its reason, and is no alert."""

from pathlib import Path

from alerts.model import AlertState
from tests.api.stand import make_finding, running, until

HELD = make_finding(7, state=AlertState.HELD_BACK, reason="held_back", held_back="collector_surge")


async def test_what_is_held_back_is_listed_with_its_reason_and_not_among_the_alerts(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        await stand.fire(HELD)
        await until(lambda: stand.store.latest() >= 1)
        (shown,) = (await stand.http.get("/v1/held-back")).json()["held_back"]
        assert (shown["id"], shown["held_back"]) == (HELD.id, "collector_surge")
        assert shown["held_because"] == "mọi nguồn tin cùng tăng một lúc, có thể do khâu thu thập"
        assert shown["annotations"]["title"].startswith("Tạm giữ, chưa phát cảnh báo – Tỉnh Thái Nguyên")
        assert (await stand.http.get("/v1/alerts")).json()["alerts"] == []
        assert (await stand.http.get("/v1/incidents")).json()["incidents"] == []
        assert (await stand.http.get("/v1/held-back?organisation=01")).json()["held_back"] == []
        assert (await stand.http.get(f"/v1/alerts/{HELD.id}")).json()["alert"]["held_back"] == "collector_surge"
        assert 'canhbao_alerts_applied_total{kind="held_back"} 1.0' in (await stand.http.get("/metrics")).text


async def test_a_reader_needs_a_token_and_an_organisation_of_sensible_length(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        assert (await stand.http.get(f"/v1/held-back?organisation={'a' * 99}")).status_code == 422
