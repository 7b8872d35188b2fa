"""Receivers of every channel, against real servers on loopback: HTTP ones, and an SMTP server."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook

from alerts.delivering import RetryPolicy
from alerts.model import AlertState
from alerts.receiving import Outcome
from tests.api.stand import SECRET, Stand, make_excerpt, make_finding, running, until


@dataclass
class Desk:
    """An HTTP server that keeps what came, and answers as it is told."""

    port: int = 0
    status: int = 200
    answer: str = '{"error": 0}'
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/in"


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    """A desk on a free port."""
    made = Desk()

    async def handle(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        made.calls.append((request.path, headers, await request.read()))
        return web.Response(status=made.status, text=made.answer, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    try:
        yield made
    finally:
        await runner.cleanup()


@dataclass
class Postbox:
    """An SMTP server's handler: keeps what it takes, refuses whom it is told to refuse."""

    refuse: dict[str, str] = field(default_factory=dict)
    taken: list[Envelope] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse an addressee."""
        assert server
        assert session
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the message."""
        assert server
        assert session
        self.taken.append(envelope)
        return "250 OK"


class _Tuned(Controller):
    """Port 0 finds a free port."""

    def _trigger_server(self) -> None:
        """The real port is known by now."""
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        trigger: Any = super()._trigger_server
        trigger()


@contextmanager
def postbox(box: Postbox, **options: Any) -> Iterator[int]:
    """The box behind a real SMTP server on loopback; gives its port."""
    controller = _Tuned(box, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def outcomes(stand: Stand) -> list[tuple[Outcome, str, int]]:
    return [(one.outcome, one.reason, one.attempts) for one in stand.store.deliveries(f"{1:032x}")]


DONE = [(Outcome.DELIVERED, "delivered", 1)]


async def delivered(tmp_path: Path, receiver: dict[str, Any], made: Desk) -> tuple[str, dict[str, str], bytes]:
    """Fire an alert for this receiver; what its desk got."""
    told = {"name": "office", "url": made.url, "allow_private": True, **receiver}
    async with running(tmp_path, receivers=[told]) as stand:
        await stand.fire(make_excerpt(), make_finding())
        await until(lambda: outcomes(stand) == DONE)
    (call,) = made.calls
    return call


@pytest.mark.parametrize("channel", ["slack", "teams"])
async def test_a_messenger_gets_json_without_a_signature(tmp_path: Path, channel: str) -> None:
    async with desk() as made:
        _, headers, body = await delivered(tmp_path, {"channel": channel}, made)
    assert "webhook-signature" not in headers
    assert "Thái Nguyên" in json.dumps(json.loads(body), ensure_ascii=False)


async def test_telegram_is_called_at_its_bots_address(tmp_path: Path) -> None:
    async with desk() as made:
        told = {"channel": "telegram", "key": "123:abc", "to": ["-100"], "url": f"http://127.0.0.1:{made.port}"}
        path, _, body = await delivered(tmp_path, told, made)
    assert path == "/bot123:abc/sendMessage"
    assert json.loads(body)["chat_id"] == "-100"


async def test_pagerduty_and_an_sms_gateway_get_their_keys(tmp_path: Path) -> None:
    async with desk() as made:
        _, _, body = await delivered(tmp_path, {"channel": "pagerduty", "key": "routing-1"}, made)
        assert json.loads(body)["routing_key"] == "routing-1"
    async with desk() as made:
        told = {"channel": "sms", "key": "bearer-1", "to": ["+84900000000"]}
        _, headers, body = await delivered(tmp_path / "sms", told, made)
        assert headers["authorization"] == "Bearer bearer-1"
        assert json.loads(body)["to"] == "+84900000000"


@pytest.mark.parametrize(
    ("channel", "kind"), [("cloudevents", "application/cloudevents+json"), ("cap", "application/cap+xml")]
)
async def test_a_signed_channel_verifies_with_the_reference_library(tmp_path: Path, channel: str, kind: str) -> None:
    async with desk() as made:
        _, headers, body = await delivered(tmp_path, {"channel": channel, "secret": SECRET}, made)
    assert headers["content-type"].startswith(kind)
    if channel == "cap":
        with pytest.raises(json.JSONDecodeError):  # the signature holds; what it signs is no JSON
            Webhook(SECRET).verify(body, headers)
        assert ET.fromstring(body).tag.endswith("alert")  # noqa: S314 - our own bytes
    else:
        assert Webhook(SECRET).verify(body, headers)["specversion"] == "1.0"


async def test_what_zalo_says_within_a_200_is_heard(tmp_path: Path) -> None:
    quick = RetryPolicy(delays=(*RetryPolicy().delays[:0], RetryPolicy().delays[0] / 100), most_attempts=2)
    async with desk() as made:
        made.answer = '{"error": -216, "message": "no"}'
        told = {"name": "office", "channel": "zalo", "key": "t", "to": ["1"], "url": made.url, "allow_private": True}
        async with running(tmp_path, receivers=[told], retries=quick) as stand:
            await stand.fire(make_finding())
            await until(lambda: outcomes(stand) == [(Outcome.DEAD, "attempts", 2)])
    assert made.calls[0][1]["access_token"] == "t"


def mailed(port: int, **changes: Any) -> dict[str, Any]:
    """Settings of a receiver by e-mail, and of the server at a port."""
    mail = {"host": "localhost", "port": port, "encryption": "none", "sender": "canhbao@example.vn"}
    return {
        "receivers": [{"name": "office", "channel": "email", "to": ["a@example.vn", "b@example.vn"]}],
        "mail": {**mail, "allow_private": True, **changes},
    }


async def test_an_e_mail_reaches_all_addresses_of_its_receiver(tmp_path: Path) -> None:
    box = Postbox()
    with postbox(box) as port:
        async with running(tmp_path, **mailed(port)) as stand:
            await stand.fire(make_excerpt(), make_finding())
            await until(lambda: outcomes(stand) == DONE)
            await stand.fire(make_finding(revision=2, state=AlertState.RESOLVED, reason="resolved"))
            await until(lambda: len(box.taken) == 2)
    first = box.taken[0]
    assert first.rcpt_tos == ["a@example.vn", "b@example.vn"]
    assert first.mail_from == "canhbao@example.vn"
    assert b"Auto-Submitted: auto-generated" in (first.content or b"")


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        ({"a@example.vn": "550 no such user"}, DONE),
        ({"a@example.vn": "550 no", "b@example.vn": "550 no"}, [(Outcome.DEAD, "mail_refused", 1)]),
    ],
)
async def test_what_a_mail_server_refuses_is_final_only_if_it_refuses_everybody(
    tmp_path: Path, refused: dict[str, str], expected: list[tuple[Outcome, str, int]]
) -> None:
    with postbox(Postbox(refused)) as port:
        async with running(tmp_path, **mailed(port)) as stand:
            await stand.fire(make_finding())
            await until(lambda: outcomes(stand) == expected)


