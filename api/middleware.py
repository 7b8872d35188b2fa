"""What every answer passes: security headers and the request counter. Plain ASGI, a few microseconds."""

import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from alerts.receiving import Scope as TokenScope
from api.errors import ProblemError, bug
from api.metrics import OTHER, Metrics
from api.service import Service

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)

#: In a request's scope: the server's own `send`, for streams that write often enough to notice what wraps it.
RAW_SEND = "canhbao.send"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_HEADERS = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]


class Shell:
    """Add headers, count requests by method, route (its template, never the path) and class of status; catch bugs."""

    def __init__(self, app: App, metrics: Metrics) -> None:
        self._app = app
        self._requests = metrics.requests
        self._routes = metrics.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        started = False
        scope[RAW_SEND] = send

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
                self._count(scope, message["status"])
            await send(message)

        if _is_ambiguous(scope["headers"]):
            # Where one such body ends and the next request begins, a proxy in front may read differently (smuggling).
            detail = "Send either Content-Length or Transfer-Encoding, not both."
            await ProblemError(400, detail, headers={"Connection": "close"}).response()(scope, receive, sending)
            return

        try:
            await self._app(scope, receive, sending)
        except Exception:  # the last resort: a problem document instead of a dropped connection, and the journal
            logger.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise
            await bug()(scope, receive, sending)

    def _count(self, scope: Scope, status: int) -> None:
        shown = (scope["method"], getattr(scope.get("route"), "path", ""))
        method, route = shown if shown in self._routes else OTHER
        self._requests.labels(method, route, f"{status // 100}xx").inc()


def _is_ambiguous(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request says in two ways how long its body is."""
    return sum(name in {b"content-length", b"transfer-encoding"} for name, _ in headers) > 1


class Unchanged:
    """Answer pollers who have the newest page already, before anything else is asked.

    Most polls find nothing new. Who sends a token that was checked within the last second, and the ETag of the page
    as it stands, gets the 304 that the route would give, at a fraction of its cost.
    """

    def __init__(self, app: App, service: Service, path: str) -> None:
        self._app = app
        self._service = service
        self._path = path
        self._count = service.metrics.requests.labels("GET", path, "3xx").inc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["path"] == self._path and scope["method"] == "GET":
            etag = self._etag(scope)
            if etag is not None:
                self._count()
                headers = [(b"etag", etag), (b"cache-control", b"private, no-cache"), *_HEADERS]
                await send({"type": "http.response.start", "status": 304, "headers": headers})
                await send({"type": "http.response.body", "body": b""})
                return
        await self._app(scope, receive, send)

    def _etag(self, scope: Scope) -> bytes | None:
        """The ETag, if the caller may read and has this very page."""
        asked = bearer = b""
        for name, value in scope["headers"]:
            if name == b"if-none-match":
                asked = value
            elif name == b"authorization":
                bearer = value
        if not asked or bearer[:7] != b"Bearer ":
            return None
        page = self._service.pages.as_asked(scope["query_string"], self._service.hub.head)
        if page is None or page.etag.encode() != asked:
            return None
        token = self._service.authority.remembered(bearer[7:].decode("latin-1"))
        return asked if token is not None and TokenScope.READ in token.scopes else None
