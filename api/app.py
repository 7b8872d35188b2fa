"""The alert service, put together. Nothing is built on import."""

import asyncio
import functools
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry

from alerts.claims import ClaimDesk
from alerts.delivering import RetryPolicy
from alerts.model import Change
from alerts.ports import FindingSource, LevelSource, LogHealth, MentionSink
from alerts.store.protocol import AlertStore
from alerts.teaching import Teacher
from alerts.themes import ThemeDesk
from api import errors
from api.delivery.deliverer import Deliverer
from api.delivery.guard import Lookup, system_lookup
from api.delivery.outlets import encoder, outlets_of
from api.delivery.sender import Sender
from api.hub import Hub, HubPolicy
from api.ingest import Ingest
from api.metrics import HubCollector, Metrics, WorkerCollector
from api.middleware import Shell, Unchanged
from api.routes import alerts, dashboard, erasures, incidents, insights, mentions, operations, register, teaching
from api.routes import claims as claim_routes
from api.routes import themes as theme_routes
from api.service import Service
from api.settings import ApiSettings
from api.supervising import Supervisor
from api.tokens import Authority, ensure_first_token
from api.wire import Frames


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def create_app(
    settings: ApiSettings,
    *,
    store: AlertStore,
    sink: MentionSink,
    findings: Sequence[FindingSource],
    health: LogHealth,
    organisations: Sequence[dict[str, Any]],
    levels: LevelSource | None = None,
    themes: ThemeDesk | None = None,
    claims: ClaimDesk | None = None,
    teacher: Teacher | None = None,
    clock: Callable[[], datetime] = utc_now,
    registry: CollectorRegistry | None = None,
    lookup: Lookup = system_lookup,
    retries: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
) -> FastAPI:
    """Build the alert service; its background tasks run as long as its lifespan.

    Parameters
    ----------
    store
        Stays open: who opened it closes it.
    sink
        Where POSTed mentions go.
    findings
        Each is followed into the store.
    health
        What `/readyz` and `/metrics` ask about log and workers.
    organisations
        The register as `/v1/organisations` shows it.
    levels
        Followed into the store, where they are to be had.
    themes
        Where new themes are proposed and decided, where there is a log for it.
    claims
        Where claims known to be false are listed, likewise.
    teacher
        Where officers' lessons for the sentiment model go, where there is a log for them.
    clock
        Aware UTC time of changes and deliveries.
    registry
        Where the metrics go; one of its own unless told.
    lookup
        How receivers' hosts are resolved.
    retries
        When a webhook that failed is tried again.
    """
    metrics = Metrics(registry or CollectorRegistry())
    base_url = settings.base_url
    hub = Hub(Frames(store, base_url), HubPolicy(heartbeat_seconds=settings.sse_heartbeat_seconds))
    authority = Authority(store, time.monotonic)
    outlets = outlets_of(settings)
    sender = Sender(settings, outlets, lookup=lookup)
    deliverer = Deliverer(
        store,
        sender,
        metrics,
        limits={one.name: one.concurrency for one in settings.receivers},
        encode=encoder(outlets, base_url),
        clock=clock,
        random=random.random,
        policy=retries,
    )

    def tell(_: Sequence[Change]) -> None:
        hub.notify()
        deliverer.wake()

    parents = {one["code"]: one["parent"] for one in organisations if one.get("parent")}
    ingest = Ingest(store, metrics, clock, tell, parents)
    tasks: dict[str, Callable[[], Awaitable[None]]] = {
        "hub": hub.run,
        "deliver": deliverer.run,
        "stale": ingest.watch_stale,
        "group": ingest.group,
        "forget": functools.partial(ingest.forget_texts, timedelta(days=settings.texts_days)),
    }
    supervisor = Supervisor(tasks, metrics)
    for place, source in enumerate(findings):
        name = f"ingest-{place}"
        supervisor.add(name, functools.partial(ingest.follow, source, functools.partial(supervisor.well, name)))
    if levels is not None:
        well = functools.partial(supervisor.well, "levels")
        supervisor.add("levels", functools.partial(ingest.follow_levels, levels, well))
    workers = WorkerCollector()
    metrics.registry.register(HubCollector(lambda: hub))
    metrics.registry.register(workers)
    service = Service(
        settings,
        store,
        sink,
        health,
        organisations,
        clock,
        metrics,
        workers,
        authority,
        hub,
        supervisor,
        base_url,
        themes,
        claims,
        teacher,
    )
    return _assemble(service)


def _assemble(service: Service) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(_prepare, service)
        service.supervisor.start()
        try:
            yield
        finally:
            service.close_streams()
            await service.supervisor.stop()

    app = FastAPI(
        title="canhbao",
        summary="Real-time crisis alerts for the policy communication of ministries, agencies and provinces",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    errors.install(app)
    shown: list[tuple[str, str]] = []
    for module in (
        mentions,
        alerts,
        incidents,
        insights,
        erasures,
        register,
        theme_routes,
        claim_routes,
        teaching,
        operations,
        dashboard,
    ):
        app.include_router(module.router)
        routes = [route for route in module.router.routes if isinstance(route, APIRoute)]
        shown += [(method, route.path) for route in routes for method in sorted(route.methods or ())]
    service.metrics.show_routes(shown)
    app.add_middleware(Shell, metrics=service.metrics)
    app.add_middleware(Unchanged, service=service, path="/v1/alerts")
    return app


def _prepare(service: Service) -> None:
    """Bring the store's receivers to what the settings say, and make the first token."""
    now = service.clock()
    ensure_first_token(service.store, service.settings.first_token_path, secrets.token_bytes, now)
    named = {one.name: one.as_receiver() for one in service.settings.receivers}
    for receiver in named.values():
        service.store.put_receiver(receiver, "system", now)
    for known in service.store.receivers():
        if known.name not in named and known.enabled:
            service.store.put_receiver(msgspec.structs.replace(known, enabled=False), "system", now)
