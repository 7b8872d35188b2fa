"""What is not an alert and must be seen all the same: held back, nearly fired, rising, and what comes next."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from alerts import insights, words
from alerts.model import Alert, AlertState, Level
from api.deps import Reader, ServiceDep
from api.errors import ProblemError
from api.schemas import PROBLEMS, Forecasts, HeldBack, Levels, NearMisses, WhyNot
from api.service import Service
from api.times import parse, show
from api.wire import alert_object, as_json

router = APIRouter(tags=["insights"], responses=PROBLEMS)

_RUN = r"^[a-z0-9-]{0,40}$"
_HOUR = timedelta(hours=1)
RunQuery = Annotated[str, Query(pattern=_RUN, description="Empty: the live run.")]
CodeQuery = Annotated[str | None, Query(max_length=64)]
CodePath = Annotated[str, Path(max_length=64)]


@router.get("/v1/held-back", response_model=HeldBack)
async def list_held_back(
    _: Reader,
    service: ServiceDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    organisation: CodeQuery = None,
    run: Annotated[str | None, Query(pattern=_RUN, description="Empty: the live run.")] = None,
) -> Response:
    """Spikes that were held back, newest first, each with `held_back`, why, and `held_because` in Vietnamese.

    Nobody was told of them. One that stood out after all became an alert, and is among those.
    """

    def read() -> list[Alert]:
        return service.store.alerts(limit=limit, state=AlertState.HELD_BACK, run=run, organisation=organisation)

    found = await asyncio.to_thread(read)
    return as_json({"held_back": [_held(one, service.base_url) for one in found]})


def _held(alert: Alert, base_url: str) -> dict[str, Any]:
    because = words.GUARD.get(alert.finding.held_back, words.GUARD_UNKNOWN)
    return alert_object(alert, base_url) | {"held_because": because}


@router.get("/v1/forecasts", response_model=Forecasts)
async def list_forecasts(
    _: Reader,
    service: ServiceDep,
    *,
    organisation: CodeQuery = None,
    rising: Annotated[bool, Query(description="Only what rises without being an alarm yet.")] = False,
    run: RunQuery = "",
) -> Response:
    """What is expected of every organisation in the next 1, 6 and 24 hours, with 90 % intervals, phase and peak."""
    shown, firing = await asyncio.to_thread(_newest, service, run, organisation)
    if rising:
        shown = [level for level in shown if level.rising and level.organisation not in firing]
    return as_json({"forecasts": [insights.forecast_body(one, firing=one.organisation in firing) for one in shown]})


def _newest(service: Service, run: str, organisation: str | None) -> tuple[list[Level], set[str]]:
    firing = service.store.alerts(limit=1000, state=AlertState.FIRING, run=run, organisation=organisation)
    return service.store.newest_levels(run, organisation), {one.finding.organisation for one in firing}


@router.get("/v1/organisations/{code}/levels", response_model=Levels)
async def list_levels(
    code: CodePath,
    _: Reader,
    service: ServiceDep,
    until: Annotated[str | None, Query(description="RFC 3339: hours that began before; now unless told.")] = None,
    limit: Annotated[int, Query(ge=1, le=2200)] = 168,
    run: RunQuery = "",
) -> Response:
    """The hours of an organisation, oldest first, as far as the last 90 days reach: counts, expectation, phase."""
    before = service.clock() if until is None else _time(until)
    found = await asyncio.to_thread(service.store.levels, run, code, until=show(before), limit=limit)
    return as_json({"organisation": code, "levels": [insights.level_body(one) for one in found]})


@router.get("/v1/organisations/{code}/why", response_model=WhyNot)
async def why(
    code: CodePath,
    _: Reader,
    service: ServiceDep,
    at: Annotated[str, Query(description="RFC 3339: a moment of the last 90 days; its hour is explained.")],
    run: RunQuery = "",
) -> Response:
    """Why there was an alert or none: the hour's nearest test, what it would have needed, and which test failed."""
    moment = _time(at)
    found = await asyncio.to_thread(service.store.levels, run, code, until=show(moment), limit=1)
    if not found or moment - parse(found[0].start) > _HOUR:
        raise ProblemError(
            404, f"Nothing is known of {code[:64]!r} in that hour: it had no mention yet, or is too old."
        )
    return as_json(insights.why_body(found[0]))


@router.get("/v1/near-misses", response_model=NearMisses)
async def list_near_misses(
    _: Reader,
    service: ServiceDep,
    days: Annotated[int, Query(ge=1, le=90)] = 7,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    organisation: CodeQuery = None,
    run: RunQuery = "",
) -> Response:
    """The hours of the last week that came nearest to an alert without one, nearest first."""
    since = show(service.clock() - timedelta(days=days))

    def read() -> list[Level]:
        return service.store.near_misses(run, since=since, limit=limit, organisation=organisation)

    found = await asyncio.to_thread(read)
    return as_json({"near_misses": [insights.why_body(one) for one in found]})


def _time(text: str) -> datetime:
    """An instant just after the one that is named: hours that begin with it are meant too."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.utcoffset() is None:
            raise ValueError("it has no zone")  # noqa: TRY301 - answered below like any other
        return moment + timedelta(milliseconds=1)
    except (ValueError, OverflowError) as error:
        raise ProblemError(422, f"{text[:40]!r} is no time with a zone ({error}).", slug="bad-time") from None
