"""One attempt: sign, send, and say what came of it."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

import aiohttp
from standardwebhooks import Webhook

from alerts.addresses import AddressPolicy
from alerts.delivering import Answer
from alerts.errors import AddressRefusedError
from api.delivery.guard import Lookup, open_session, system_lookup
from api.settings import ApiSettings

_READ_AT_MOST = 16 * 1024


class Sender:
    """Sends signed requests; `open` before, `close` after.

    Parameters
    ----------
    settings
        Its receivers with their secrets, and the networks that may be called.
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
        *,
        connections: int = 0,
        timeout_seconds: float = 10.0,
        lookup: Lookup = system_lookup,
    ) -> None:
        self._webhooks = {one.name: Webhook(one.secret.get_secret_value()) for one in settings.receivers}
        self._private = frozenset(one.name for one in settings.receivers if one.allow_private)
        self._guarded = AddressPolicy(allow=settings.allow_networks)
        self._open = AddressPolicy(allow=settings.allow_networks, allow_private=True)
        self._connections = connections
        self._timeout = timeout_seconds
        self._lookup = lookup
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

    async def send(self, receiver: str, url: str, message_id: str, body: bytes, now: datetime) -> Answer:
        """Sign and POST `body`; never raises but for cancellation.

        Parameters
        ----------
        message_id
            The same in every attempt of a delivery.
        now
            UTC: stands in the signature.
        """
        webhook = self._webhooks.get(receiver)
        if webhook is None:
            return Answer(failure="secret")
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": webhook.sign(message_id, now, body.decode()),
        }
        policy = self._open if receiver in self._private else self._guarded
        try:
            async with asyncio.timeout(self._timeout):
                return await self._post(policy, url, body, headers)
        except TimeoutError:
            return Answer(failure="timeout")
        except AddressRefusedError:
            return Answer(failure="address")
        except (ssl.SSLError, aiohttp.ClientSSLError):
            return Answer(failure="tls")
        except (aiohttp.ClientError, OSError, ValueError):
            return Answer(failure="connection")

    async def _post(self, policy: AddressPolicy, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        target = policy.check_url(url)
        session = self._sessions[policy]
        async with session.post(target.url, data=body, headers=headers, allow_redirects=False) as response:
            answer = Answer(response.status, response.headers.get("Retry-After", "")[:100])
            # A short answer is read, so that the connection can be used again; a long one is not waited for.
            with suppress(aiohttp.ClientError, TimeoutError):
                async with asyncio.timeout(1.0):
                    rest = _READ_AT_MOST
                    while rest > 0 and (piece := await response.content.read(rest)):
                        rest -= len(piece)
                    if rest <= 0:
                        response.close()
            return answer
