"""POST /v1/mentions: what is taken, what is refused, and what hostile senders get."""

import asyncio
import gzip
import json
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.receiving import Scope
from tests.api.stand import Stand, running, until

NDJSON = {"content-type": "application/x-ndjson"}
JSON = {"content-type": "application/json; charset=utf-8"}
GZIP = {"content-encoding": "gzip"}


def _lines(count: int, size: int = 20) -> bytes:
    return b"".join(b'{"id":"%d","title":"%s"}\n' % (number, b"x" * size) for number in range(count))


async def _post(stand: Stand, content: Any, *headers: dict[str, str]) -> httpx.Response:
    merged = {name: value for one in headers for name, value in one.items()}
    return await stand.http.post("/v1/mentions", content=content, headers=merged)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("kind", [NDJSON, JSON], ids=["lines", "array"])
async def test_mentions_are_taken(tmp_path: Path, kind: dict[str, str], *, packed: bool) -> None:
    body = _lines(2500)
    if kind is JSON:
        body = json.dumps([json.loads(line) for line in body.splitlines()], indent=1).encode()
    async with running(tmp_path) as stand:
        answer = await _post(stand, gzip.compress(body) if packed else body, kind, GZIP if packed else {})
        assert answer.status_code == 202
        assert answer.json() == {"accepted": 2500, "refused": [], "refused_total": 0}
        assert [one["id"] for one in stand.sink.taken] == [str(number) for number in range(2500)]
        assert len(stand.sink.portions) >= 2
        assert 'canhbao_mentions_posted_total{outcome="accepted"} 2500.0' in (await stand.http.get("/metrics")).text


async def test_bad_lines_are_refused_by_number_and_the_others_taken(tmp_path: Path) -> None:
    lines = [b'{"id":"1"}', b"", b'{"id":', b"\xff\xfe", b'{"id":"5"}', b"[" * 5000, b'{"id":"7"}']
    async with running(tmp_path) as stand:
        taken = (await _post(stand, b"\r\n".join(lines), NDJSON)).json()
        assert taken["accepted"] == 3
        assert [(one["line"], one["reason"]) for one in taken["refused"]] == [
            (3, "not_json"),
            (4, "not_json"),
            (6, "not_json"),
        ]


async def test_only_the_first_hundred_refusals_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        taken = (await _post(stand, b"no\n" * 350 + b'{"id":"1"}\n', NDJSON)).json()
        assert (taken["accepted"], taken["refused_total"], len(taken["refused"])) == (1, 350, 100)


