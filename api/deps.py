"""What routes ask for: the service, and a caller with the right scope."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from ipaddress import ip_address
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from alerts.receiving import Scope, Token
from api.errors import ProblemError
from api.service import Service

#: Host header: a name or IPv4 address, or an IPv6 address in brackets, and perhaps a port.
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z.-]+))(?::[0-9]{1,5})?")
_CHALLENGE = 'Bearer realm="canhbao"'
#: Only for the description in /openapi.json; the header is read by `caller`.
_bearer = HTTPBearer(auto_error=False, description="An API token: `canhbao_…`")


def service_of(request: Request) -> Service:
    """The service behind this request."""
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(service_of)]


def presented(request: Request) -> str | None:
    """The bearer token of a request, if it has one."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret.strip() else None


async def caller(request: Request, scope: Scope) -> Token:
    """The token of a request, if it may do `scope`. Raises `ProblemError` with 401 or 403."""
    secret = presented(request)
    if secret is None:
        raise ProblemError(
            401, "Send an API token: Authorization: Bearer canhbao_…", headers={"WWW-Authenticate": _CHALLENGE}
        )
    authority = service_of(request).authority
    token = authority.remembered(secret) or await asyncio.to_thread(authority.ask, secret)
    if token is None:
        raise ProblemError(
            401,
            "This token is unknown or was revoked.",
            headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'},
        )
    if scope not in token.scopes:
        raise ProblemError(
            403,
            f"The token {token.name!r} may not {scope.value}; it needs that scope.",
            headers={"WWW-Authenticate": f'{_CHALLENGE}, error="insufficient_scope", scope="{scope.value}"'},
        )
    return token


def requires(scope: Scope) -> Callable[..., Coroutine[Any, Any, Token]]:
    """Dependency: the caller's token, with this scope."""

    async def dependency(request: Request, _: Annotated[Any, Depends(_bearer)]) -> Token:
        return await caller(request, scope)

    return dependency


#: Headers with which a proxy on this machine says that it speaks for somebody else.
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


async def local_or_reader(request: Request) -> None:
    """Dependency of what needs no token from this machine: elsewhere it needs one that may read."""
    if not is_local(request):
        await caller(request, Scope.READ)


def is_local(request: Request) -> bool:
    """Whether somebody on this machine asks this machine.

    The connection alone does not say so: a web page of a stranger, whose name resolves to 127.0.0.1 (DNS rebinding),
    asks from here too, and so does a proxy. The one names the stranger's host, the other who asked it.
    """
    if request.client is None or not _is_loopback(request.client.host):
        return False
    hosts = request.headers.getlist("host")
    return len(hosts) == 1 and _is_this_machine(hosts[0]) and not any(name in request.headers for name in _FORWARDED)


def _is_this_machine(host: str) -> bool:
    """Whether a Host header names this machine from within.

    Examples
    --------
    >>> [_is_this_machine(host) for host in ("localhost:8080", "[::1]:80", "127.0.0.1", "a.example:8080", "[::1")]
    [True, True, True, False, False]
    """
    found = _HOST.fullmatch(host)
    name = (found[1] or found[2]) if found else ""
    return name.lower() == "localhost" or _is_loopback(name)


def _is_loopback(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool(address.is_loopback or (mapped is not None and mapped.is_loopback))


Reader = Annotated[Token, Depends(requires(Scope.READ))]
Actor = Annotated[Token, Depends(requires(Scope.ACT))]
Publisher = Annotated[Token, Depends(requires(Scope.PUBLISH))]
Local = Depends(local_or_reader)
