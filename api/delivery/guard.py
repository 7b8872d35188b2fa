"""Connections that reach only addresses which may be called: each is resolved once, checked, and used as checked."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from alerts.addresses import AddressPolicy

#: Addresses of a host and port, as `loop.getaddrinfo` gives them: the border at which tests put a resolver.
Lookup = Callable[[str, int], Awaitable[Sequence[tuple[int, str]]]]


async def system_lookup(host: str, port: int) -> list[tuple[int, str]]:
    """Ask the system's resolver: (family, address) pairs."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, str(address[0])) for family, _, _, _, address in found]


class GuardedResolver(AbstractResolver):
    """Resolve a host for one connection, and refuse it if any of its addresses may not be called.

    All of them must be fine: a name that answers with a public and a private address is trying something.
    """

    def __init__(self, policy: AddressPolicy, lookup: Lookup = system_lookup) -> None:
        self._policy = policy
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The checked addresses; the connection is made to one of them, not to the name."""
        found = [(kind, address) for kind, address in await self._lookup(host, port) if family in {0, kind}]
        if not found:
            raise OSError(f"{host} has no address")
        for _, address in found:
            self._policy.check_address(address)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, address in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


def open_session(policy: AddressPolicy, *, limit: int, lookup: Lookup = system_lookup) -> aiohttp.ClientSession:
    """A session whose connections obey the policy.

    Parameters
    ----------
    limit
        Connections open at once.
    """

    def checked_socket(addr_info: Any) -> socket.socket:
        # The last fence: whatever way an address came here, it is checked where it is connected to.
        family, kind, proto, _, address = addr_info
        policy.check_address(str(address[0]))
        return socket.socket(family=family, type=kind, proto=proto)

    connector = aiohttp.TCPConnector(
        resolver=GuardedResolver(policy, lookup),
        use_dns_cache=False,
        socket_factory=checked_socket,
        limit=limit,
        keepalive_timeout=20,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        headers={"User-Agent": "canhbao"},
    )


async def connected(policy: AddressPolicy, host: str, port: int, *, lookup: Lookup = system_lookup) -> socket.socket:
    """A connection to a host that is no web server, under the same rules: resolved once, checked, used as checked.

    Raises
    ------
    AddressRefusedError
        If any of its addresses may not be called.
    OSError
        If none of them answers.
    """
    found = await GuardedResolver(policy, lookup).resolve(host, port)
    failure: OSError = OSError(f"{host} has no address")
    for one in found:
        sock = socket.socket(one["family"], socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(sock, (one["host"], port))
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure
