"""Organisations and receivers."""

import asyncio

from fastapi import APIRouter, Response

from alerts.addresses import where
from api.deps import Reader, ServiceDep
from api.schemas import PROBLEMS, Receivers
from api.times import show
from api.wire import as_json

router = APIRouter(responses=PROBLEMS)


@router.get("/v1/organisations", tags=["organisations"])
async def list_organisations(_: Reader, service: ServiceDep) -> Response:
    """The register: bodies and themes, by code."""
    return as_json({"organisations": service.organisations})


@router.get("/v1/receivers", tags=["receivers"], response_model=Receivers)
async def list_receivers(_: Reader, service: ServiceDep) -> Response:
    """Who gets webhooks, and how deliveries stand; of an address only its host, since the rest may be a secret."""
    receivers = await asyncio.to_thread(service.store.receivers)
    counts = await asyncio.to_thread(service.store.counts)
    next_due = await asyncio.to_thread(service.store.next_due)
    shown = [
        {
            "name": one.name,
            "channel": one.channel,
            "url": where(one.url),
            "enabled": one.enabled,
            "disabled": one.disabled,
            "min_severity": one.min_severity.value,
            "severities": [severity.value for severity in one.severities],
            "organisations": list(one.organisations),
            "drills": one.drills,
            "runs": None if one.runs is None else list(one.runs),
        }
        for one in receivers
    ]
    return as_json(
        {
            "receivers": shown,
            "deliveries": {outcome.value: count for outcome, count in counts.items()},
            "next_due": show(next_due) if next_due is not None else None,
        }
    )
