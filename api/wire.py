"""Alerts as the interface shows them: JSON bytes, stream frames, webhook bodies."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from alerts import words
from alerts.incidents.model import Incident
from alerts.incidents.wire import incident_body
from alerts.model import ALERT_KINDS, INCIDENT_KINDS, LIVE, Alert, Change, ChangeKind, Excerpt
from alerts.receiving import Delivery
from alerts.store.protocol import AlertStore, History
from alerts.wire import alert_body
from api import cursors
from api.times import show

#: What every reader sees until readers differ in what they may see.
VIEW = "all"
#: What streams tell: alerts, incidents, and which mentions were erased.
_STREAMED = ALERT_KINDS | INCIDENT_KINDS | {ChangeKind.ERASED}

_encode = msgspec.json.Encoder(order="deterministic").encode


def as_json(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer that no cache keeps unless `headers` say so."""
    return Response(_encode(value), status, {"cache-control": "no-store", **(headers or {})}, "application/json")


def encode(value: object) -> bytes:
    """JSON bytes, the same for the same value."""
    return _encode(value)


class Frames:
    """The alert changes of a store as stream frames: what the hub follows."""

    def __init__(self, store: AlertStore, base_url: str) -> None:
        self._store = store
        self._base_url = base_url

    async def frames(self, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """The next frames after a sequence."""
        return await asyncio.to_thread(self._read, after, limit)

    async def latest(self) -> int:
        """Sequence of the newest change."""
        return await asyncio.to_thread(self._store.latest)

    def hello(self, sequence: int) -> bytes:
        """First frame: where the stream begins, and how soon to come back when it breaks."""
        return b"retry: 2000\n" + self._note("ready", sequence)

    def gap(self, sequence: int) -> bytes:
        """Changes are missing: fetch `/v1/alerts` anew; the stream goes on after `sequence`."""
        return self._note("resync", sequence)

    def _read(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        changes = self._store.after(after, limit, kinds=_STREAMED)
        return [(one.sequence, self._told(one)) for one in changes]

    def _told(self, change: Change) -> bytes:
        if change.kind in INCIDENT_KINDS:
            return _frame("incident", change.sequence, event_object(change, self._base_url))
        if change.kind is ChangeKind.ERASED:
            return _frame("mention.erased", change.sequence, msgspec.json.decode(change.body))
        return _frame("alert", change.sequence, change_object(change, self._base_url))

    def _note(self, event: str, sequence: int) -> bytes:
        return _frame(event, sequence, {"cursor": cursors.encode(VIEW, sequence)})


def _frame(event: str, sequence: int, data: object) -> bytes:
    # JSON has no raw line breaks, so that one data line always suffices.
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (
        cursors.encode(VIEW, sequence).encode("ascii"),
        event.encode("ascii"),
        _encode(data),
    )


def alert_object(alert: Alert, base_url: str, excerpts: Sequence[Excerpt] = ()) -> dict[str, Any]:
    """An alert as JSON shows it: `alerts.wire.alert_body`, when it changed, and the address of its page.

    Lists and streams are made without `excerpts`: texts are shown only with one alert, so that an erased one is gone.
    """
    body = alert_body(alert, excerpts)
    body["annotations"]["severity"] = words.SEVERITY[alert.finding.severity]
    return body | {"changed_at": show(alert.at), "url": page_url(alert, base_url)}


def change_object(change: Change, base_url: str) -> dict[str, Any]:
    """An alert as a change left it, with the change's kind."""
    alert = change.alert()
    assert alert is not None  # noqa: S101 - only changes of FINDING_KINDS come here
    return {**alert_object(alert, base_url), "change": change.kind.value}


def event_object(change: Change, base_url: str) -> dict[str, Any]:
    """What happened to an incident, as its timeline and the stream tell it."""
    body: dict[str, Any] = msgspec.json.decode(change.body)
    about = {"incident": change.alert_id, "run": change.run, "actor": change.actor, "changed_at": show(change.at)}
    return body | about | {"change": change.kind.value, "url": f"{base_url}/v1/incidents/{change.alert_id}"}


def incident_object(incident: Incident, base_url: str) -> dict[str, Any]:
    """An incident as JSON shows it."""
    return incident_body(incident) | {"url": f"{base_url}/v1/incidents/{incident.id}"}


def page_url(alert: Alert, base_url: str) -> str:
    """Address of an alert's page."""
    query = f"?run={alert.run}" if alert.run != LIVE else ""
    return f"{base_url}/alerts/{alert.id}{query}"


def detail_object(history: History, deliveries: Sequence[Delivery], base_url: str) -> dict[str, Any]:
    """Everything about one alert: texts, changes, deliveries."""
    return {
        "alert": alert_object(history.alert, base_url, history.excerpts),
        "changes": [
            {"at": show(one.at), "kind": one.kind.value, "actor": one.actor, "revision": one.revision}
            for one in history.changes
        ],
        "deliveries": [
            {
                "receiver": one.receiver,
                "revision": one.revision,
                "outcome": one.outcome.value,
                "attempts": one.attempts,
                "reason": one.reason,
                "due_at": show(one.due_at) if one.due_at is not None else None,
                "settled_at": show(one.settled_at) if one.settled_at is not None else None,
            }
            for one in deliveries
        ],
    }
