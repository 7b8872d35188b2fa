"""Rows as our types and back."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from alerts.model import Alert, Change, ChangeKind, Excerpt, Finding
from alerts.receiving import Attempt, Delivery, Outcome, Receiver, Verdict
from alerts.store.planning import MentionKey

#: Values in one ``IN (…)``: well below every database's limit of parameters.
_CHUNK = 500
#: The greatest integer that databases know; a cursor made up by somebody may be greater.
GREATEST = 2**63 - 1

T = TypeVar("T")

_finding = msgspec.json.Decoder(Finding)
_receiver = msgspec.json.Decoder(Receiver)
_encoder = msgspec.json.Encoder(order="deterministic")


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists that fit into one statement.

    Examples
    --------
    >>> [len(chunk) for chunk in chunks(range(1200))]
    [500, 500, 200]
    """
    rest = iter(values)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def bounded(limit: int) -> int:
    """A limit that databases take; a negative one is nothing."""
    return max(0, min(limit, GREATEST))


def change_row(change: Change) -> dict[str, Any]:
    """A row of `changes`."""
    return msgspec.structs.asdict(change) | {"body": change.body.decode()}


def change_of(row: sa.Row[Any]) -> Change:
    """The change in a row of `changes`."""
    fields = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return Change(**(dict(fields) | {"kind": ChangeKind(fields["kind"]), "body": fields["body"].encode()}))


def alert_row(alert: Alert, body: bytes) -> dict[str, Any]:
    """A row of `alerts`."""
    return {
        "run": alert.run,
        "id": alert.id,
        "revision": alert.revision,
        "state": alert.state,
        "stale": alert.stale,
        "organisation": alert.finding.organisation,
        "first_fired_at": alert.finding.first_fired_at,
        "sequence": alert.sequence,
        "at": alert.at,
        "body": body.decode(),
    }


def alert_of(row: sa.Row[Any]) -> Alert:
    """The alert in a row of `alerts`."""
    return Alert(row.run, _finding.decode(row.body), row.sequence, row.at, row.stale)


def excerpt_row(key: MentionKey, excerpt: Excerpt, now: datetime) -> dict[str, Any]:
    """A row of `excerpts`."""
    run, source_kind, source_name, mention = key
    return {
        "run": run,
        "source_kind": source_kind,
        "source_name": source_name,
        "mention": mention,
        "title": excerpt.title,
        "url": excerpt.url,
        "published_at": excerpt.published_at,
        "stored_at": now,
    }


def excerpt_of(row: sa.Row[Any]) -> Excerpt:
    """The excerpt in a row of `excerpts`."""
    return Excerpt(row.mention, row.source_kind, row.source_name, row.title, row.url, row.published_at)


def receiver_row(receiver: Receiver) -> dict[str, Any]:
    """A row of `receivers`."""
    is_open = receiver.enabled and not receiver.disabled
    return {"name": receiver.name, "open": is_open, "body": _encoder.encode(receiver).decode()}


def receiver_of(row: sa.Row[Any]) -> Receiver:
    """The receiver in a row of `receivers`."""
    return _receiver.decode(row.body)


def delivery_row(delivery: Delivery) -> dict[str, Any]:
    """A row of `deliveries`."""
    return msgspec.structs.asdict(delivery)


def delivery_of(row: sa.Row[Any]) -> Delivery:
    """The delivery in a row of `deliveries`."""
    fields = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return Delivery(**(dict(fields) | {"outcome": Outcome(fields["outcome"])}))


def attempt_row(attempt: Attempt) -> dict[str, Any]:
    """A row of `attempts`."""
    return msgspec.structs.asdict(attempt)


def attempt_of(row: sa.Row[Any]) -> Attempt:
    """The attempt in a row of `attempts`."""
    return Attempt(
        row.delivery, row.claim, row.at, row.seconds, Verdict(row.verdict), row.reason, row.status, row.due_at
    )


def grouped(keys: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Ids by run, in a fixed order.

    Examples
    --------
    >>> grouped([("", "b"), ("demo", "c"), ("", "a")])
    {'': ['a', 'b'], 'demo': ['c']}
    """
    found: dict[str, list[str]] = {}
    for run, id_ in sorted(keys):
        found.setdefault(run, []).append(id_)
    return found
