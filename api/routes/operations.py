"""For those who run it: is it alive, is it ready, what are its figures."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from fastapi import APIRouter, Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from alerts.errors import StoreError
from alerts.ports import SourceUnavailableError, Status
from api.deps import Local, ServiceDep
from api.schemas import PROBLEMS, Readiness
from api.service import Service
from api.settings import LagBounds
from api.wire import as_json

router = APIRouter(tags=["operations"], dependencies=[Local], responses=PROBLEMS)

T = TypeVar("T")

_PATIENCE_SECONDS = 2.0


@router.get("/healthz")
async def healthz() -> Response:
    """The process answers."""
    return as_json({"status": "ok"})


@router.get("/readyz", response_model=Readiness)
async def readyz(service: ServiceDep) -> Response:
    """Whether alerts can be found and told now: 503, and what to do, if not."""
    log, status = await _log_check(service)
    checks = [log, await _store_check(service), _lag_check(status, service.settings.lag), _task_check(service)]
    for check in checks:
        service.metrics.ready.labels(check["name"]).set(1 if check["ok"] else 0)
    ready = all(check["ok"] for check in checks)
    return as_json({"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


@router.get("/metrics", response_class=Response)
async def metrics(service: ServiceDep) -> Response:
    """Figures for Prometheus."""
    log, status = await _log_check(service)
    service.metrics.ready.labels("log").set(1 if log["ok"] else 0)
    if status is not None:
        service.workers.status = status
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            service.workers.deliveries = await asyncio.to_thread(service.store.counts)
        service.metrics.ready.labels("store").set(1)
    except (StoreError, TimeoutError):
        service.metrics.ready.labels("store").set(0)
    return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _check(name: str, problem: str = "", todo: str = "", fine: str = "") -> dict[str, object]:
    return {"name": name, "ok": not problem, "detail": problem or fine, "todo": todo if problem else ""}


async def _log_check(service: Service) -> tuple[dict[str, object], Status | None]:
    todo = "See whether CANHBAO_LOG_URL is right and what it names is running; `canhbao doctor` says more."
    try:
        status = await _in_time(service.health.status())
    except SourceUnavailableError as error:
        return _check("log", f"the log cannot be reached: {error}", todo), None
    except TimeoutError:
        return _check("log", f"the log did not answer within {_PATIENCE_SECONDS:.0f} s", todo), None
    return _check("log", fine="the log answers"), status


async def _store_check(service: Service) -> dict[str, object]:
    todo = "See whether the alert store's address is right, its disk has room and its file may be written."
    try:
        await _in_time(asyncio.to_thread(service.store.latest))
    except StoreError as error:
        return _check("store", f"the alert store cannot be used: {error}", todo)
    except TimeoutError:
        return _check("store", f"the alert store did not answer within {_PATIENCE_SECONDS:.0f} s", todo)
    return _check("store", fine="the alert store answers")


def _lag_check(status: Status | None, bounds: LagBounds) -> dict[str, object]:
    todo = "See whether a worker is running (`canhbao worker`) and keeps up; add workers up to the partitions."
    if status is None:
        return _check("lag", "unknown while the log does not answer", todo)
    behind = [
        f"{stage} is {status.lag[stage]:.0f} records behind (at most {bound:.0f})"
        for stage, bound in sorted(bounds.records.items())
        if status.lag.get(stage, 0) > bound
    ]
    age = status.watermark_age_seconds
    if age is None:
        behind.append("no worker has reported yet")
    elif age > bounds.watermark_age_seconds:
        behind.append(f"detection is {age:.0f} s behind (at most {bounds.watermark_age_seconds:.0f})")
    wait = status.outlook
    if behind:
        return _check("lag", "; ".join([*behind, wait] if wait else behind), todo)
    # A warning, not a refusal: alerts still come, later than they should.
    fine = f"warning: detection is {age:.0f} s behind, {wait}" if wait else "the workers keep up"
    return _check("lag", fine=fine)


def _task_check(service: Service) -> dict[str, object]:
    failing = [f"{name} ({why})" for name, why in sorted(service.supervisor.failing.items())]
    return _check(
        "background",
        f"failing and started again: {', '.join(failing)}" if failing else "",
        "The service's log says why; it goes on by itself when the cause is mended.",
        "all background tasks run",
    )


async def _in_time(answer: Awaitable[T]) -> T:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        return await answer
