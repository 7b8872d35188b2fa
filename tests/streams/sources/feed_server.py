"""A real web server on loopback that answers as a test wants."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from streams.sources.fetching import Gate

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class NotAllowedError(Exception):
    """An address that may not be called."""


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[str]:
    """Serve every path by `handler`; gives the address."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def gate(refused: str = "refused.example") -> AsyncIterator[Gate]:
    """A way out that refuses addresses with `refused` in them."""

    def check(url: str) -> str:
        if refused in url:
            raise NotAllowedError(f"{url} may not be called")
        return url

    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield Gate(session, check, NotAllowedError)
