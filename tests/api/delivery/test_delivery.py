"""Webhooks, against real servers on loopback that verify with the reference library."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from alerts.delivering import RetryPolicy
from alerts.model import AlertState, Severity
from alerts.receiving import Outcome
from alerts.store.memory import MemoryStore
from tests.api.stand import SECRET, HandSource, Stand, make_excerpt, make_finding, running, until

Answering = Callable[[web.Request, int], Awaitable[web.StreamResponse]]


async def _fine(_: web.Request, __: int) -> web.StreamResponse:
    return web.Response(status=204)


@dataclass
class Receiver:
    """A webhook receiver: keeps what it verified."""

    port: int = 0
    calls: int = 0
    got: list[tuple[dict[str, str], Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address, by a loopback IP."""
        return f"http://127.0.0.1:{self.port}/hook"


@asynccontextmanager
async def receiving(answer: Answering = _fine) -> AsyncIterator[Receiver]:
    """A receiver that verifies each call before `answer` answers the n-th (from 1)."""
    receiver = Receiver()

    async def handle(request: web.Request) -> web.StreamResponse:
        receiver.calls += 1
        body = await request.read()
        headers = dict(request.headers)
        receiver.got.append((headers, Webhook(SECRET).verify(body, headers)))
        return await answer(request, receiver.calls)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()


def _told(url: str, **changes: Any) -> dict[str, Any]:
    return {"name": "office", "url": url, "secret": SECRET, "allow_private": True, **changes}


def _outcomes(stand: Stand, number: int = 1) -> list[tuple[Outcome, str, int]]:
    return [(one.outcome, one.reason, one.attempts) for one in stand.store.deliveries(f"{number:032x}")]


async def test_an_alert_arrives_signed_with_its_texts(tmp_path: Path) -> None:
    async with receiving() as receiver, running(tmp_path, receivers=[_told(receiver.url)]) as stand:
        await stand.fire(make_excerpt(), make_finding())
        await until(lambda: _outcomes(stand) == [(Outcome.DELIVERED, "delivered", 1)])
        headers, body = receiver.got[0]
        assert body["type"] == "alert.fired"
        assert body["data"]["organisation_name"] == "Tỉnh Thái Nguyên"
        assert body["data"]["representatives"][0]["title"] == "Nước lên nhanh, người dân chờ cứu trợ"
        assert body["data"]["url"] == f"{stand.url}/alerts/{1:032x}"
        assert headers["webhook-id"] == stand.store.deliveries(f"{1:032x}")[0].id
        assert headers["Content-Type"] == "application/json"
        metrics = (await stand.http.get("/metrics")).text
        assert 'canhbao_delivery_attempts_total{reason="delivered",verdict="done"} 1.0' in metrics
        assert 'canhbao_deliveries{outcome="delivered"} 1.0' in metrics
        assert "canhbao_finding_to_delivery_seconds_count 1.0" in metrics
        listed = await stand.http.get("/v1/receivers")
        assert listed.json()["receivers"][0]["url"] == receiver.url.replace("/hook", "/…")
        assert listed.json()["deliveries"]["delivered"] == 1
        assert SECRET not in listed.text
        assert "whsec" not in listed.text


async def test_attempts_keep_the_id_and_renew_the_timestamp(tmp_path: Path) -> None:
    async def busy_once(_: web.Request, call: int) -> web.StreamResponse:
        return web.Response(status=503 if call == 1 else 200)

    soon = RetryPolicy(delays=(timedelta(seconds=1.2),), jitter=0)
    async with receiving(busy_once) as receiver, running(tmp_path, retries=soon, receivers=[_told(receiver.url)]) as st:
        await st.fire(make_finding())
        await until(lambda: _outcomes(st) == [(Outcome.PENDING, "status_5xx", 1)])
        waiting = st.store.next_due()
        assert waiting is not None
        assert (waiting - st.app.state.service.clock()).total_seconds() <= 1.2
        await until(lambda: _outcomes(st)[0][0] is Outcome.DELIVERED)
        first, second = (headers for headers, _ in receiver.got)
        assert first["webhook-id"] == second["webhook-id"]
        assert int(second["webhook-timestamp"]) >= int(first["webhook-timestamp"]) + 1


