"""Serve the application: one socket, one uvicorn, streams ended before the rest."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from api.service import Service
from api.settings import ApiSettings, SettingsError

#: Per connection: what a stream may have under way before its reader counts as slow.
_SEND_BUFFER = 64 * 1024
_UNACKNOWLEDGED_MS = 30_000
_BACKLOG = 2048


def listen(settings: ApiSettings) -> tuple[socket.socket, ApiSettings]:
    """Take the address; the settings come back with the port where they had 0.

    Raises
    ------
    SettingsError
        If the address cannot be had.
    """
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, proto, _, address = found[0]
        listener = socket.socket(family, kind, proto)
    except OSError as error:
        raise SettingsError(f"CANHBAO_HTTP_HOST {settings.host!r} is no address of this machine: {error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted connections inherit these: a bounded buffer, and an end to readers that vanished.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}); "
            "set CANHBAO_HTTP_PORT to a free port"
        ) from error
    listener.setblocking(False)
    return listener, settings.model_copy(update={"port": listener.getsockname()[1]})


class _Server(uvicorn.Server):
    """Ends the streams first, so that stopping does not wait for their readers; leaves signals to the caller."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self._service = service

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.close_streams()
        await super().shutdown(sockets)


@asynccontextmanager
async def serving(app: FastAPI, listener: socket.socket) -> AsyncIterator[None]:
    """Serve `app` on `listener` inside this block; stops within 3 s at its end.

    Raises what the application raises when it cannot start: `SettingsError`, `StoreError`.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        http="h11",  # bounds what a request's head may hold; httptools does not
        ws="none",
        proxy_headers=False,  # who is at the other end is the socket's word, not a header's
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, app.state.service)
    # The lifespan is held here, not by uvicorn, so that an error at start is raised rather than logged.
    async with app.router.lifespan_context(app):
        # `_serve` is `serve` without its signal handlers: who runs us decides when to stop.
        task = asyncio.create_task(server._serve([listener]), name="api-http")  # noqa: SLF001 - see above
        try:
            await server.up.wait()
            yield
        finally:
            server.should_exit = True
            await task
            listener.close()


async def serve(app: FastAPI, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set. Raises as `serving` does."""
    async with serving(app, listener):
        gc.freeze()  # what is there now stays: collections need not look at it again
        await stop.wait()
