"""Erasing mentions: at once in the evidence table, for ever, and told to who was shown them."""

import asyncio
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from alerts.erasing import MentionName, by_id, by_url
from api.delivery.outlets import erasing_receivers
from api.deps import Actor, ServiceDep
from api.schemas import PROBLEMS
from api.wire import as_json

router = APIRouter(tags=["privacy"], responses=PROBLEMS)


class Erasure(BaseModel):
    """What is to be erased: a mention by its id (at one source, or at any), or all with an address."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str | None, Field(min_length=1, max_length=512)] = None
    url: Annotated[str | None, Field(min_length=1, max_length=4096)] = None
    source_kind: Annotated[str, Field(max_length=64)] = ""
    source_name: Annotated[str, Field(max_length=300)] = ""

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if (self.id is None) == (self.url is None):
            raise ValueError("give either id or url")
        if bool(self.source_kind) != bool(self.source_name) or (self.source_name and self.id is None):
            raise ValueError("source_kind and source_name go together, and with id")
        return self

    def name(self) -> MentionName:
        """What the store calls it."""
        if self.id is None:
            return by_url(self.url or "")
        return (self.source_kind, self.source_name, self.id) if self.source_name else by_id(self.id)


class Erased(BaseModel):
    """How many texts went; 0 where none was kept: it will not come either."""

    texts: int


@router.post("/v1/erasures", response_model=Erased)
async def erase(asked: Erasure, token: Actor, service: ServiceDep) -> Response:
    """Erase a mention's text in every run and for ever, and tell receivers that were shown it (`mention.erased`)."""
    tell = erasing_receivers(service.settings)
    texts = await asyncio.to_thread(service.store.erase, [asked.name()], token.name, service.clock(), tell=tell)
    service.hub.notify()
    return as_json({"texts": texts})
