"""Claims known to be false: listed with rebuttal and source, entered and withdrawn by officers."""

from collections.abc import Awaitable
from typing import Annotated, TypeVar

import msgspec
from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.responses import Response

from alerts.claims import Claim, ClaimDesk, ClaimRefusedError, UnknownClaimError
from alerts.ports import SourceUnavailableError
from api.deps import Actor, Reader, ServiceDep
from api.errors import ProblemError
from api.schemas import PROBLEMS
from api.service import Service
from api.wire import as_json

_T = TypeVar("_T")

router = APIRouter(tags=["claims"], responses=PROBLEMS)

Wording = Annotated[str, Field(min_length=8, max_length=500)]


class Entry(BaseModel):
    """A claim known to be false: what is said, the official answer, and where that stands."""

    model_config = ConfigDict(extra="forbid")

    text: Wording
    rebuttal: str = Field(min_length=1, max_length=2000)
    rebuttal_url: str = Field(max_length=500)
    wordings: list[Wording] = Field(default=[], max_length=20)
    organisation: str = Field(default="", max_length=64)

    @field_validator("rebuttal_url")
    @classmethod
    def _has_a_source(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            raise ValueError("name where the rebuttal stands: an http or https address")
        return url


@router.get("/v1/claims")
async def list_claims(_: Reader, service: ServiceDep) -> Response:
    """The list, withdrawn ones too, the newest first; each with who entered it and from when it holds."""
    return as_json({"claims": [msgspec.to_builtins(one) for one in await _answer(_desk(service).claims())]})


@router.post("/v1/claims", status_code=201)
async def enter_claim(actor: Actor, service: ServiceDep, body: Entry) -> Response:
    """Enter one: from `holds_from` on texts that seem to make it are flagged for a human to check, never judged."""
    claim = Claim("", body.text, body.rebuttal, body.rebuttal_url, "", tuple(body.wordings), body.organisation)
    entered = await _answer(_desk(service).enter(claim, by=actor.name, now=service.clock()))
    return as_json(msgspec.to_builtins(entered), status=201)


@router.post("/v1/claims/{id}/withdraw")
async def withdraw_claim(
    actor: Actor,
    service: ServiceDep,
    id: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")],  # noqa: A002 - its name in the address
) -> Response:
    """Take one back: nothing is flagged for it from the next announced minute on."""
    return as_json(msgspec.to_builtins(await _answer(_desk(service).withdraw(id, by=actor.name, now=service.clock()))))


def _desk(service: Service) -> ClaimDesk:
    if service.claims is None:
        raise ProblemError(404, "This service has no log in which claims are listed.")
    return service.claims


async def _answer(asked: Awaitable[_T]) -> _T:
    try:
        return await asked
    except UnknownClaimError as error:
        raise ProblemError(404, f"{error}.") from error
    except ClaimRefusedError as error:
        raise ProblemError(422, f"{error}.") from error
    except SourceUnavailableError as error:
        raise ProblemError(503, f"{error}.") from error