async def test_what_waits_survives_a_restart(tmp_path: Path) -> None:
    async def busy(_: web.Request, __: int) -> web.StreamResponse:
        return web.Response(status=503, headers={"Retry-After": "3600"})

    store = MemoryStore()
    async with receiving(busy) as receiver:
        async with running(tmp_path, store=store, receivers=[_told(receiver.url)]) as stand:
            await stand.fire(make_finding())
            await until(lambda: _outcomes(stand) == [(Outcome.PENDING, "status_5xx", 1)])
            due = store.next_due()
        async with running(tmp_path, store=store, receivers=[_told(receiver.url)], source=HandSource()) as stand:
            assert store.next_due() == due
            assert due is not None
            assert (due - stand.app.state.service.clock()).total_seconds() > 3500
            assert receiver.calls == 1


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, (Outcome.DEAD, "refused", 1)),
        (301, (Outcome.DEAD, "redirect", 1)),
        (429, (Outcome.PENDING, "status_429", 1)),
        (410, (Outcome.DEAD, "gone", 1)),
    ],
)
async def test_answers_mean_what_they_say(tmp_path: Path, status: int, expected: tuple[Outcome, str, int]) -> None:
    async def answer(_: web.Request, __: int) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async with receiving(answer) as receiver, running(tmp_path, receivers=[_told(receiver.url)]) as stand:
        await stand.fire(make_finding())
        await until(lambda: _outcomes(stand) == [expected])
        assert receiver.calls == 1, "a redirect is never followed"
        listed = (await stand.http.get("/v1/receivers")).json()["receivers"][0]
        assert bool(listed["disabled"]) == (status == 410)


async def test_an_endless_answer_is_not_read_to_its_end(tmp_path: Path) -> None:
    async def endless(request: web.Request, _: int) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
        except ConnectionError:
            return response

    async with receiving(endless) as receiver, running(tmp_path, receivers=[_told(receiver.url)]) as stand:
        await stand.fire(make_finding())
        await until(lambda: _outcomes(stand) == [(Outcome.DELIVERED, "delivered", 1)])


async def test_a_receiver_that_is_not_there_is_tried_again(tmp_path: Path) -> None:
    async with running(tmp_path, receivers=[_told("http://127.0.0.1:9/hook")], allow_networks=["127.0.0.0/8"]) as stand:
        await stand.fire(make_finding())
        # Port 9 is below those that may be called at all.
        await until(lambda: _outcomes(stand) == [(Outcome.DEAD, "address", 1)])
    async with receiving() as gone:
        url = gone.url
    async with running(tmp_path, receivers=[_told(url)]) as stand:
        await stand.fire(make_finding())
        await until(lambda: _outcomes(stand) == [(Outcome.PENDING, "connection", 1)])


async def test_receivers_get_what_they_asked_for(tmp_path: Path) -> None:
    async with receiving() as receiver:
        told = [
            _told(receiver.url, name="all"),
            _told(receiver.url, name="grave", min_severity="critical"),
            _told(receiver.url, name="hanoi", organisations=["01"]),
            _told(receiver.url, name="off", enabled=False),
        ]
        async with running(tmp_path, receivers=told) as stand:
            await stand.fire(make_finding(1), make_finding(2, organisation="01", severity=Severity.CRITICAL))
            names = {1: ["all"], 2: ["all", "grave", "hanoi"]}
            for number, expected in names.items():
                await until(lambda n=number: all(one[0] is Outcome.DELIVERED for one in _outcomes(stand, n)))
                assert sorted(one.receiver for one in stand.store.deliveries(f"{number:032x}")) == expected


async def test_drills_go_only_to_those_who_want_them(tmp_path: Path) -> None:
    async with receiving() as receiver:
        told = [_told(receiver.url, name="all"), _told(receiver.url, name="drills", drills=True)]
        async with running(tmp_path, receivers=told, source=HandSource(run="demo-1")) as stand:
            await stand.fire(make_finding())
            await until(lambda: receiver.calls == 1)
            assert receiver.got[0][1]["data"]["drill"] is True
            assert [one.receiver for one in stand.store.deliveries(f"{1:032x}", "demo-1")] == ["drills"]


async def test_a_removed_receiver_gets_nothing_more(tmp_path: Path) -> None:
    store = MemoryStore()
    async with receiving() as receiver:
        async with running(tmp_path, store=store, receivers=[_told(receiver.url)]):
            pass
        async with running(tmp_path, store=store, source=HandSource()) as stand:
            await stand.fire(make_finding())
            assert _outcomes(stand) == []
            assert [one.enabled for one in store.receivers()] == [False]


async def test_many_alerts_arrive_once_each_and_slow_receivers_do_not_hold_up_others(tmp_path: Path) -> None:
    release = asyncio.Event()

    async def slow(_: web.Request, __: int) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    async with receiving(slow) as late, receiving() as quick:
        told = [_told(late.url, name="late", concurrency=2), _told(quick.url, name="quick")]
        async with running(tmp_path, receivers=told) as stand:
            for start in range(0, 40, 20):
                await stand.fire(*(make_finding(number) for number in range(start, start + 20)))
            await until(lambda: quick.calls == 40)
            assert late.calls <= 2
            release.set()
            await until(lambda: stand.store.counts()[Outcome.DELIVERED] == 80)
            ids = [headers["webhook-id"] for headers, _ in quick.got]
            assert len(set(ids)) == len(ids) == 40


