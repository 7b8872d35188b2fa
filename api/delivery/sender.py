"""One attempt: sign, send, and say what came of it."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

import aiohttp

from alerts.addresses import AddressPolicy
from alerts.channels.forms import heard
from alerts.channels.message import SIGNED, Channel, Message
from alerts.delivering import Answer
from alerts.errors import AddressRefusedError
from api.delivery.guard import Lookup, open_session, system_lookup
from api.delivery.mailer import Mailer
from api.delivery.outlets import Outlet
from api.settings import ApiSettings

_READ_AT_MOST = 16 * 1024


class Sender:
    """Sends messages to receivers, signed where their channel is; `open` before, `close` after.

    Parameters
    ----------
    settings
        The networks that may be called, and the mail server.
    outlets
        How each receiver is reached, by name.
    connections
        Open at once; 0 sets no bound, since each receiver has its own.
    timeout_seconds
        For a whole attempt.
    lookup
        How hosts are resolved.
    """

    def __init__(
        self,
        settings: ApiSettings,
        outlets: Mapping[str, Outlet],
        *,
        connections: int = 0,
        timeout_seconds: float = 10.0,
        lookup: Lookup = system_lookup,
    ) -> None:
        self._outlets = outlets
        self._guarded = AddressPolicy(allow=settings.allow_networks)
        self._open = AddressPolicy(allow=settings.allow_networks, allow_private=True)
        self._connections = connections
        self._timeout = timeout_seconds
        self._lookup = lookup
        self._mailer = None
        if settings.mail is not None:
            policy = self._open if settings.mail.allow_private else self._guarded
            self._mailer = Mailer(settings.mail, policy, lookup)
        self._sessions: Mapping[AddressPolicy, aiohttp.ClientSession] = {}

    def open(self) -> None:
        """Make the sessions: receivers that may be private never share a connection with those that may not."""
        self._sessions = {
            policy: open_session(policy, limit=self._connections, lookup=self._lookup)
            for policy in (self._guarded, self._open)
        }

    async def close(self) -> None:
        """Close all connections; may be called twice."""
        for session in self._sessions.values():
            await session.close()
        self._sessions = {}

    async def send(self, receiver: str, message_id: str, message: Message, now: datetime) -> Answer:
        """Send one message; never raises but for cancellation.

        Parameters
        ----------
        message_id
            The same in every attempt of a delivery.
        now
            UTC: stands in the signature.
        """
        outlet = self._outlets.get(receiver)
        if outlet is None or (outlet.webhook is None and outlet.channel in SIGNED):
            return Answer(failure="secret")
        try:
            async with asyncio.timeout(self._timeout):
                return await self._attempt(outlet, message_id, message, now)
        except TimeoutError:
            return Answer(failure="timeout")
        except AddressRefusedError:
            return Answer(failure="address")
        except (ssl.SSLError, aiohttp.ClientSSLError):
            return Answer(failure="tls")
        except (aiohttp.ClientError, OSError, ValueError):
            return Answer(failure="connection")

    async def _attempt(self, outlet: Outlet, message_id: str, message: Message, now: datetime) -> Answer:
        if outlet.channel is not Channel.EMAIL:
            return await self._post(outlet, message, _headers(outlet, message_id, message, now))
        if self._mailer is None:
            return Answer(failure="secret")
        return await self._mailer.send(outlet.option.to, message.body)

    async def _post(self, outlet: Outlet, message: Message, headers: Mapping[str, str]) -> Answer:
        policy = self._open if outlet.is_private else self._guarded
        target = policy.check_url(outlet.address)
        session = self._sessions[policy]
        async with session.post(target.url, data=message.body, headers=headers, allow_redirects=False) as response:
            answer = Answer(response.status, response.headers.get("Retry-After", "")[:100])
            return heard(outlet.channel, answer, await _rest(response))


def _headers(outlet: Outlet, message_id: str, message: Message, now: datetime) -> dict[str, str]:
    headers = {"content-type": message.content_type, **dict(message.headers)}
    if outlet.webhook is not None:
        headers |= {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": outlet.webhook.sign(message_id, now, message.body.decode()),
        }
    return headers


async def _rest(response: aiohttp.ClientResponse) -> bytes:
    """A short answer is read, so that the connection can be used again; a long one is not waited for."""
    body = b""
    with suppress(aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(1.0):
            while len(body) < _READ_AT_MOST and (piece := await response.content.read(_READ_AT_MOST - len(body))):
                body += piece
            if len(body) >= _READ_AT_MOST:
                response.close()
    return body
