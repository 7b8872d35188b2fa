"""Incidents: listed, looked at, and what people do with them."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from alerts.incidents import handling
from alerts.incidents.handling import LONGEST_NAME, LONGEST_NOTE
from alerts.incidents.model import Conclusion, Incident, IncidentState
from alerts.model import LIVE
from alerts.store.protocol import IncidentHistory
from api import cursors
from api.deps import Actor, Reader, ServiceDep
from api.errors import ProblemError
from api.schemas import PROBLEMS, IncidentDetail, IncidentPage
from api.service import Service
from api.wire import alert_object, as_json, event_object, incident_object

router = APIRouter(tags=["incidents"], responses=PROBLEMS)

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
Run = Annotated[str, Query(pattern=r"^[a-z0-9-]{0,40}$", description="Empty: the live run.")]
Reason = Annotated[str, Field(max_length=LONGEST_NOTE)]

#: Alerts and events shown of one incident, the newest of each.
_MOST_SHOWN = 500


class Nothing(BaseModel):
    """No fields."""

    model_config = ConfigDict(extra="forbid")


class Assignment(Nothing):
    """Who shall handle it; empty: nobody in particular."""

    to: str = Field(max_length=100)


class Reminder(Nothing):
    """When to be reminded."""

    until: AwareDatetime


class Reasoned(Nothing):
    """Why."""

    reason: Reason = ""


class Judgement(Reasoned):
    """What it was, and why."""

    verdict: Conclusion


class Remark(Nothing):
    """A note for the timeline."""

    text: str = Field(min_length=1, max_length=LONGEST_NOTE)


class Naming(Nothing):
    """A name; empty: the program's own."""

    name: str = Field(max_length=LONGEST_NAME)


class Joining(Nothing):
    """The incident in which it goes on."""

    into: str = Field(pattern=r"^[0-9a-f]{32}$")


class Parting(Nothing):
    """The alerts that become an incident of their own."""

    alerts: list[Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]] = Field(min_length=1, max_length=10_000)


@router.get("/v1/incidents", response_model=IncidentPage)
async def list_incidents(
    _: Reader,
    service: ServiceDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    state: Annotated[IncidentState | None, Query()] = None,
    organisation: Annotated[str | None, Query(max_length=64)] = None,
    run: Annotated[str | None, Query(pattern=r"^[a-z0-9-]{0,40}$", description="Empty: the live run.")] = None,
    before: Annotated[str | None, Query(max_length=400, description="`next` of the page before.")] = None,
) -> Response:
    """Incidents, newest first; merged ones only where `state` asks for them."""

    def read() -> list[Incident]:
        return service.store.incidents(
            limit=limit + 1, state=state, run=run, organisation=organisation, before=_place(before)
        )

    found = await asyncio.to_thread(read)
    shown = [incident_object(one, service.base_url) for one in found[:limit]]
    following = cursors.encode_place(found[limit - 1].place) if len(found) > limit else None
    return as_json({"incidents": shown, "next": following})


@router.get("/v1/incidents/{incident}", response_model=IncidentDetail)
async def one_incident(_: Reader, service: ServiceDep, incident: Id, run: Run = LIVE) -> Response:
    """One incident with its alerts and everything that happened to it."""
    history = await asyncio.to_thread(service.store.incident, incident, run)
    if history is None:
        raise ProblemError(404, f"There is no incident {incident}.", slug="unknown-incident")
    return as_json(_detail(service, history))


def _detail(service: Service, history: IncidentHistory) -> dict[str, Any]:
    newest = sorted(history.alerts, key=lambda one: one.sequence, reverse=True)[:_MOST_SHOWN]
    return {
        "incident": incident_object(history.incident, service.base_url),
        "alerts": [alert_object(one, service.base_url) for one in newest],
        "timeline": [event_object(one, service.base_url) for one in history.changes[-_MOST_SHOWN:]],
    }


async def _act(service: Service, id_: str, run: str, act: handling.Act, actor: str) -> Response:
    """Do it, tell the readers of the stream, and show how the incident stands now."""
    incident = await asyncio.to_thread(service.store.act, id_, act, actor, service.clock(), run=run)
    service.hub.notify()
    return as_json({"incident": incident_object(incident, service.base_url)})


@router.post("/v1/incidents/{incident}/acknowledge")
async def acknowledge(actor: Actor, service: ServiceDep, incident: Id, run: Run = LIVE) -> Response:
    """Say that one has it."""
    return await _act(service, incident, run, handling.Acknowledge(), actor.name)


@router.post("/v1/incidents/{incident}/assign")
async def assign(actor: Actor, service: ServiceDep, incident: Id, body: Assignment, run: Run = LIVE) -> Response:
    """Say who shall handle it."""
    return await _act(service, incident, run, handling.Assign(body.to), actor.name)


@router.post("/v1/incidents/{incident}/snooze")
async def snooze(actor: Actor, service: ServiceDep, incident: Id, body: Reminder, run: Run = LIVE) -> Response:
    """Ask to be reminded later."""
    until: datetime = body.until
    return await _act(service, incident, run, handling.Snooze(until), actor.name)


@router.post("/v1/incidents/{incident}/resolve")
async def resolve(actor: Actor, service: ServiceDep, incident: Id, body: Reasoned, run: Run = LIVE) -> Response:
    """Say that it is over; it begins again only with something new."""
    return await _act(service, incident, run, handling.Resolve(body.reason), actor.name)


@router.post("/v1/incidents/{incident}/reopen")
async def reopen(actor: Actor, service: ServiceDep, incident: Id, body: Reasoned, run: Run = LIVE) -> Response:
    """Say that it is not over."""
    return await _act(service, incident, run, handling.Reopen(body.reason), actor.name)


@router.post("/v1/incidents/{incident}/verdict")
async def verdict(actor: Actor, service: ServiceDep, incident: Id, body: Judgement, run: Run = LIVE) -> Response:
    """Say what it was: a true alarm, a false one, or something planned."""
    return await _act(service, incident, run, handling.Conclude(body.verdict, body.reason), actor.name)


@router.post("/v1/incidents/{incident}/notes")
async def note(actor: Actor, service: ServiceDep, incident: Id, body: Remark, run: Run = LIVE) -> Response:
    """Add a note to the timeline."""
    return await _act(service, incident, run, handling.Note(body.text), actor.name)


@router.post("/v1/incidents/{incident}/name")
async def rename(actor: Actor, service: ServiceDep, incident: Id, body: Naming, run: Run = LIVE) -> Response:
    """Call it something that says more."""
    return await _act(service, incident, run, handling.Rename(body.name), actor.name)


@router.post("/v1/incidents/{incident}/merge")
async def merge(actor: Actor, service: ServiceDep, incident: Id, body: Joining, run: Run = LIVE) -> Response:
    """Let it go on in another incident; the answer is that other one."""
    return await _act(service, incident, run, handling.Merge(body.into), actor.name)


@router.post("/v1/incidents/{incident}/split")
async def split(actor: Actor, service: ServiceDep, incident: Id, body: Parting, run: Run = LIVE) -> Response:
    """Make some of its alerts an incident of their own; the answer is the new one."""
    return await _act(service, incident, run, handling.Split(tuple(body.alerts)), actor.name)


def _place(cursor: str | None) -> tuple[str, str, str] | None:
    if cursor is None:
        return None
    try:
        return cursors.decode_place(cursor)
    except cursors.CursorError as error:
        raise ProblemError(
            400, f"`before` is no cursor of this service ({error}); begin without it.", slug="bad-cursor"
        ) from None