async def test_a_mail_that_is_put_off_is_tried_again(tmp_path: Path) -> None:
    box = Postbox(dict.fromkeys(("a@example.vn", "b@example.vn"), "451 later"))
    with postbox(box) as port:
        async with running(tmp_path, **mailed(port)) as stand:
            await stand.fire(make_finding())
            await until(lambda: outcomes(stand) == [(Outcome.PENDING, "mail_deferred", 1)])


async def test_a_mail_server_without_the_encryption_asked_for_gets_nothing(tmp_path: Path) -> None:
    box = Postbox()
    with postbox(box) as port:
        async with running(tmp_path, **mailed(port, encryption="starttls")) as stand:
            await stand.fire(make_finding())
            await until(lambda: outcomes(stand) == [(Outcome.PENDING, "tls", 1)])
    assert not box.taken


async def test_a_mail_server_with_a_certificate_of_nobody_gets_nothing(tmp_path: Path, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    box = Postbox()
    with postbox(box, tls_context=context) as port:
        async with running(tmp_path, **mailed(port, encryption="starttls")) as stand:
            await stand.fire(make_finding())
            await until(lambda: outcomes(stand) == [(Outcome.PENDING, "tls", 1)])
    assert not box.taken


async def test_a_private_mail_server_must_be_allowed(tmp_path: Path) -> None:
    box = Postbox()
    with postbox(box) as port:
        async with running(tmp_path, **mailed(port, allow_private=False)) as stand:
            await stand.fire(make_finding())
            await until(lambda: outcomes(stand) == [(Outcome.DEAD, "address", 1)])
    assert not box.taken


async def test_a_mail_server_that_does_not_answer_holds_up_nobody(tmp_path: Path) -> None:
    over = asyncio.Event()
    ended: list[asyncio.Task[None] | None] = []

    async def mute(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(asyncio.current_task())
        await over.wait()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with desk() as made:
        settings = mailed(port)
        other = {"name": "other", "channel": "slack", "url": made.url, "allow_private": True}
        settings["receivers"] = [*settings["receivers"], other]
        async with running(tmp_path, **settings) as stand:
            await stand.fire(make_finding())
            await until(lambda: (Outcome.DELIVERED, "delivered", 1) in outcomes(stand))
            assert ended, "the mail server was called"
    over.set()
    server.close()
    await asyncio.gather(*filter(None, ended))


async def test_the_store_and_the_api_know_no_key_and_no_secret_address(tmp_path: Path) -> None:
    told = [
        {"name": "a", "channel": "telegram", "key": "123:hidden", "to": ["1"]},
        {"name": "b", "channel": "slack", "url": "https://hooks.example.org/services/hidden"},
        {"name": "c", "channel": "pagerduty", "key": "hidden-routing"},
    ]
    async with running(tmp_path, receivers=told) as stand:
        shown = (await stand.http.get("/v1/receivers")).text
        stored = repr(stand.store.receivers())
        changes = repr(stand.store.after(0, 100))
    assert "hidden" not in shown + stored + changes
    assert {"telegram", "slack", "pagerduty"} <= {one["channel"] for one in json.loads(shown)["receivers"]}
