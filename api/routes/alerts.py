"""Reading alerts: polling with a cursor, one alert, and the stream."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from alerts.model import ALERT_KINDS, AlertState
from api import cursors
from api.deps import Reader, ServiceDep
from api.errors import ProblemError
from api.middleware import RAW_SEND
from api.pages import Page, PageQuery
from api.schemas import PROBLEMS, AlertDetail, AlertPage
from api.service import Service
from api.wire import VIEW, alert_object, as_json, change_object, detail_object, encode

router = APIRouter(tags=["alerts"], responses=PROBLEMS)

_ID = r"^[0-9a-f]{32}$"
_RUN = r"^[a-z0-9-]{0,40}$"


@router.get("/v1/alerts", response_model=AlertPage)
async def list_alerts(
    request: Request,
    _: Reader,
    service: ServiceDep,
    after: Annotated[str | None, Query(description="A cursor: changes after it.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    state: Annotated[AlertState | None, Query()] = None,
    organisation: Annotated[str | None, Query(max_length=64)] = None,
    run: Annotated[str | None, Query(pattern=_RUN, description="Empty: the live run.")] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Without `after`: the alerts as they stand, newest first, and the cursor from which changes follow.

    With `after`: the changes since, in order, each an alert as that change left it. Poll with `If-None-Match`: 304
    costs next to nothing.
    """
    await service.hub.started()
    query = PageQuery(await _sequence(service, after), limit, state, organisation, run)
    page = service.pages.get(query, service.hub.head)
    if page is None:
        page = await asyncio.to_thread(_page, service, query, service.hub.head)
        service.pages.put(query, page)
    service.pages.answered(request.scope["query_string"], page)
    headers = {"etag": page.etag, "cache-control": "private, no-cache"}
    if if_none_match is not None and page.etag in {one.strip() for one in if_none_match.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(page.body, headers=headers, media_type="application/json")


async def _sequence(service: Service, cursor: str | None) -> int | None:
    if cursor is None:
        return None
    try:
        sequence = cursors.decode(VIEW, cursor)
    except cursors.CursorError as error:
        raise ProblemError(
            400, f"`after` is no cursor of this service ({error}); begin without it.", slug="bad-cursor"
        ) from None
    # Another replica may have given out a cursor that this one's hub has not come to yet.
    if sequence > service.hub.head and sequence > await asyncio.to_thread(service.store.latest):
        raise ProblemError(400, "`after` is ahead of this service's log; begin without it.", slug="bad-cursor")
    return sequence


def _page(service: Service, query: PageQuery, head: int) -> Page:
    items, cursor, more = _present(service, query, head) if query.after is None else _changes(service, query, head)
    body = encode({"alerts": items, "cursor": cursors.encode(VIEW, cursor), "more": more})
    return Page(head, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"', body)


def _present(service: Service, query: PageQuery, head: int) -> tuple[list[dict[str, Any]], int, bool]:
    found = service.store.alerts(
        limit=query.limit + 1, state=query.state, run=query.run, organisation=query.organisation
    )
    shown = [alert_object(one, service.base_url) for one in found[: query.limit]]
    return shown, head, len(found) > query.limit


def _changes(service: Service, query: PageQuery, head: int) -> tuple[list[dict[str, Any]], int, bool]:
    """The next changes that fit; the cursor goes past those that do not."""
    cursor = query.after or 0
    items: list[dict[str, Any]] = []
    while cursor < head:
        changes = service.store.after(cursor, 1000, kinds=ALERT_KINDS)
        for change in changes:
            if change.sequence > head or len(items) == query.limit:
                return items, cursor, change.sequence <= head
            cursor = change.sequence
            shown = change_object(change, service.base_url)
            if _fits(shown, query):
                items.append(shown)
        if len(changes) < 1000:
            break
    return items, cursor, False


def _fits(shown: dict[str, Any], query: PageQuery) -> bool:
    wanted: Sequence[tuple[str, str | None]] = (
        ("state", query.state),
        ("organisation", query.organisation),
        ("run", query.run),
    )
    return all(value is None or shown[name] == value for name, value in wanted)


class _Stream(Response):
    """An endless answer that joins the hub; plain ASGI, so that nothing stands between hub and socket."""

    def __init__(self, service: Service, cursor: int) -> None:
        super().__init__(
            media_type="text/event-stream", headers={"cache-control": "no-store", "x-accel-buffering": "no"}
        )
        del self.headers["content-length"]
        self._service = service
        self._cursor = cursor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await self._service.hub.serve(scope.get(RAW_SEND, send), receive, self._cursor)


@router.get(
    "/v1/alerts/stream",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Server-sent events"}},
)
async def stream_alerts(
    _: Reader,
    service: ServiceDep,
    last_event_id: Annotated[str | None, Header()] = None,
    after: Annotated[str | None, Query(description="A cursor, where no header can be sent.")] = None,
) -> Response:
    """Follow changes as server-sent events.

    `ready` comes first; `alert` is a change; `mention.erased` names mentions whose texts are to be erased everywhere;
    `resync` says that changes are missing: fetch `/v1/alerts` and go on.
    Without `Last-Event-ID` or `after` the stream begins now.
    """
    if len(service.hub) >= service.settings.sse_subscribers or service.closing.is_set():
        raise ProblemError(503, "There is no room for a further stream; try later.", headers={"Retry-After": "10"})
    cursor = last_event_id or after
    if not cursor:
        return _Stream(service, -1)
    try:
        return _Stream(service, cursors.decode(VIEW, cursor))
    except cursors.CursorError as error:
        raise ProblemError(
            400, f"Last-Event-ID is no cursor of this service ({error}); begin without it.", slug="bad-cursor"
        ) from None


@router.get("/v1/alerts/{alert_id}", response_model=AlertDetail)
async def get_alert(
    alert_id: str,
    _: Reader,
    service: ServiceDep,
    run: Annotated[str | None, Query(pattern=_RUN)] = None,
) -> Response:
    """One alert with the texts of its mentions as far as they are kept, its changes and its deliveries."""
    history = await asyncio.to_thread(service.store.alert, alert_id, run)
    if history is None:
        raise ProblemError(404, f"There is no alert {alert_id[:64]!r}; /v1/alerts lists those there are.")
    deliveries = await asyncio.to_thread(service.store.deliveries, alert_id, history.alert.run)
    return as_json(detail_object(history, deliveries, service.base_url))
