"""POST /v1/mentions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from alerts.receiving import Token
from api.bodies import ArraySplitter, Inflater, LineSplitter, Splitter
from api.deps import Publisher, ServiceDep
from api.errors import ProblemError
from api.intake import Intake, IntakeBounds
from api.schemas import PROBLEMS, MentionsTaken
from api.service import Service
from api.settings import ApiSettings
from api.wire import as_json

router = APIRouter(tags=["mentions"])

_TIMED_OUT = 408
_PATIENCE_SECONDS = 3.0
_NDJSON = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-ndjson": {"schema": {"type": "string", "description": "One mention a line."}},
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
        },
    }
}


@router.post("/v1/mentions", status_code=202, response_model=MentionsTaken, responses=PROBLEMS, openapi_extra=_BODY)
async def post_mentions(request: Request, token: Publisher, service: ServiceDep) -> Response:
    """Take mentions: NDJSON or one JSON array, plain or gzip; they are durable when this answers.

    A mention that cannot be read is refused by its line (in an array: its place, from 1); the others are taken.
    """
    chunks = aiter(request.stream())
    try:
        return await _taken(request, chunks, token, service)
    except ProblemError as problem:
        if problem.status != _TIMED_OUT:
            await _let_out(chunks)
        raise


async def _taken(request: Request, chunks: AsyncIterator[bytes], token: Token, service: Service) -> Response:
    settings = service.settings
    _refuse_large(request, settings)
    bounds = IntakeBounds(
        settings.max_body_bytes, settings.max_mentions, settings.body_chunk_seconds, settings.body_seconds
    )
    intake = Intake(service.sink, token.sources, _splitter(request), _inflater(request), bounds)
    try:
        await intake.take(chunks)
    except ClientDisconnect:
        raise ProblemError(400, "The body was cut off.", slug="cut-off", extra=intake.report()) from None
    finally:
        service.metrics.posted.labels("accepted").inc(intake.accepted)
        service.metrics.posted.labels("refused").inc(intake.refused_total)
    return as_json(intake.report(), status=202)


async def _let_out(chunks: AsyncIterator[bytes]) -> None:
    """Let a sender finish, for a moment: who is cut off while sending never reads the answer."""
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            async for _ in chunks:
                pass


def _splitter(request: Request) -> Splitter:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _NDJSON:
        return LineSplitter()
    if kind == "application/json":
        return ArraySplitter()
    raise ProblemError(
        415,
        f"The content type {kind[:80]!r} is not known; send application/x-ndjson (one mention a line) or "
        "application/json (one array).",
        headers={"Accept": "application/x-ndjson, application/json"},
    )


def _inflater(request: Request) -> Inflater | None:
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding in {"gzip", "x-gzip"}:
        return Inflater()
    if coding in {"identity", ""}:
        return None
    raise ProblemError(
        415,
        f"The content encoding {coding[:80]!r} is not known; send gzip or nothing.",
        headers={"Accept-Encoding": "gzip"},
    )


def _refuse_large(request: Request, settings: ApiSettings) -> None:
    """Say so before the body comes, where its length is told."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > settings.max_body_bytes:
        raise ProblemError(
            413,
            f"The body is larger than {settings.max_body_bytes} bytes; send it in parts. Nothing of it was taken.",
            slug="too-large",
            headers={"Connection": "close"},
            extra={"accepted": 0, "refused": [], "refused_total": 0},
        )
