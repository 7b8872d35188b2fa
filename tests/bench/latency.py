"""How long from a mention that tips the balance to its webhook: `python -m tests.bench.latency [RATE] [SAMPLES]`.

The service runs as `canhbao worker` and `canhbao serve` on an embedded log with a quiet past of 30 hours. One body
after the other gets a burst of anger in one request, while others bring RATE mentions a second. Latency is from the
start of that request to the arrival of the verified webhook.
"""

import asyncio
import contextlib
import json
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from tests.rig import seed_history

SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS1sYXRlbmN5LWJlbmNobWFyaw=="
BURST = 40


def settings(directory: Path, bodies: int, hook: str) -> Path:
    """Settings with bodies to be alarmed about, a detector that needs no warm-up, and one receiver."""
    register = directory / "register"
    register.mkdir()
    rows = [f"B{n:03d}\tCơ quan thử số {n:03d}\ttheme\t\t\t\t\tCơ quan thử số {n:03d}" for n in range(bodies)]
    header = "code\tname\tkind\tparent\tsince\tuntil\towners\taliases"
    (register / "organisations-bench.tsv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    path = directory / "canhbao.toml"
    path.write_text(
        f"""
[streams]
register_directory = "{register}"
[streams.detection]
least_before = 0
[http]
port = 0
[[http.receivers]]
name = "bench"
url = "{hook}"
secret = "{SECRET}"
allow_private = true
""",
        encoding="utf-8",
    )
    return path


class Hooks:
    """A receiver that verifies signatures and notes when each body's first alert came."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}

    async def take(self, request: web.Request) -> web.Response:
        """Take one webhook."""
        body = await request.read()
        now = time.perf_counter()
        Webhook(SECRET).verify(body, dict(request.headers))
        alert = json.loads(body)
        alert = alert.get("data", alert)
        self.at.setdefault(str(alert["organisation"]), now)
        return web.Response(status=204)


def mention(number: int, body: str, sentiment: float) -> bytes:
    """One line of NDJSON, published now."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    source = {"kind": "facebook", "name": f"Trang {number % 7}"}
    line = {"id": f"{time.time_ns()}-{number}", "published_at": now, "source": source, "title": f"Tin thử số {number}"}
    return json.dumps({**line, "organisations": [body], "sentiment": sentiment}).encode()


@contextlib.asynccontextmanager
async def service(directory: Path, config: Path) -> AsyncIterator[str]:
    """Worker and alert service as processes; gives the service's address."""
    environment = {"PATH": "/usr/bin:/bin", "CANHBAO_STATE_DIR": str(directory), "CANHBAO_CONFIG": str(config)}
    command = [sys.executable, "-m", "deploy.cli"]
    logs = (directory / "out.log").open("wb")
    processes = [
        subprocess.Popen([*command, part], env=environment, stdout=logs, stderr=logs) for part in ("serve", "worker")
    ]
    try:
        serving = directory / "serving.json"
        for _ in range(300):
            await asyncio.sleep(0.1)
            if serving.exists():
                break
        yield json.loads(serving.read_bytes())["url"]
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(timeout=15)
        logs.close()


async def background(session: aiohttp.ClientSession, url: str, rate: int, ends: asyncio.Event) -> int:
    """Ordinary mentions at `rate` a second until told to end; returns how many were taken."""
    sent, began = 0, time.perf_counter()
    step = max(1, rate // 20)
    while not ends.is_set():
        lines = [
            mention(sent + n, "01" if n % 3 else "79", 0.1 if random.random() > 0.1 else -0.7) for n in range(step)
        ]
        async with session.post(f"{url}/v1/mentions", data=b"\n".join(lines)) as answer:
            sent += (await answer.json())["accepted"]
        await asyncio.sleep(max(0.0, began + sent / rate - time.perf_counter()))
    return sent


async def measure(directory: Path, rate: int, samples: int) -> tuple[list[float], float]:
    """Latencies in seconds, and the rate of mentions reached."""
    hooks = Hooks()
    app = web.Application()
    app.router.add_post("/hook", hooks.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    port = runner.addresses[0][1]
    config = settings(directory, samples, f"http://127.0.0.1:{port}/hook")
    bodies = ("01", "79", *(f"B{n:03d}" for n in range(samples)))
    await seed_history(f"sqlite:///{directory / 'log.sqlite'}", bodies, time.time_ns() // 1_000_000)
    async with service(directory, config) as url:
        token = (directory / "first-token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
        async with aiohttp.ClientSession(headers=headers) as session:
            ends, began = asyncio.Event(), time.perf_counter()
            traffic = asyncio.create_task(background(session, url, rate, ends))
            await asyncio.sleep(20)
            started: dict[str, float] = {}
            for n in range(samples):
                lines = [mention(n * BURST + i, f"B{n:03d}", -0.9) for i in range(BURST)]
                started[f"B{n:03d}"] = time.perf_counter()
                async with session.post(f"{url}/v1/mentions", data=b"\n".join(lines)) as answer:
                    assert answer.status == 202, await answer.text()
                await asyncio.sleep(0.2 + random.random() * 0.2)
            await asyncio.sleep(5)
            ends.set()
            reached = await traffic / (time.perf_counter() - began)
    await runner.cleanup()
    lost = set(started) - set(hooks.at)
    print(f"{len(lost)} of {samples} without a webhook" if lost else f"{samples} webhooks verified")
    return [hooks.at[body] - start for body, start in started.items() if body in hooks.at], reached


def main() -> None:
    """Measure and print."""
    rate = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    samples = int(sys.argv[2]) if len(sys.argv) > 2 else 150
    with tempfile.TemporaryDirectory() as directory:
        latencies, reached = asyncio.run(measure(Path(directory), rate, samples))
        if not latencies:
            print((Path(directory) / "out.log").read_text(errors="replace")[-3000:])
            sys.exit(1)
    latencies.sort()
    p99 = latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))]
    print(
        f"mention to webhook at {reached:.0f} mentions/s: minimum {latencies[0]:.3f} s, "
        f"median {statistics.median(latencies):.3f} s, 99th percentile {p99:.3f} s, maximum {latencies[-1]:.3f} s"
    )


if __name__ == "__main__":
    main()
