"""What is held back is seen with its reason, and is no alert."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from alerts.model import AlertState, Forecast, Level
from tests.api.stand import HandLevels, Stand, make_finding, running, until

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


def hour(organisation: str, back: int, **changed: object) -> Level:
    """An hour of an organisation, so many hours ago."""
    begun = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=back)
    start = f"{begun:%Y-%m-%dT%H:%M}:00.000Z"
    forecasts = (Forecast("negative", 6, 12.3, 3.0, 30.0), Forecast("positive", 6, 5.0, 1.0, 9.0))
    basis = Level(organisation, start, 60, 40, 12, 3.2, 9.0, 0.02, 6, forecasts, "breaking_out", 0.8, 2.5)
    return msgspec.structs.replace(basis, **changed)


async def told(stand: Stand, source: HandLevels, *levels: Level) -> None:
    """Hand hours over and wait until the store has them."""
    source.give(*levels)
    await until(lambda: stand.store.places().get(("levels", 0), -1) >= len(levels) - 1)


async def test_forecasts_tell_what_comes_in_which_phase_and_what_rises_without_being_an_alarm(tmp_path: Path) -> None:
    source = HandLevels()
    async with running(tmp_path, levels=source) as stand:
        await told(stand, source, hour("01", 2), hour("01", 1), hour("19", 1, rising=True), hour("22", 1, rising=True))
        await stand.fire(make_finding(organisation="22"))
        shown = (await stand.http.get("/v1/forecasts")).json()["forecasts"]
        assert [one["organisation"] for one in shown] == ["01", "19", "22"]
        assert shown[1]["phase_name"] == "bùng phát"
        assert shown[1]["hours_to_peak"] == 2.5
        assert shown[1]["summary"] == ("Dự báo lượt nhắc tiêu cực: 6 giờ tới khoảng 12 (khoảng tin cậy 90 %: 3–30).")
        assert shown[1]["forecasts"][1] == {"series": "positive", "hours": 6, "expected": 5.0, "low": 1.0, "high": 9.0}
        rising = (await stand.http.get("/v1/forecasts?rising=true")).json()["forecasts"]
        assert [one["organisation"] for one in rising] == ["19"]
        assert (await stand.http.get("/v1/forecasts?organisation=77")).json() == {"forecasts": []}


async def test_hours_are_listed_and_explained_and_near_misses_come_nearest_first(tmp_path: Path) -> None:
    source = HandLevels()
    async with running(tmp_path, levels=source) as stand:
        hours = [hour("19", back, near=near) for back, near in ((3, 0.4), (2, 0.9), (1, 0.01))]
        await told(stand, source, *hours)
        listed = (await stand.http.get("/v1/organisations/19/levels?limit=2")).json()["levels"]
        assert [one["start"] for one in listed] == [one.start for one in hours[1:]]
        why = await stand.http.get("/v1/organisations/19/why", params={"at": hours[1].start})
        assert why.json()["start"] == hours[1].start
        assert why.json()["sentence"] == "Trong giờ này không có lượt nhắc tiêu cực nào."
        missed = (await stand.http.get("/v1/near-misses")).json()["near_misses"]
        assert [one["near"] for one in missed] == [0.9, 0.4]
        none = await stand.http.get("/v1/organisations/19/why", params={"at": "2020-01-01T00:00:00Z"})
        assert none.status_code == 404
        for wrong in ("yesterday", "2026-11-22T07:00:00", "9999-12-31T23:59:59.999999Z"):
            assert (await stand.http.get("/v1/organisations/19/why", params={"at": wrong})).status_code == 422
