"""`canhbao collect` as a user starts it, against a real feed on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from streams.log import open_log
from tests.deploy.test_cli import canhbao
from tests.streams.sources.feed_server import served

FEED = b"""<rss version="2.0"><channel><title>A</title>
<item><guid>1</guid><title>Tin &lt;b&gt;m\xe1\xbb\x9bi&lt;/b&gt;</title></item></channel></rss>"""


@pytest.fixture
async def feed() -> AsyncIterator[str]:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=FEED)

    async with served(answer) as url:
        yield url


def configure(state: Path, url: str, more: str) -> None:
    state.mkdir()
    text = f'[feeds]\n{more}\n[[feeds.sources]]\nurl = "{url}"\nname = "Báo A"\n'
    (state / "canhbao.toml").write_text(text, encoding="utf-8")


async def test_an_allowed_feed_becomes_mentions(tmp_path: Path, feed: str) -> None:
    state = tmp_path / "state"
    configure(state, feed, 'allow_networks = ["127.0.0.0/8"]')
    for _ in range(2):
        done = await asyncio.to_thread(canhbao, state, "collect", "--once")
        assert done.returncode == 0, done.stderr
    log = open_log(f"sqlite:///{state / 'log.sqlite'}")
    await log.start()
    records = [r for p in range(await log.partitions("mentions")) for r in await log.read("mentions", p, 0)]
    await log.stop()
    assert [json.loads(record.value or b"")["title"] for record in records] == ["Tin mới"]


async def test_a_feed_inside_the_house_is_refused_unless_allowed(tmp_path: Path, feed: str) -> None:
    state = tmp_path / "state"
    configure(state, feed, "")
    done = await asyncio.to_thread(canhbao, state, "collect", "--once")
    assert done.returncode == 1
    assert "not a public address" in done.stderr
