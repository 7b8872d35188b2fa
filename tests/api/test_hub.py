"""The stream: resumed without loss or repetition, told to many, never held up by one."""

import asyncio
import random
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import cursors
from api.hub import Dropped, Hub, HubPolicy
from tests.api.stand import Reader, Stand, make_finding, running, until


async def _hub_at_head(stand: Stand) -> None:
    await until(lambda: stand.app.state.service.hub.head == stand.store.latest())


async def test_a_broken_stream_is_resumed_without_loss_or_repetition(tmp_path: Path) -> None:
    rng = random.Random(7)
    async with running(tmp_path) as stand, aiohttp.ClientSession() as session:
        reader = Reader(stand, session)
        ready = await reader.connect()
        assert ready is not None
        assert ready.kind == "ready"
        seen: list[int] = []
        given_out = 0
        while len(seen) < 120:
            if given_out < 120 and rng.random() < 0.5:
                burst = min(rng.randrange(1, 9), 120 - given_out)
                stand.source.give(*(make_finding(given_out + place) for place in range(1, burst + 1)))
                given_out += burst
            for _ in range(rng.randrange(0, 6)):
                if len(seen) == given_out:
                    break
                event = await reader.next()
                assert event is not None
                assert event.kind == "alert"
                seen.append(int(event.data["id"], 16))
            if rng.random() < 0.4:
                reader.kill()
                await reader.connect()
        assert seen == list(range(1, 121))


async def test_a_stream_without_a_cursor_begins_now_and_its_first_event_can_be_resumed_from(tmp_path: Path) -> None:
    async with running(tmp_path) as stand, aiohttp.ClientSession() as session:
        await stand.fire(make_finding(1))
        await _hub_at_head(stand)
        reader = Reader(stand, session)
        ready = await reader.connect()
        assert ready is not None
        assert ready.data["cursor"] == ready.id
        reader.kill()
        await stand.fire(make_finding(2))
        await reader.connect()
        event = await reader.next()
        assert event is not None
        assert event.data["id"] == f"{2:032x}"


async def test_polling_and_stream_share_their_cursors(tmp_path: Path) -> None:
    async with running(tmp_path) as stand, aiohttp.ClientSession() as session:
        await stand.fire(make_finding(1), make_finding(2))
        await _hub_at_head(stand)
        page = (await stand.http.get("/v1/alerts")).json()
        await stand.fire(make_finding(3))
        reader = Reader(stand, session)
        await reader.connect(page["cursor"])
        event = await reader.next()
        assert event is not None
        assert event.data["id"] == f"{3:032x}"
        since = (await stand.http.get("/v1/alerts", params={"after": page["cursor"]})).json()
        assert since["cursor"] == event.id
        assert since["alerts"] == [event.data]


@pytest.mark.parametrize("ahead", [cursors.encode("all", 10**6)])
async def test_a_cursor_of_a_log_that_is_gone_leads_to_a_resync(tmp_path: Path, ahead: str) -> None:
    async with running(tmp_path) as stand, aiohttp.ClientSession() as session:
        reader = Reader(stand, session)
        event = await reader.connect(ahead)
        assert event is not None
        assert event.kind == "resync"
        await stand.fire(make_finding(1))
        after = await reader.next()
        assert after is not None
        assert after.kind == "alert"


async def test_silent_streams_get_a_sign_of_life(tmp_path: Path) -> None:
    async with running(tmp_path, sse_heartbeat_seconds=0.1) as stand, aiohttp.ClientSession() as session:
        headers = {"authorization": f"Bearer {stand.token}"}
        async with session.get(f"{stand.url}/v1/alerts/stream", headers=headers) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            async with asyncio.timeout(5):
                while await answer.content.readline() != b": heartbeat\n":
                    pass


