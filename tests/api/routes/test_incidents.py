"""Incidents over HTTP: listed, handled, told live; and what callers may not do."""

from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from alerts.receiving import Scope
from tests.api.stand import Reader, Stand, make_finding, running, until


async def grouped(stand: Stand, count: int = 1) -> list[dict[str, Any]]:
    """The incidents, once there are so many."""
    found: list[dict[str, Any]] = []

    async def ready() -> bool:
        found[:] = (await stand.http.get("/v1/incidents")).json()["incidents"]
        return len(found) == count

    async def wait() -> None:
        for _ in range(200):
            if await ready():
                return
            await until(lambda: True)

    await wait()
    assert len(found) == count
    return found


async def test_alerts_become_an_incident_that_is_listed_and_shown(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        assert (await stand.http.get("/v1/incidents")).json() == {"incidents": [], "next": None}
        await stand.fire(make_finding(1), make_finding(2))
        (incident,) = await grouped(stand)
        assert (incident["alerts_total"], incident["state"], incident["firing"]) == (2, "open", 2)
        assert incident["annotations"]["name"].startswith("Tỉnh Thái Nguyên: ")
        shown = (await stand.http.get(f"/v1/incidents/{incident['id']}")).json()
        assert {one["id"] for one in shown["alerts"]} == set(incident["alerts"])
        assert shown["timeline"][0]["change"] == "incident_opened"
        assert 'canhbao_incident_changes_total{kind="incident_opened"} 1.0' in (await stand.http.get("/metrics")).text


async def test_an_officer_handles_an_incident_and_everybody_is_told(tmp_path: Path) -> None:
    async with running(tmp_path) as stand, aiohttp.ClientSession() as session:
        await stand.fire(make_finding(1))
        (incident,) = await grouped(stand)
        reader = Reader(stand, session)
        await reader.connect()
        path = f"/v1/incidents/{incident['id']}"
        for step, body in (
            ("acknowledge", None),
            ("assign", {"to": "phòng báo chí"}),
            ("snooze", {"until": "2099-01-01T00:00:00+07:00"}),
            ("notes", {"text": "đã gọi"}),
            ("name", {"name": "Lũ"}),
            ("verdict", {"verdict": "true", "reason": "đã xác minh"}),
            ("resolve", {"reason": "xong"}),
            ("reopen", {}),
        ):
            answer = await stand.http.post(f"{path}/{step}", json=body)
            assert answer.status_code == 200, answer.text
        now = answer.json()["incident"]
        assert (now["assignee"], now["verdict"], now["state"]) == ("phòng báo chí", "true", "open")
        assert now["annotations"]["name"] == "Lũ"
        timeline = (await stand.http.get(path)).json()["timeline"]
        assert [one["change"] for one in timeline][-3:] == [
            "incident_concluded",
            "incident_resolved",
            "incident_reopened",
        ]
        assert timeline[-1]["actor"] == now["acknowledged_by"]
        event = await reader.next(incidents=True)
        assert event is not None
        assert (event.kind, event.data["incident"], event.data["change"]) == (
            "incident",
            incident["id"],
            "incident_acknowledged",
        )


async def test_incidents_are_merged_and_split(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        other = make_finding(2, organisation="01", words=("x",), representatives=())
        await stand.fire(make_finding(1), other)
        newer, older = await grouped(stand, 2)
        merged = await stand.http.post(f"/v1/incidents/{newer['id']}/merge", json={"into": older["id"]})
        assert merged.json()["incident"]["alerts_total"] == 2
        (incident,) = await grouped(stand)
        split = await stand.http.post(f"/v1/incidents/{incident['id']}/split", json={"alerts": incident["alerts"][:1]})
        assert split.json()["incident"]["alerts_total"] == 1
        await grouped(stand, 2)
        gone = (await stand.http.get("/v1/incidents", params={"state": "merged"})).json()["incidents"]
        assert [one["merged_into"] for one in gone] == [older["id"]]


async def test_a_list_is_read_page_by_page(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        await stand.fire(
            *(make_finding(n, organisation=f"{n}", words=(f"x{n}",), representatives=()) for n in range(1, 8))
        )
        whole = [one["id"] for one in await grouped(stand, 7)]
        pages, following = [], None
        for _ in range(4):
            query = {"limit": 2} | ({"before": following} if following else {})
            page = (await stand.http.get("/v1/incidents", params=query)).json()
            pages += [one["id"] for one in page["incidents"]]
            following = page["next"]
        assert (pages, following) == (whole, None)
        some = (await stand.http.get("/v1/incidents", params={"organisation": "3"})).json()["incidents"]
        assert [one["organisations"][0]["code"] for one in some] == ["3"]


@pytest.mark.parametrize(
    ("path", "body", "status", "slug"),
    [
        ("/{id}/resolve", {"reason": "x" * 4001}, 422, "invalid"),
        ("/{id}/snooze", {"until": "2020-01-01T00:00:00Z"}, 409, "incident-refused"),
        ("/{id}/snooze", {"until": "2099-01-01T00:00:00"}, 422, "invalid"),
        ("/{id}/reopen", {}, 409, "incident-refused"),
        ("/{id}/merge", {"into": "f" * 32}, 409, "incident-refused"),
        ("/{id}/split", {"alerts": []}, 422, "invalid"),
        ("/{id}/verdict", {"verdict": "maybe"}, 422, "invalid"),
        ("/{id}/notes", {"text": "a", "unknown": 1}, 422, "invalid"),
        ("/" + "f" * 32 + "/acknowledge", None, 404, "unknown-incident"),
        ("/../../x/acknowledge", None, 404, "not-found"),
        ("/nothing/acknowledge", None, 422, "invalid"),
    ],
)
async def test_what_cannot_be_done_is_a_problem(
    tmp_path: Path, path: str, body: dict[str, Any] | None, status: int, slug: str
) -> None:
    async with running(tmp_path) as stand:
        await stand.fire(make_finding(1))
        (incident,) = await grouped(stand)
        answer = await stand.http.post(f"/v1/incidents{path.replace('{id}', incident['id'])}", json=body)
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:canhbao:problem:{slug}"), answer.text


async def test_a_wrong_cursor_and_an_unknown_incident_are_problems(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        for cursor in ("%%%", "bm8", "é", "W10"):
            answer = await stand.http.get("/v1/incidents", params={"before": cursor})
            assert answer.status_code == 400, cursor
        assert (await stand.http.get(f"/v1/incidents/{'f' * 32}")).status_code == 404


async def test_who_may_only_read_handles_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        await stand.fire(make_finding(1))
        (incident,) = await grouped(stand)
        headers = {"authorization": f"Bearer {stand.add_token('reader', Scope.READ)}"}
        async with httpx.AsyncClient(base_url=stand.url, headers=headers, trust_env=False) as reader:
            refused = await reader.post(f"/v1/incidents/{incident['id']}/acknowledge")
        assert refused.status_code == 403
