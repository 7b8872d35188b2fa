"""Proposed themes over HTTP: listed with evidence, accepted, rejected."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from alerts.model import Representative
from alerts.themes import ThemeProposal
from streams.log import Log, open_log
from streams.reading.register import Register
from streams.settings import StreamSettings
from streams.theme_records import encode_proposal, proposal_key
from streams.themes import LogThemeDesk
from streams.topics import Topics, topic_specs
from streams.transports.batches import NewRecord
from streams.versions import known_versions, settle
from tests.api.stand import Stand, make_excerpt, running, until

SHOWN = Representative("m1", "news", "bao-a", "2026-01-05T06:00:00.000Z", 1)
PROPOSAL = ThemeProposal("ab" * 8, "phụ phí gửi rác", "2026-01-05T07:00:00.000Z", 5, 3, 21.5, (SHOWN,))
ACCEPT = f"/v1/theme-proposals/{PROPOSAL.id}/accept"
REJECT = f"/v1/theme-proposals/{PROPOSAL.id}/reject"


@asynccontextmanager
async def desk(tmp_path: Path) -> AsyncIterator[tuple[Stand, Log]]:
    """A service beside a log in which one theme is proposed."""
    settings = StreamSettings()
    log = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    await log.start()
    try:
        await log.create(*topic_specs(settings))
        await settle(log, settings, Register.load(), 1, 0)
        record = NewRecord(encode_proposal(PROPOSAL), key=proposal_key(PROPOSAL.id))
        await log.append(Topics("").control, 0, [record])
        async with running(tmp_path, themes=LogThemeDesk(log, Topics(""))) as stand:
            yield stand, log
    finally:
        await log.stop()


async def test_proposals_come_with_the_texts_that_are_still_there(tmp_path: Path) -> None:
    async with desk(tmp_path) as (stand, _):
        (shown,) = (await stand.http.get("/v1/theme-proposals")).json()["proposals"]
        assert (shown["phrase"], shown["state"], shown["titles"]) == ("phụ phí gửi rác", "proposed", 5)
        assert shown["representatives"][0]["title"] is None
        excerpt = make_excerpt("Dân phản đối phụ phí gửi rác")
        stand.source.give(excerpt)
        await until(lambda: stand.store.excerpts("", [SHOWN]))
        (shown,) = (await stand.http.get("/v1/theme-proposals?state=proposed")).json()["proposals"]
        assert shown["representatives"][0]["title"] == excerpt.title
        assert (await stand.http.get("/v1/theme-proposals?state=rejected")).json() == {"proposals": []}


async def test_an_accepted_theme_is_in_the_register_and_says_from_when(tmp_path: Path) -> None:
    async with desk(tmp_path) as (stand, log):
        answer = await stand.http.post(ACCEPT, json={"name": "Phụ phí rác", "owners": ["BNNMT"]})
        assert answer.status_code == 200, answer.text
        decision = answer.json()["decision"]
        assert (answer.json()["state"], decision["code"]) == ("accepted", "theme-phu-phi-rac")
        assert decision["holds_from"].endswith(":00.000Z")
        listed = (await stand.http.get("/v1/organisations")).json()["organisations"]
        assert [one["code"] for one in listed if one["kind"] == "theme"] == ["theme-phu-phi-rac"]
        assert "theme-phu-phi-rac" in (await known_versions(log, Topics("")))[-1].names
        assert (await stand.http.post(REJECT, json={"reason": "nhầm"})).status_code == 409


async def test_a_rejection_must_say_why(tmp_path: Path) -> None:
    async with desk(tmp_path) as (stand, log):
        assert (await stand.http.post(REJECT, json={"reason": ""})).status_code == 422
        answer = await stand.http.post(REJECT, json={"reason": "chuyện ở nước ngoài"})
        assert (answer.status_code, answer.json()["decision"]["reason"]) == (200, "chuyện ở nước ngoài")
        assert len(await known_versions(log, Topics(""))) == 1


REFUSED = {
    "an owner that is not there": (ACCEPT, {"owners": ["NO"]}, 422),
    "a name that another body has": (ACCEPT, {"aliases": ["Bộ Y tế"]}, 422),
    "an unknown field": (ACCEPT, {"colour": "red"}, 422),
    "an unknown proposal": ("/v1/theme-proposals/0000000000000000/reject", {"reason": "x"}, 404),
    "no id": ("/v1/theme-proposals/x/reject", {"reason": "x"}, 422),
}


@pytest.mark.parametrize(("path", "body", "status"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_does_not_fit_is_refused(tmp_path: Path, path: str, body: dict[str, object], status: int) -> None:
    async with desk(tmp_path) as (stand, _):
        answer = await stand.http.post(path, json=body)
        assert answer.status_code == status
        assert str(tmp_path) not in answer.text
        assert (await stand.http.get("/v1/theme-proposals")).json()["proposals"][0]["state"] == "proposed"


async def test_deciding_needs_the_scope_to_act(tmp_path: Path) -> None:
    async with desk(tmp_path) as (stand, _):
        assert (await stand.http.post(ACCEPT, json={}, headers={"authorization": ""})).status_code == 401


async def test_a_log_that_is_gone_is_said_to_be_unavailable(tmp_path: Path) -> None:
    async with desk(tmp_path) as (stand, log):
        await log.stop()
        assert (await stand.http.get("/v1/theme-proposals")).status_code == 503


async def test_a_service_without_a_log_has_no_proposals(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        assert (await stand.http.get("/v1/theme-proposals")).status_code == 404
