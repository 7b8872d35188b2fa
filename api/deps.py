"""What routes ask for: the service, and a caller with the right scope."""

import asyncio
from collections.abc import Callable, Coroutine
from ipaddress import ip_address
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from alerts.model import Scope, Token
from api.errors import ProblemError
from api.service import Service

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


async def local_or_reader(request: Request) -> None:
    """Dependency of what needs no token from this machine: elsewhere it needs one that may read."""
    if not is_local(request):
        await caller(request, Scope.READ)


def is_local(request: Request) -> bool:
    """Whether the request comes from this machine."""
    if request.client is None:
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool(address.is_loopback or (mapped is not None and mapped.is_loopback))


Reader = Annotated[Token, Depends(requires(Scope.READ))]
Publisher = Annotated[Token, Depends(requires(Scope.PUBLISH))]
Actor = Annotated[Token, Depends(requires(Scope.ACT))]
Local = Depends(local_or_reader)
