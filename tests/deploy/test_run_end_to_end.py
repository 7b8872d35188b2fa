"""`canhbao run` as a user starts it: mentions in, a signed webhook out; the bundled story on the terminal."""

import asyncio
import base64
import json
import os
import random
import re
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from streams.settings import StreamSettings
from streams.topics import topic_specs
from streams.transports.batches import NewRecord
from streams.transports.sqlite.client import SqliteLogClient

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Terminal:
    """A running `canhbao run` and what it has printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.text = ""
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while data := await self.process.stdout.readline():
            self.text += data.decode()

    async def shows(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        """Wait until the terminal shows something."""
        end = time.monotonic() + seconds
        while (found := re.search(pattern, self.text)) is None:
            assert time.monotonic() < end, f"{pattern!r} was not shown within {seconds} s:\n{self.text}"
            assert self.process.returncode is None, f"it ended:\n{self.text}"
            await asyncio.sleep(0.02)
        return found

    async def stop(self) -> float:
        """Press Ctrl-C; returns how many seconds it took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        await asyncio.wait_for(self.process.wait(), 15)
        await self._reading
        return time.monotonic() - begun


@asynccontextmanager
async def running(state: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> AsyncIterator[Terminal]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CANHBAO_")}
    environment |= {"CANHBAO_STATE_DIR": str(state), **(variables or {})}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.cli", "run", *arguments),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # As at a terminal where somebody typed it: Ctrl-C means it, whatever this test run was told to ignore.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    terminal = Terminal(process)
    try:
        yield terminal
    finally:
        if process.returncode is None:
            await terminal.stop()


def left_behind(state: Path) -> list[int]:
    """Processes that still work in the state directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "environ").read_bytes()
        except OSError:
            continue
        if f"CANHBAO_STATE_DIR={state}\0".encode() in told + b"\0":
            found.append(int(entry.name))
    return found


def revisions(state: Path) -> list[tuple[str, str, int]]:
    """Every change of an alert in the store: run, id and revision."""
    with sqlite3.connect(f"file:{state / 'alerts.sqlite'}?mode=ro", uri=True) as store:
        query = "SELECT run, alert_id, revision FROM changes WHERE kind != 'stale' AND revision > 0"
        rows = store.execute(query)
        return [(run, id_, revision) for run, id_, revision in rows.fetchall()]


class Receiver:
    """A webhook receiver on loopback that checks what it gets as a stranger would."""

    def __init__(self) -> None:
        self.got: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        Webhook(SECRET).verify(body, dict(request.headers))
        self.got.put_nowait(json.loads(body))
        return web.Response(status=204)


@asynccontextmanager
async def receiving() -> AsyncIterator[tuple[Receiver, str]]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield receiver, f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    finally:
        await runner.cleanup()


def burst(count: int) -> bytes:
    """Anger at one province, seen now."""
    rng = random.Random(19)
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    lines = [
        {
            "id": f"b{number}",
            "published_at": now,
            "source": {"kind": "facebook", "name": f"Nhóm {rng.randrange(9)}"},
            "title": f"Thái Nguyên ngập sâu ở tổ {number}, người dân bức xúc vì không được báo trước",
        }
        for number in range(count)
    ]
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()


async def live_through_days(state: Path) -> None:
    """Put two and a half ordinary days into the log, as a service that has run since then would have."""
    clock = [int(time.time() * 1000) - 60 * 3_600_000]
    log = SqliteLogClient(f"sqlite:///{state / 'log.sqlite'}", clock=lambda: clock[0])
    await log.start()
    await log.create(*topic_specs(StreamSettings()))
    for number in range(600):
        clock[0] += 6 * 60_000 - 1000
        published = datetime.fromtimestamp(clock[0] / 1000, UTC).isoformat(timespec="milliseconds")
        mention = {
            "id": f"a{number}",
            "published_at": published,
            "source": {"kind": "news", "name": "Báo A"},
            "title": f"Thái Nguyên tổ chức hội nghị lần thứ {number}" + (", dân bức xúc" if number % 50 == 7 else ""),
        }
        await log.append("mentions", number % 4, [NewRecord(json.dumps(mention).encode())])
    await log.stop()


async def test_posted_mentions_come_out_as_a_signed_webhook(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    await live_through_days(state)
    port = free_port()
    async with receiving() as (receiver, hook):
        (state / "canhbao.toml").write_text(
            # One burst is enough here: waiting for a second minute of it would only take time.
            f"http_port = {port}\n[streams.detection]\nleast_before = 0\n"
            f'[[receivers]]\nname = "duty"\nurl = "{hook}"\nsecret = "{SECRET}"\n'
            "allow_private = true\n",
            encoding="utf-8",
        )
        async with running(state) as terminal:
            await terminal.shows(rf"http://127\.0\.0\.1:{port}/")
            token = (state / "first-token").read_text().strip()
            assert (state / "first-token").stat().st_mode & 0o777 == 0o600
            async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
                answer = await session.post(
                    f"http://127.0.0.1:{port}/v1/mentions",
                    data=burst(60),
                    headers={"Content-Type": "application/x-ndjson"},
                )
                assert answer.status == 202, await answer.text()
                assert (await answer.json())["accepted"] == 60
                sent = await asyncio.wait_for(receiver.got.get(), 60)
                listed = await (await session.get(f"http://127.0.0.1:{port}/v1/alerts")).json()
            assert '"19"' in json.dumps(sent)
            assert '"19"' in json.dumps(listed)
            shown = await terminal.shows("Cảnh báo – mức độ[^\0]*Thái Nguyên")
            assert shown
            assert await terminal.stop() < 5
    assert terminal.process.returncode == 0
    assert left_behind(state) == []


async def test_the_story_is_told_in_time_and_a_second_start_fires_nothing_twice(tmp_path: Path) -> None:
    state = tmp_path / "state"
    variables = {"CANHBAO_HTTP_PORT": str(free_port())}
    begun = time.monotonic()
    async with running(state, "--demo", variables=variables) as terminal:
        await terminal.shows("Cảnh báo – mức độ[^\0]*Thái Nguyên[^\0]*tiêu cực[^\0]*Mức bình thường")
        link = await terminal.shows(r"http://127\.0\.0\.1:\d+/alerts/[0-9a-f]{32}\S*")
        assert time.monotonic() - begun < 60
        async with aiohttp.ClientSession() as session, session.get(link[0]) as page:
            assert page.status == 200
        # This terminal is none: what is written to a journal must not open the door.
        assert (state / "first-token").read_text().strip() not in terminal.text
        async with running(state, variables=variables) as second:
            assert await asyncio.wait_for(second.process.wait(), 20) == 2
        assert "already uses" in second.text
        await terminal.shows("demo-1: 10.495")
        assert await terminal.stop() < 5
    assert left_behind(state) == []
    before = revisions(state)
    assert len(before) == len(set(before)) > 0

    async with running(state, "--demo", variables=variables) as again:
        await again.shows("Thái Nguyên[^\0]*tiêu cực[^\0]*Mức bình thường")
        await again.shows("demo-1: ")
        await asyncio.sleep(3)  # time in which something could wrongly fire again
        assert await again.stop() < 5
    after = revisions(state)
    assert len(after) == len(set(after))
    firings = [sum(revision == 1 for _, _, revision in each) for each in (before, after)]
    assert firings[1] >= firings[0]
    assert {id_ for _, id_, revision in after if revision == 1} >= {id_ for _, id_, _ in before}

    async with running(state, "--demo", "--again", variables=variables) as new:
        await new.shows("demo-2: ")
        await new.shows(r"alerts/[0-9a-f]{32}\?run=demo-2")
    assert left_behind(state) == []


async def test_a_killed_worker_is_started_again_and_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    state, port = tmp_path / "state", free_port()
    async with running(state, variables={"CANHBAO_HTTP_PORT": str(port)}) as terminal:
        await terminal.shows(rf"http://127\.0\.0\.1:{port}/")
        async with running(tmp_path / "other", variables={"CANHBAO_HTTP_PORT": str(port)}) as refused:
            assert await asyncio.wait_for(refused.process.wait(), 20) == 2
        assert "CANHBAO_HTTP_PORT" in refused.text
        workers = [
            pid for pid in left_behind(state) if Path(f"/proc/{pid}/cmdline").read_bytes().endswith(b"\0worker\0")
        ]
        os.kill(workers[0], signal.SIGKILL)
        await terminal.shows("worker ended .SIGKILL.; started again in 0.5 s")
        # The whole family goes with a supervisor that is killed.
        terminal.process.kill()
        await terminal.process.wait()
        async with asyncio.timeout(10):
            while left_behind(state):
                await asyncio.sleep(0.05)
