"""What is not an alert and must be seen all the same: spikes that were held back."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from alerts import words
from alerts.model import Alert, AlertState
from api.deps import Reader, ServiceDep
from api.schemas import PROBLEMS, HeldBack
from api.wire import alert_object, as_json

router = APIRouter(tags=["insights"], responses=PROBLEMS)

_RUN = r"^[a-z0-9-]{0,40}$"


@router.get("/v1/held-back", response_model=HeldBack)
async def list_held_back(
    _: Reader,
    service: ServiceDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    organisation: Annotated[str | None, Query(max_length=64)] = None,
    run: Annotated[str | None, Query(pattern=_RUN, description="Empty: the live run.")] = None,
) -> Response:
    """Spikes that were held back, newest first, each with `held_back`, why, and `held_because` in Vietnamese.

    Nobody was told of them. One that stood out after all became an alert, and is among those.
    """

    def read() -> list[Alert]:
        return service.store.alerts(limit=limit, state=AlertState.HELD_BACK, run=run, organisation=organisation)

    found = await asyncio.to_thread(read)
    return as_json({"held_back": [_shown(one, service.base_url) for one in found]})


def _shown(alert: Alert, base_url: str) -> dict[str, Any]:
    because = words.GUARD.get(alert.finding.held_back, words.GUARD_UNKNOWN)
    return alert_object(alert, base_url) | {"held_because": because}
