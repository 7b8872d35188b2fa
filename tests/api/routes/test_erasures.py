"""Erasing over the interface: the text goes at once, stays gone, and whoever was shown it is told."""

from pathlib import Path

import aiohttp
import pytest

from alerts.receiving import Outcome, Scope
from tests.api.delivery.test_delivery import _told, receiving
from tests.api.stand import Reader, make_excerpt, make_finding, running, until

ID = f"{1:032x}"


async def test_an_erased_text_is_gone_and_streams_and_webhooks_hear_of_it(tmp_path: Path) -> None:
    async with receiving() as receiver, running(tmp_path, receivers=[_told(receiver.url)]) as stand:
        await stand.fire(make_excerpt(), make_finding())
        await until(lambda: [one.outcome for one in stand.store.deliveries(ID)] == [Outcome.DELIVERED])
        async with aiohttp.ClientSession() as session:
            reader = Reader(stand, session)
            await reader.connect()
            answer = await stand.http.post("/v1/erasures", json={"id": "m1"})
            assert (answer.status_code, answer.json()) == (200, {"texts": 1})
            event = await reader.next()
        mention = {"source_kind": "news", "source_name": "bao-a", "id": "m1"}
        assert event is not None
        assert (event.kind, event.data) == ("mention.erased", {"mentions": [mention], "texts": 1})
        await until(lambda: len(receiver.got) == 2)
        told = receiver.got[1][1]
        assert (told["type"], told["data"]["mentions"]) == ("mention.erased", [mention])
        shown = (await stand.http.get(f"/v1/alerts/{ID}")).json()["alert"]["representatives"][0]
        assert (shown["id"], shown["title"], shown["url"]) == ("m1", None, None)


async def test_a_cloudevent_tells_the_same(tmp_path: Path) -> None:
    told = _told("", channel="cloudevents")
    async with receiving() as receiver, running(tmp_path, receivers=[told | {"url": receiver.url}]) as stand:
        await stand.fire(make_excerpt(), make_finding())
        await until(lambda: len(receiver.got) == 1)
        await stand.http.post("/v1/erasures", json={"url": make_excerpt().url})
        await until(lambda: len(receiver.got) == 2)
        assert receiver.got[1][1]["type"] == "vn.canhbao.mention.erased"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"id": "a", "url": "b"},
        {"id": "a", "source_kind": "news"},
        {"url": "b", "source_kind": "news", "source_name": "x"},
        {"id": ""},
        {"id": "a", "all": True},
    ],
)
async def test_what_names_no_mention_is_refused(tmp_path: Path, asked: dict[str, object]) -> None:
    async with running(tmp_path) as stand:
        assert (await stand.http.post("/v1/erasures", json=asked)).status_code == 422


async def test_only_who_may_act_erases(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        reader = {"authorization": f"Bearer {stand.add_token('reader', Scope.READ)}"}
        assert (await stand.http.post("/v1/erasures", json={"id": "a"}, headers=reader)).status_code == 403


async def test_old_texts_are_forgotten(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        assert stand.settings.texts_days == 30
        assert "forget" in stand.app.state.service.supervisor._factories
