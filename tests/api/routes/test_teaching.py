"""Teaching over HTTP: by a mention, by a verdict; listed, undone, counted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from alerts.model import Representative
from alerts.receiving import Scope
from streams.log import Log, open_log
from streams.reading.register import Register
from streams.settings import StreamSettings
from streams.teaching import LogTeacher
from streams.topics import Topics, topic_specs
from streams.transports.batches import NewRecord
from tests.api.stand import Stand, make_excerpt, make_finding, running, until

REGISTER = Register.load()
FEEDBACK = "/v1/mentions/m1/feedback"
SHOWN = Representative("m1", "news", "bao-a", "2026-01-05T06:00:00.000Z", 1)


@asynccontextmanager
async def school(tmp_path: Path) -> AsyncIterator[tuple[Stand, Log]]:
    log = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    await log.start()
    try:
        await log.create(*topic_specs(StreamSettings()))
        async with running(tmp_path, teacher=LogTeacher(log, Topics(""), REGISTER)) as stand:
            yield stand, log
    finally:
        await log.stop()


async def test_a_mention_of_the_log_teaches_is_listed_and_undone(tmp_path: Path) -> None:
    source = {"kind": "news", "name": "bao-a"}
    mention = {"id": "m1", "published_at": "2026-01-05T08:00:00Z", "source": source, "title": "Phà Zeta lại ngưng chạy"}
    async with school(tmp_path) as (stand, log):
        await log.append("mentions", 0, [NewRecord(msgspec.json.encode(mention))])
        answer = await stand.http.post(FEEDBACK, json={"tone": "blame"})
        assert answer.status_code == 202, answer.text
        lesson = answer.json()
        assert (lesson["tone"], lesson["applied"], lesson["state"]) == ("blame", True, "in_force")
        assert (await stand.http.get("/v1/model/lessons")).json()["lessons"][0]["id"] == lesson["id"]
        undo = f"/v1/model/lessons/{lesson['id']}/undo"
        assert (await stand.http.post(undo, json={"reason": "nhầm"})).json()["state"] == "undone"
        assert (await stand.http.post(undo, json={"reason": "nhầm"})).status_code == 409
        assert (
            await stand.http.post("/v1/model/lessons/" + "0" * 16 + "/undo", json={"reason": "x"})
        ).status_code == 404
        metrics = (await stand.http.get("/metrics")).text
        assert 'canhbao_model_lessons_total{state="undone"} 1.0' in metrics


async def test_the_evidence_table_is_asked_first_and_a_sent_text_last(tmp_path: Path) -> None:
    async with school(tmp_path) as (stand, _):
        stand.source.give(make_excerpt("Phà Zeta lại ngưng chạy"))
        await until(lambda: stand.store.excerpts("", [SHOWN]))
        named = {"tone": "event", "source_kind": "news", "source_name": "bao-a"}
        assert (await stand.http.post(FEEDBACK, json=named)).status_code == 202
        other = "/v1/mentions/unknown/feedback"
        assert (await stand.http.post(other, json={"tone": "event"})).status_code == 404
        assert (await stand.http.post(other, json={"tone": "event", "text": "Phà Zeta"})).status_code == 202


async def test_a_false_alert_teaches_that_what_it_shows_is_not_negative(tmp_path: Path) -> None:
    async with school(tmp_path) as (stand, _):
        finding = make_finding(representatives=(SHOWN,))
        address = f"/v1/alerts/{finding.id}/verdict"
        assert (await stand.http.post(address, json={"verdict": "false"})).status_code == 404
        await stand.fire(make_excerpt("Phà Zeta chạy lại"), finding)
        answer = (await stand.http.post(address, json={"verdict": "false"})).json()
        assert (answer["verdict"], answer["applied"], answer["lesson"]["tone"]) == ("false", True, "not_negative")
        assert (await stand.http.post(address, json={"verdict": "planned"})).json()["lesson"] is None
        assert (await stand.http.post(address, json={"verdict": "true"})).json()["lesson"] is None


async def test_teaching_asks_for_the_scope_act_and_for_a_log(tmp_path: Path) -> None:
    async with school(tmp_path) as (stand, _):
        reader = {"Authorization": f"Bearer {stand.add_token('reader', Scope.READ)}"}
        assert (await stand.http.post(FEEDBACK, json={"tone": "event"}, headers=reader)).status_code == 403
        assert (await stand.http.get("/v1/model/lessons", headers=reader)).status_code == 200
    async with running(tmp_path / "other") as stand:
        assert (await stand.http.get("/v1/model/lessons")).status_code == 404
