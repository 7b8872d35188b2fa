"""Fetching from a real server that behaves badly."""

import asyncio
import gzip
import zlib

import pytest
from aiohttp import web

from streams.sources.fetching import Bounds, Fetched, FetchError, fetch
from tests.streams.sources.feed_server import gate, served

BOUNDS = Bounds(seconds=5, bytes=500_000, ratio=100)


async def fetched(response: web.StreamResponse | Exception, bounds: Bounds = BOUNDS, path: str = "/") -> Fetched:
    async def handler(_: web.Request) -> web.StreamResponse:
        if isinstance(response, Exception):
            raise response
        return response

    async with served(handler) as url, gate() as way:
        return await fetch(way, url + path, bounds)


async def test_the_body_and_its_validators_come_back() -> None:
    found = await fetched(web.Response(body=b"<rss/>", headers={"ETag": '"1"', "Last-Modified": "yesterday"}))
    assert found == Fetched(b"<rss/>", '"1"', "yesterday")


async def test_an_unchanged_feed_is_not_sent_again() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.headers["If-None-Match"] == '"1"'
        assert request.headers["If-Modified-Since"] == "yesterday"
        return web.Response(status=304)

    async with served(handler) as url, gate() as way:
        found = await fetch(way, url, BOUNDS, etag='"1"', modified="yesterday")
    assert found == Fetched(None, '"1"', "yesterday")


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)], ids=["gzip", "deflate"]
)
async def test_packed_answers_are_unpacked(coding: str, pack: object) -> None:
    body = pack(b"<rss/>" * 100)  # type: ignore[operator]  # one of two functions
    found = await fetched(web.Response(body=body, headers={"Content-Encoding": coding}))
    assert found.body == b"<rss/>" * 100


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (web.Response(status=404), "404"),
        (web.Response(status=500), "500"),
        (web.Response(body=b"x" * 500_001), "more than 500000 bytes"),
        (
            web.Response(body=gzip.compress(b"\0" * 10_000_000), headers={"Content-Encoding": "gzip"}),
            "more than|expands",
        ),
        (web.Response(body=gzip.compress(b"\0" * 450_000), headers={"Content-Encoding": "gzip"}), "times its size"),
        (web.Response(body=gzip.compress(b"abc" * 100)[:-9], headers={"Content-Encoding": "gzip"}), "cut short"),
        (web.Response(body=b"no gzip", headers={"Content-Encoding": "gzip"}), "broken"),
        (web.Response(body=b"?", headers={"Content-Encoding": "br"}), "not asked for"),
        (web.Response(status=302, headers={"Location": "http://refused.example/"}), "may not be called"),
        (web.Response(status=302, headers={"Location": "/again"}), "more than 3 times"),
    ],
    ids=["404", "500", "large", "bomb", "ratio", "cut", "no-gzip", "brotli", "redirect-inside", "redirect-loop"],
)
async def test_what_is_wrong_is_said(response: web.Response, why: str) -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(body=response.body, status=response.status, headers=response.headers)

    async with served(handler) as url, gate() as way:
        with pytest.raises(FetchError, match=why):
            await fetch(way, url, BOUNDS)


async def test_a_redirect_is_followed() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path == "/new":
            return web.Response(body=b"<rss/>")
        return web.Response(status=301, headers={"Location": "/new"})

    async with served(handler) as url, gate() as way:
        assert (await fetch(way, url, BOUNDS)).body == b"<rss/>"


async def test_a_server_that_dawdles_is_left() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)

    async with served(handler) as url, gate() as way:
        with pytest.raises(FetchError, match=r"within 0\.2 s"):
            await fetch(way, url, Bounds(seconds=0.2))


async def test_a_server_that_is_not_there_is_a_sentence() -> None:
    async with gate() as way:
        with pytest.raises(FetchError):
            await fetch(way, "http://127.0.0.1:1/", BOUNDS)


async def test_the_wish_of_the_server_to_wait_is_passed_on() -> None:
    with pytest.raises(FetchError) as caught:
        await fetched(web.Response(status=429, headers={"Retry-After": "120"}))
    assert caught.value.retry_after == "120"


async def test_validators_that_cannot_be_sent_back_are_not_kept() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b'HTTP/1.1 200 OK\r\nETag: "\xff\xfe"\r\nLast-Modified: n\xc3\xa9\r\nContent-Length: 1\r\n\r\nx')
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, gate() as way:
        port = server.sockets[0].getsockname()[1]
        assert await fetch(way, f"http://127.0.0.1:{port}/", BOUNDS) == Fetched(b"x")