async def test_five_hundred_subscribers_each_get_every_alert_once(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as stand,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        hub = stand.app.state.service.hub
        readers = [Reader(stand, session) for _ in range(500)]
        for start in range(0, 500, 50):
            await asyncio.gather(*(reader.connect() for reader in readers[start : start + 50]))
        assert len(hub) == 500
        for number in range(1, 6):
            await stand.fire(make_finding(number))
        expected = [f"{number:032x}" for number in range(1, 6)]
        for reader in readers:
            got = [await reader.next() for _ in expected]
            assert [one.data["id"] for one in got if one] == expected
        for reader in readers[:300]:
            reader.kill()
        await until(lambda: len(hub) == 200)
        assert "canhbao_sse_subscribers 200.0" in (await stand.http.get("/metrics")).text


async def test_there_is_a_bound_on_streams(tmp_path: Path) -> None:
    async with running(tmp_path, sse_subscribers=1) as stand, aiohttp.ClientSession() as session:
        await Reader(stand, session).connect()
        answer = await stand.http.get("/v1/alerts/stream")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


async def test_stopping_ends_streams_at_once(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as session:
        async with running(tmp_path) as stand:
            headers = {"authorization": f"Bearer {stand.token}"}
            answer = await session.get(f"{stand.url}/v1/alerts/stream", headers=headers)
            assert await answer.content.readline() == b"retry: 2000\n"
            begun = loop.time()
        assert loop.time() - begun < 3
        assert b"event: ready" in await answer.read()


class _Log:
    """Numbers as frames."""

    def __init__(self) -> None:
        self.newest = 0

    async def frames(self, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        return [(n, b"%d;" % n) for n in range(after + 1, min(self.newest, after + limit) + 1)]

    async def latest(self) -> int:
        return self.newest

    def gap(self, sequence: int) -> bytes:
        return b"gap%d;" % sequence

    def hello(self, sequence: int) -> bytes:
        return b"hello%d;" % sequence


class _Peer:
    """A subscriber's socket that a test opens and shuts."""

    def __init__(self) -> None:
        self.got = b""
        self.writable = asyncio.Event()
        self.writable.set()
        self.gone = asyncio.Event()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        await self.writable.wait()
        self.got += message.get("body", b"")

    async def receive(self) -> MutableMapping[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}


async def _with_hub(log: _Log, policy: HubPolicy, work: Callable[[Hub], Awaitable[None]]) -> None:
    hub = Hub(log, policy)
    running_hub = asyncio.create_task(hub.run())
    try:
        await hub.started()
        await work(hub)
    finally:
        running_hub.cancel()
        await asyncio.gather(running_hub, return_exceptions=True)


async def test_a_laggard_catches_up_from_the_store_while_others_go_on() -> None:
    log, quick, slow = _Log(), _Peer(), _Peer()

    async def work(hub: Hub) -> None:
        streams = [asyncio.create_task(hub.serve(peer.send, peer.receive, 0)) for peer in (quick, slow)]
        await until(lambda: quick.got == slow.got == b"hello0;")
        slow.writable.clear()
        for _ in range(50):
            log.newest += 1
            hub.notify()
            await until(lambda: hub.head == log.newest)
        everything = b"hello0;" + b"".join(b"%d;" % n for n in range(1, 51))
        await until(lambda: quick.got == everything)
        assert slow.got == b"hello0;"
        slow.writable.set()
        await until(lambda: slow.got == everything)
        quick.gone.set()
        slow.gone.set()
        await asyncio.gather(*streams)
        assert len(hub) == 0

    await _with_hub(log, HubPolicy(ring=8, page=4), work)


async def test_who_takes_nothing_is_dropped_and_counted() -> None:
    log, peer = _Log(), _Peer()

    async def work(hub: Hub) -> None:
        peer.writable.clear()
        stream = asyncio.create_task(hub.serve(peer.send, peer.receive, 0))
        async with asyncio.timeout(5):
            await stream
        assert hub.counts.dropped[Dropped.SLOW] == 1
        assert len(hub) == 0

    await _with_hub(log, HubPolicy(slow_seconds=0.05), work)


async def test_too_far_behind_is_said_as_a_gap() -> None:
    log, peer = _Log(), _Peer()
    log.newest = 100

    async def work(hub: Hub) -> None:
        stream = asyncio.create_task(hub.serve(peer.send, peer.receive, 5))
        await until(lambda: peer.got == b"gap100;")
        assert hub.counts.gaps == 1
        log.newest = 101
        hub.notify()
        await until(lambda: peer.got == b"gap100;101;")
        peer.gone.set()
        await stream

    await _with_hub(log, HubPolicy(reach=50), work)


async def _act(
    hub: Hub, log: _Log, peers: "list[tuple[int, _Peer, asyncio.Task[None]]]", step: str, amount: int
) -> None:
    if step == "new":
        log.newest += amount
        hub.notify()
    elif step == "join":
        start, peer = min(amount, hub.head), _Peer()
        peers.append((start, peer, asyncio.create_task(hub.serve(peer.send, peer.receive, start))))
    elif step == "breathe":
        for _ in range(amount):
            await asyncio.sleep(0)
    elif peers:
        writable = peers[amount % len(peers)][1].writable
        writable.set() if step == "flow" else writable.clear()


_STEPS = st.tuples(st.sampled_from(["new", "stall", "flow", "join", "breathe"]), st.integers(1, 9))


@settings(max_examples=40, deadline=None)
@given(st.lists(_STEPS, max_size=40))
def test_nobody_misses_or_repeats_whatever_happens(steps: list[tuple[str, int]]) -> None:
    async def work(hub: Hub) -> None:
        peers: list[tuple[int, _Peer, asyncio.Task[None]]] = []
        for step, amount in steps:
            await _act(hub, log, peers, step, amount)
        for _, peer, _ in peers:
            peer.writable.set()
        hub.notify()
        for start, peer, stream in peers:
            numbers = b"".join(b"%d;" % n for n in range(start + 1, log.newest + 1))
            await until(lambda p=peer, n=numbers: p.got.partition(b";")[2] == n, seconds=3)
            peer.gone.set()
            await stream

    log = _Log()
    asyncio.run(_with_hub(log, HubPolicy(ring=5, page=3, breath=1), work))