async def test_a_line_longer_than_any_mention_is_skipped_in_bounded_memory(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        body = b'{"id":"1"}\n{"id":"' + b"x" * 6_000_000 + b'"}\n{"id":"3"}\n'
        taken = (await _post(stand, body, NDJSON)).json()
        assert taken["accepted"] == 2
        assert taken["refused"] == [{"line": 2, "reason": "too_long", "detail": "longer than any mention may be"}]


async def test_a_token_publishes_as_its_own_sources_only(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        secret = stand.add_token("vendor", Scope.PUBLISH, sources=frozenset({"bao-a"}))
        await _post(stand, b'{"id":"1"}', NDJSON, {"authorization": f"Bearer {secret}"})
        await _post(stand, b'{"id":"1"}', NDJSON)
        assert stand.sink.sources == [frozenset({"bao-a"}), None]


_REFUSED: list[tuple[bytes, dict[str, str], int, str, int | None, str]] = [
    (b"{}", {"content-type": "text/csv"}, 415, "unsupported-media-type", None, "unknown type"),
    (b"{}", {}, 415, "unsupported-media-type", None, "no type"),
    (b"x", NDJSON | {"content-encoding": "br"}, 415, "unsupported-media-type", None, "brotli"),
    (b'{"id":"1"}', JSON, 400, "unreadable-body", 0, "no array"),
    (b"", JSON, 400, "unreadable-body", 0, "empty array body"),
    (b'[{"id":"1"},{"id":"2"}', JSON, 400, "unreadable-body", 1, "cut array"),
    (b'[{"id":"1"},,{"id":"2"}]', JSON, 400, "unreadable-body", 1, "hole in array"),
    (b'[{"id":"1"}] [', JSON, 400, "unreadable-body", 1, "more after array"),
    (b'{"id":"1"}\n', NDJSON | GZIP, 400, "unreadable-body", 0, "not gzip"),
    (gzip.compress(_lines(50))[:-9], NDJSON | GZIP, 400, "unreadable-body", None, "cut gzip"),
    (_lines(400), NDJSON, 413, "too-large", 0, "length told"),
    (gzip.compress(_lines(400)), NDJSON | GZIP, 413, "too-large", None, "unpacks too large"),
    (_lines(120, 1), NDJSON, 413, "too-large", 100, "too many"),
]


async def test_what_cannot_be_taken_is_a_problem_that_says_how_far_it_came(tmp_path: Path) -> None:
    async with running(tmp_path, max_body_bytes=8000, max_mentions=100) as stand:
        for content, headers, status, slug, accepted, name in _REFUSED:
            stand.sink.taken.clear()
            answer = await _post(stand, content, headers)
            document = answer.json()
            assert (answer.status_code, document["type"].rpartition(":")[2]) == (status, slug), name
            assert answer.headers["content-type"] == "application/problem+json"
            if accepted is not None:
                assert document["accepted"] == accepted == len(stand.sink.taken), name


async def test_a_body_of_unknown_length_is_cut_at_the_limit_and_what_came_before_is_taken(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield _lines(100)

    async with running(tmp_path, max_body_bytes=200_000) as stand:
        answer = await _post(stand, endless(), NDJSON)
        document = answer.json()
        assert answer.status_code == 413
        assert 1000 < document["accepted"] == len(stand.sink.taken) < 6000
        assert str(document["accepted"]) in document["detail"]


async def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = gzip.compress(b'{"id":"1"}\n' + b" " * 60_000_000)
    async with running(tmp_path, max_body_bytes=1024**3) as stand:
        tracemalloc.start()
        answer = await _post(stand, bomb, NDJSON, GZIP)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (413, "compression-ratio")
        assert peak < 16_000_000


async def test_memory_stays_constant_however_long_the_body(tmp_path: Path) -> None:
    piece = _lines(500, 200)

    async def long() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield piece

    async with running(tmp_path, max_mentions=10**7, max_body_bytes=10**9) as stand:
        stand.sink.forget = True
        tracemalloc.start()
        answer = await _post(stand, long(), NDJSON)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert answer.json()["accepted"] == 50_000
        assert peak < 12_000_000


async def test_a_slow_body_is_given_up_and_what_came_is_taken(tmp_path: Path) -> None:
    async with running(tmp_path, body_chunk_seconds=0.1) as stand:
        reader, writer = await asyncio.open_connection("127.0.0.1", stand.port)
        head = "POST /v1/mentions HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\n"
        writer.write(f"{head}transfer-encoding: chunked\r\nauthorization: Bearer {stand.token}\r\n\r\n".encode())
        writer.write(b'b\r\n{"id":"1"}\n\r\n')
        answer = await asyncio.wait_for(reader.readuntil(b"}"), 5)
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"too-slow" in answer
        writer.close()
        await writer.wait_closed()


async def test_a_sender_that_hangs_up_costs_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        _, writer = await asyncio.open_connection("127.0.0.1", stand.port)
        head = (
            "POST /v1/mentions HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: 99999\r\n"
        )
        writer.write(f"{head}authorization: Bearer {stand.token}\r\n\r\n".encode() + b'{"id":"1"}\n')
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        wanted = 'route="/v1/mentions",status="4xx"} 1.0'
        async with asyncio.timeout(5):
            while wanted not in (await stand.http.get("/metrics")).text:
                await asyncio.sleep(0.02)


async def test_when_the_log_is_away_the_sender_learns_what_was_taken(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        stand.sink.fail_after = 2
        answer = await _post(stand, _lines(5000), NDJSON)
        document = answer.json()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert document["accepted"] == 2000 == len(stand.sink.taken)


async def test_many_senders_at_once_are_all_served(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        answers = await asyncio.gather(*(_post(stand, _lines(300), NDJSON) for _ in range(20)))
        assert all(answer.json()["accepted"] == 300 for answer in answers)
        await until(lambda: len(stand.sink.taken) == 6000)


async def test_packed_bytes_that_unpack_to_nothing_are_cut_at_the_limit(tmp_path: Path) -> None:
    async with running(tmp_path, max_body_bytes=4096) as stand:

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(300):
                yield gzip.compress(b"")

        headers = {"content-type": "application/x-ndjson", "content-encoding": "gzip"}
        answer = await stand.http.post("/v1/mentions", content=chunks(), headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:canhbao:problem:too-large")


async def test_a_body_whose_length_is_told_twice_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        reader, writer = await asyncio.open_connection("127.0.0.1", stand.port)
        writer.write(
            b"POST /v1/mentions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + stand.token.encode() + b"\r\n"
            b"Content-Type: application/x-ndjson\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )
        answer = await reader.read()  # to the connection's end: the second request is not served
        writer.close()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.count(b"HTTP/1.1") == 1
        assert b"nosniff" in answer
