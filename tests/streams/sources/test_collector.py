"""The collector against real servers on loopback."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from alerts.ports import Refused
from streams.log import LogUnavailableError
from streams.sources.collector import Collector
from streams.sources.memory import FeedMemories
from streams.sources.settings import CollectorSettings, FeedSettings
from tests.streams.sources.feed_server import gate, served

START = datetime(2025, 10, 7, 5, tzinfo=UTC)


def rss(*items: tuple[str, datetime | None]) -> bytes:
    told = "".join(
        f"<item><guid>{id_}</guid><title>Tin {id_}</title>"
        + (f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} GMT</pubDate>" if at else "")
        + "</item>"
        for id_, at in items
    )
    return f'<rss version="2.0"><channel><title>A</title>{told}</channel></rss>'.encode()


class Desk:
    """A feed with what it serves, a clock turned by hand, and what was published."""

    def __init__(self) -> None:
        self.now = START
        self.body = rss(("1", START), ("2", None))
        self.asked: list[str] = []
        self.published: list[dict[str, str]] = []
        self.failing = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path == "/bad":
            return web.Response(status=503, headers={"Retry-After": "600"})
        if request.headers.get("If-None-Match") == str(hash(self.body)):
            return web.Response(status=304)
        return web.Response(body=self.body, headers={"ETag": str(hash(self.body))})

    async def publish(self, lines: Sequence[bytes]) -> Sequence[Refused]:
        if self.failing:
            raise LogUnavailableError("the log is away")
        self.published += [msgspec.json.decode(line) for line in lines]
        return ()

    def collector(self, way: object, directory: Path, *urls: str) -> Collector:
        settings = CollectorSettings(
            sources=tuple(FeedSettings(url=url, name="Báo A") for url in urls), interval_seconds=60, jitter=0
        )
        return Collector(
            settings,
            way,  # type: ignore[arg-type]  # a gate
            self.publish,
            FeedMemories(directory),
            clock=lambda: self.now,
            chance=lambda: 0.0,
        )


async def test_an_entry_is_published_once_even_across_restarts(tmp_path: Path) -> None:
    desk = Desk()
    async with served(desk.answer) as url, gate() as way:
        assert await desk.collector(way, tmp_path, url).once() == 0
        assert await desk.collector(way, tmp_path, url).once() == 0
        desk.body = rss(("3", START), ("1", START), ("2", None))
        assert await desk.collector(way, tmp_path, url).once() == 0
    assert [each["id"] for each in desk.published] == ["2", "1", "3"]


async def test_one_bad_feed_stops_no_other_and_is_asked_when_it_wishes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk()
    async with served(desk.answer) as url, gate() as way:
        collector = desk.collector(way, tmp_path, f"{url}/bad", f"{url}/good")
        with caplog.at_level(logging.WARNING):
            assert await collector.once() == 1
        memory = FeedMemories(tmp_path).recall(f"{url}/bad")
    assert [each["id"] for each in desk.published] == ["2", "1"]
    assert memory.failures == 1
    assert memory.due_at == START + timedelta(seconds=600)
    assert "503" in caplog.text


async def test_what_could_not_be_published_is_fetched_again(tmp_path: Path) -> None:
    desk = Desk()
    async with served(desk.answer) as url, gate() as way:
        collector = desk.collector(way, tmp_path, url)
        desk.failing = True
        assert await collector.once() == 1
        desk.failing = False
        assert await collector.once() == 0
    assert [each["id"] for each in desk.published] == ["2", "1"]


async def test_a_feed_that_labels_local_time_as_utc_is_corrected_and_stays_so(tmp_path: Path) -> None:
    desk = Desk()
    local = START + timedelta(hours=7)
    async with served(desk.answer) as url, gate() as way:
        collector = desk.collector(way, tmp_path, url)
        desk.body = rss(("1", local - timedelta(minutes=5)), ("0", local - timedelta(hours=9)))
        await collector.once()
        desk.now += timedelta(hours=8)  # a quiet night; then an entry that is old already
        desk.body = rss(("2", START + timedelta(hours=1)))
        await collector.once()
    times = {each["id"]: each["published_at"] for each in desk.published}
    assert times == {
        "0": "2025-10-06T20:00:00.000Z",
        "1": "2025-10-07T04:55:00.000Z",
        "2": "2025-10-06T23:00:00.000Z",
    }


async def test_it_polls_for_ever_and_stops_when_told(tmp_path: Path) -> None:
    desk = Desk()
    async with served(desk.answer) as url, gate() as way:
        settings = CollectorSettings(sources=(FeedSettings(url=url, name="A", interval_seconds=1),), jitter=0)
        collector = Collector(
            settings,
            way,
            desk.publish,
            FeedMemories(tmp_path),
            clock=lambda: datetime.now(UTC),
            chance=lambda: 0.0,
        )
        task = asyncio.create_task(collector.run())
        async with asyncio.timeout(10):
            while len(desk.asked) < 2:
                await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