async def test_receivers_that_do_not_answer_hold_up_no_other_however_much_waits_for_them(tmp_path: Path) -> None:
    async def never(_: web.Request, __: int) -> web.StreamResponse:
        await asyncio.sleep(3600)
        return web.Response()

    async with receiving(never) as dead, receiving() as quick:
        told = [_told(dead.url, name=f"dead-{number}") for number in range(12)]
        async with running(tmp_path, receivers=[*told, _told(quick.url, name="quick")]) as stand:
            begun = asyncio.get_running_loop().time()
            await stand.fire(*(make_finding(number) for number in range(150)))
            await until(lambda: quick.calls == 150)
            assert asyncio.get_running_loop().time() - begun < 8  # before any attempt has timed out
            assert dead.calls <= 12 * 8


_INSIDE = (
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",  # noqa: S104 - refused as an address, never bound
    "10.0.0.8",
    "172.16.9.9",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[fe80::1]",
    "[fc00::1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "localhost",
    "inside.example",
    "both.example",
    "mapped.example",
)


async def test_nothing_is_sent_into_the_house(tmp_path: Path) -> None:
    """Whatever the spelling, and whatever a name resolves to."""
    names = {
        "localhost": ["127.0.0.1"],
        "inside.example": ["10.0.0.1"],
        "both.example": ["203.0.114.1", "127.0.0.1"],
        "mapped.example": ["::ffff:127.0.0.1"],
    }

    async def lookup(name: str, _: int) -> Sequence[tuple[int, str]]:
        return [(10 if ":" in one else 2, one) for one in names[name]]

    async with receiving() as receiver:
        told = [
            _told(f"http://{host}:{receiver.port}/hook", name=f"r{place}", allow_private=False)
            for place, host in enumerate(_INSIDE)
        ]
        async with running(tmp_path, receivers=told, lookup=lookup) as stand:
            await stand.fire(make_finding())
            await until(lambda: stand.store.counts()[Outcome.DEAD] == len(_INSIDE))
            assert set(_outcomes(stand)) == {(Outcome.DEAD, "address", 1)}
            assert receiver.calls == 0


async def test_a_name_is_resolved_once_and_the_connection_goes_where_it_was_checked(tmp_path: Path) -> None:
    """A resolver that changes its answer (rebinding) is asked once a connection, and its answer is what is used."""
    asked: list[str] = []

    async def lookup(name: str, _: int) -> Sequence[tuple[int, str]]:
        asked.append(name)
        return [(2, "127.0.0.1" if len(asked) == 1 else "127.0.0.2")]

    async with receiving() as receiver:
        told = _told(f"http://moving.example:{receiver.port}/hook", allow_private=False)
        async with running(tmp_path, receivers=[told], lookup=lookup, allow_networks=["127.0.0.1/32"]) as stand:
            await stand.fire(make_finding(1))
            await until(lambda: receiver.calls == 1)
            assert asked == ["moving.example"]


async def test_a_name_that_moves_into_the_house_is_refused_at_the_next_connection(tmp_path: Path) -> None:
    asked: list[str] = []

    async def lookup(name: str, _: int) -> Sequence[tuple[int, str]]:
        asked.append(name)
        return [(2, "127.0.0.1" if len(asked) == 1 else "127.0.0.2")]

    async def close(_: web.Request, __: int) -> web.StreamResponse:
        return web.Response(headers={"Connection": "close"})

    async with receiving(close) as receiver:
        told = _told(f"http://moving.example:{receiver.port}/hook", allow_private=False)
        async with running(tmp_path, receivers=[told], lookup=lookup, allow_networks=["127.0.0.1/32"]) as stand:
            await stand.fire(make_finding(1))
            await until(lambda: _outcomes(stand) == [(Outcome.DELIVERED, "delivered", 1)])
            await stand.fire(make_finding(2))
            await until(lambda: _outcomes(stand, 2) == [(Outcome.DEAD, "address", 1)])
            assert receiver.calls == 1


async def test_a_resolved_alert_is_told_as_such(tmp_path: Path) -> None:
    async with receiving() as receiver, running(tmp_path, receivers=[_told(receiver.url)]) as stand:
        await stand.fire(make_finding())
        await until(lambda: receiver.calls == 1)
        await stand.fire(make_finding(revision=2, state=AlertState.RESOLVED, reason="resolved"))
        await until(lambda: receiver.calls == 2)
        assert [body["type"] for _, body in receiver.got] == ["alert.fired", "alert.resolved"]
        assert json.dumps(receiver.got[1][1])
