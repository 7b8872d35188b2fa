"""Proposed themes: listed with their evidence, accepted into the register, or rejected."""

import asyncio
from collections.abc import Awaitable
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from alerts.model import LIVE
from alerts.ports import SourceUnavailableError
from alerts.themes import DecidedError, Proposed, ThemeDesk, ThemeRefusedError, ThemeState, UnknownProposalError
from api.deps import Actor, Reader, ServiceDep
from api.errors import ProblemError
from api.schemas import PROBLEMS, ThemeProposals, ThemeView
from api.service import Service
from api.wire import as_json

_T = TypeVar("_T")

router = APIRouter(tags=["themes"], responses=PROBLEMS)

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
Phrase = Annotated[str, Field(min_length=1, max_length=200)]


class Acceptance(BaseModel):
    """The theme that is entered; the proposed phrase is always one of its names."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=200)
    aliases: list[Phrase] = Field(default=[], max_length=50)
    owners: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=50)


class Rejection(BaseModel):
    """Why it is no theme."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=2000)


@router.get("/v1/theme-proposals", response_model=ThemeProposals)
async def list_proposals(
    _: Reader, service: ServiceDep, state: Annotated[ThemeState | None, Query()] = None
) -> Response:
    """Phrases that burst in negative mentions naming no registered body, the newest first, with their evidence."""
    found = await _answer(_desk(service).proposals())
    return as_json({"proposals": [await _shown(service, one) for one in found if state is None or one.state is state]})


@router.post("/v1/theme-proposals/{id}/accept", response_model=ThemeView)
async def accept_proposal(actor: Actor, service: ServiceDep, id: Id, body: Acceptance) -> Response:  # noqa: A002 - its name in the address
    """Enter it as a theme: mentions are read with it from the minute `holds_from` on."""
    decided = await _answer(
        _desk(service).accept(
            id, name=body.name, aliases=body.aliases, owners=body.owners, by=actor.name, now=service.clock()
        )
    )
    service.organisations = [*service.organisations, _organisation(decided)]
    return as_json(await _shown(service, decided))


@router.post("/v1/theme-proposals/{id}/reject", response_model=ThemeView)
async def reject_proposal(actor: Actor, service: ServiceDep, id: Id, body: Rejection) -> Response:  # noqa: A002 - its name in the address
    """Note that it is no theme, and why; it stays rejected when it bursts again."""
    return as_json(
        await _shown(
            service,
            await _answer(_desk(service).reject(id, reason=body.reason, by=actor.name, now=service.clock())),
        )
    )


def _desk(service: Service) -> ThemeDesk:
    if service.themes is None:
        raise ProblemError(404, "This service has no log in which themes are proposed.")
    return service.themes


async def _answer(asked: Awaitable[_T]) -> _T:
    try:
        return await asked
    except UnknownProposalError as error:
        raise ProblemError(404, f"{error}.") from error
    except DecidedError as error:
        raise ProblemError(409, f"{error}.") from error
    except ThemeRefusedError as error:
        raise ProblemError(422, f"{error}.") from error
    except SourceUnavailableError as error:
        raise ProblemError(503, f"{error}.") from error


async def _shown(service: Service, one: Proposed) -> dict[str, Any]:
    """A proposal as JSON, with the texts of its evidence that are still there."""
    body: dict[str, Any] = msgspec.to_builtins(one.proposal)
    texts = await asyncio.to_thread(service.store.excerpts, LIVE, one.proposal.representatives)
    known = {(text.source_kind, text.source_name, text.id): text for text in texts}
    for shown in body["representatives"]:
        text = known.get((shown["source_kind"], shown["source_name"], shown["id"]))
        shown["title"] = text.title if text is not None else None
        shown["url"] = text.url if text is not None else None
    return body | {"state": one.state.value, "decision": msgspec.to_builtins(one.decision)}


def _organisation(decided: Proposed) -> dict[str, Any]:
    """The new theme as `/v1/organisations` lists it."""
    theme = decided.decision
    if theme is None:
        raise ValueError("an accepted proposal has a decision")
    return {
        "code": theme.code,
        "name": theme.name,
        "kind": "theme",
        "parent": None,
        "since": theme.at[:10],
        "until": None,
        "owners": list(theme.owners),
        "aliases": list(theme.aliases),
        "former_names": [],
        "successor": None,
    }
