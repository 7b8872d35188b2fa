"""Serving, measured: streams, polling, webhooks. Run: .venv/bin/python -m tests.bench.serving [--quick].

Figures are min / median / max of the runs. What counts is CPU per delivery and the ratios; the rates are those of this
machine with its other load; the streams' readers and the poller are processes of their own.
"""

import argparse
import asyncio
import multiprocessing
import os
import platform
import resource
import socket
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import aiohttp
from aiohttp import web

from alerts.receiving import Outcome
from tests.api.stand import SECRET, Stand, make_finding, running, until

SUBSCRIBERS = 1000
EVENTS = 20
POLLS = 4000
WEBHOOKS = 2000
IN_FLIGHT = 64


def show(what: str, values: Sequence[float], unit: str) -> None:
    """One line: min, median, max."""
    low, middle, high = min(values), statistics.median(values), max(values)
    print(f"{what:<58} {low:>10,.1f} {middle:>10,.1f} {high:>10,.1f} {unit}", flush=True)


def read_streams(
    port: int, token: str, count: int, until_id: bytes, pipe: "multiprocessing.connection.Connection"
) -> None:
    """Hold `count` streams open until each has seen `until_id`; says when they are open, and when each had it."""
    import select

    request = f"GET /v1/alerts/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    with ExitStack() as stack:
        poller = select.epoll()
        tails: dict[int, bytes] = {}
        sockets: dict[int, socket.socket] = {}
        for _ in range(count):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            one.sendall(request)
            while b"event: ready" not in one.recv(65536):
                pass
            one.setblocking(False)
            sockets[one.fileno()], tails[one.fileno()] = one, b""
            poller.register(one.fileno(), select.EPOLLIN)
        pipe.send("open")
        times = []
        while sockets:
            for number, _ in poller.poll():
                data = tails[number] + sockets[number].recv(262144)
                tails[number] = data[-100:]
                if until_id in data:
                    times.append(time.monotonic())
                    poller.unregister(number)
                    sockets.pop(number)
        pipe.send(times)


def poll(port: int, token: str, etag: str, count: int, pipe: "multiprocessing.connection.Connection") -> None:
    """Poll `count` times over one connection; says how long it took."""
    request = (
        f"GET /v1/alerts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nIf-None-Match: {etag}\r\n\r\n".encode()
    )
    with socket.create_connection(("127.0.0.1", port)) as one:
        begun = time.monotonic()
        for _ in range(count):
            one.sendall(request)
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += one.recv(65536)
            assert answer.startswith(b"HTTP/1.1 304"), answer[:100]
        pipe.send(time.monotonic() - begun)


async def _received(pipe: "multiprocessing.connection.Connection") -> object:
    return await asyncio.to_thread(pipe.recv)


async def streams(stand: Stand, subscribers: int, first: int) -> tuple[list[float], float, float]:
    """Latencies of the last alert, CPU microseconds a delivery, KiB a subscriber."""
    ours, theirs = multiprocessing.Pipe()
    last = f'"id":"{first + EVENTS - 1:032x}"'.encode()
    arguments = (stand.port, stand.token, subscribers, last, theirs)
    process = multiprocessing.get_context("spawn").Process(target=read_streams, args=arguments)
    before = _rss_kib()
    process.start()
    assert await _received(ours) == "open"
    size = (_rss_kib() - before) / subscribers
    await asyncio.sleep(0.5)
    cpu = time.process_time()
    for number in range(first, first + EVENTS):
        given = time.monotonic()
        await stand.fire(make_finding(number))
        await until(lambda: stand.app.state.service.hub.head == stand.store.latest())
        await asyncio.sleep(0.05)
    times = await _received(ours)
    cpu = (time.process_time() - cpu) / (EVENTS * subscribers)
    assert isinstance(times, list)
    assert len(times) == subscribers
    process.join()
    return [1000 * (one - given) for one in times], cpu * 1e6, size


async def polling(stand: Stand, count: int) -> float:
    """Answers of 304 a second."""
    etag = (await stand.http.get("/v1/alerts")).headers["etag"]
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=poll, args=(stand.port, stand.token, etag, count, theirs)
    )
    process.start()
    seconds = await _received(ours)
    process.join()
    assert isinstance(seconds, float)
    return count / seconds


async def webhooks(directory: Path, count: int) -> tuple[float, float]:
    """Signed deliveries a second, and CPU microseconds of each; receiver and store in the same process."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    told = {"name": "office", "url": url, "secret": SECRET, "allow_private": True, "concurrency": IN_FLIGHT}
    async with running(directory, receivers=[told]) as stand:
        findings = [make_finding(number) for number in range(1, count + 1)]
        begun, cpu = time.monotonic(), time.process_time()
        stand.source.give(*findings)
        await until(lambda: stand.store.counts()[Outcome.DELIVERED] == count, seconds=120)
        seconds, cpu = time.monotonic() - begun, time.process_time() - cpu
    await runner.cleanup()
    return count / seconds, 1e6 * cpu / count


def _rss_kib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024


async def main(*, quick: bool) -> None:
    """Run all and print."""
    runs, subscribers, polls, hooks = (2, 200, 500, 300) if quick else (5, SUBSCRIBERS, POLLS, WEBHOOKS)
    print(f"python {platform.python_version()}, {os.cpu_count()} CPUs, aiohttp {aiohttp.__version__}, {runs} runs")
    print(f"{'':<58} {'min':>10} {'median':>10} {'max':>10}")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        async with running(directory / "a") as stand:
            cpus, sizes, slowest, middles = [], [], [], []
            for run in range(runs):
                latencies, cpu, size = await streams(stand, subscribers, 1 + run * EVENTS)
                cpus.append(cpu)
                sizes.append(size)
                middles.append(statistics.median(latencies))
                slowest.append(statistics.quantiles(latencies, n=100)[98])
            size = len((await stand.http.get(f"/v1/alerts/{1:032x}")).content)
            print(f"streams: {subscribers} subscribers, {EVENTS} alerts of about {size} bytes")
            show("  CPU a delivery (whole service)", cpus, "µs")
            show("  finding given to alert read, median of subscribers", middles, "ms")
            show("  finding given to alert read, 99th percentile", slowest, "ms")
            show("  memory a new subscriber", sizes[:1], "KiB")
            show("polling, 304, one connection", [await polling(stand, polls) for _ in range(runs)], "/s")
        sent = [await webhooks(directory / str(run), hooks) for run in range(runs)]
        print(f"webhooks: signed, {IN_FLIGHT} in flight, receiver and store in the process")
        show("  deliveries", [rate for rate, _ in sent], "/s")
        show("  CPU a delivery, receiver's included", [cpu for _, cpu in sent], "µs")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run that only shows that it works")
    asyncio.run(main(quick=parser.parse_args().quick))
