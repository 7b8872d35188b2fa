"""What taking findings changes, worked out before anything is written; every store writes the same. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from alerts.errors import StoreError
from alerts.lifecycle import Step, kind_of, step
from alerts.model import (
    SYSTEM,
    WATCH,
    Alert,
    AlertState,
    Change,
    ChangeKind,
    Excerpt,
    Finding,
    Representative,
    canonical,
)
from alerts.ports import Found
from alerts.receiving import Attempt, Delivery, Receiver, Token, Verdict
from alerts.routing import Match, delivery_id, is_news, match, run_of, stays_told

#: Run and id of an alert.
AlertKey = tuple[str, str]
#: Run, source kind, source name and id of a mention.
MentionKey = tuple[str, str, str, str]

_encoder = msgspec.json.Encoder(order="deterministic")


class Known(NamedTuple):
    """What the store must say before findings are taken.

    Attributes
    ----------
    sequence
        Of the newest change.
    revisions
        Of the alerts among the findings that are known.
    told
        Receivers that have been queued an earlier revision of an alert.
    receivers
        All of them.
    """

    sequence: int
    revisions: Mapping[AlertKey, int]
    told: Mapping[AlertKey, Collection[str]]
    receivers: Sequence[Receiver]


@dataclass(slots=True)
class Plan:
    """What to write, all in one transaction."""

    changes: list[Change] = field(default_factory=list)
    alerts: dict[AlertKey, Alert] = field(default_factory=dict)
    excerpts: dict[MentionKey, Excerpt] = field(default_factory=dict)
    places: dict[tuple[str, int], int] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)


def plan(found: Sequence[Found], known: Known, now: datetime, oldest: timedelta | None = None) -> Plan:
    """Work out the changes that these records make."""
    todo = Plan()
    revisions = dict(known.revisions)
    told = {key: set(names) for key, names in known.told.items()}
    for place, value in found:
        where = (place.topic, place.partition)
        todo.places[where] = max(place.offset, todo.places.get(where, -1))
        run = run_of(place.topic)
        if isinstance(value, Excerpt):
            todo.excerpts.setdefault(mention_key(run, value), value)
            continue
        key = (run, value.id)
        if step(revisions.get(key), value) is Step.NOT_NEWER:
            continue
        revisions[key] = value.revision
        change = _change(known.sequence + len(todo.changes) + 1, run, value, now)
        todo.changes.append(change)
        todo.alerts[key] = alert_of(change)
        if oldest is None or is_news(run, value, now, oldest):
            todo.deliveries += _deliveries(change, value, known.receivers, told.setdefault(key, set()))
    return todo


def alert_of(change: Change) -> Alert:
    """The alert as a change of `FINDING_KINDS` left it."""
    alert = change.alert()
    if alert is None:
        raise StoreError(f"change {change.sequence} ({change.kind}) is about no alert")
    return alert


def _change(sequence: int, run: str, finding: Finding, now: datetime) -> Change:
    return Change(sequence, now, WATCH, kind_of(finding), run, finding.id, finding.revision, canonical(finding))


def _deliveries(change: Change, finding: Finding, receivers: Sequence[Receiver], told: set[str]) -> list[Delivery]:
    """Queue the revision for who wants it, and its end for who was told of its beginning."""
    queued = []
    for receiver in receivers:
        why = match(receiver, change.run, finding)
        ends = finding.state is AlertState.RESOLVED and receiver.name in told and stays_told(why)
        if why is not Match.FITS and not ends:
            continue
        told.add(receiver.name)
        id_ = delivery_id(receiver.name, change.run, finding.id, finding.revision)
        queued.append(
            Delivery(
                *(id_, receiver.name, change.run, finding.id, finding.revision, change.sequence, change.at),
                due_at=change.at,
            )
        )
    return queued


def alert_keys(found: Sequence[Found]) -> set[AlertKey]:
    """Run and id of every finding among these records."""
    return {(run_of(place.topic), value.id) for place, value in found if isinstance(value, Finding)}


def mention_key(run: str, mention: Excerpt | Representative) -> MentionKey:
    """What names a mention in the evidence table."""
    return (run, mention.source_kind, mention.source_name, mention.id)


def stale_change(sequence: int, alert: Alert, now: datetime) -> Change:
    """The change that marks an alert as stale."""
    body = canonical(alert.finding)
    return Change(sequence, now, SYSTEM, ChangeKind.STALE, alert.run, alert.id, alert.revision, body)


def note(sequence: int, now: datetime, actor: str, kind: ChangeKind, body: Mapping[str, Any]) -> Change:
    """A change that is not an alert's."""
    return Change(sequence, now, actor, kind, "", "", 0, _encoder.encode(body))


def dead_change(sequence: int, delivery: Delivery) -> Change:
    """The change that tells of a delivery given up on."""
    if delivery.settled_at is None:
        raise StoreError("a delivery that is given up on has its time")
    body = _encoder.encode({"delivery": delivery.id, "reason": delivery.reason, "receiver": delivery.receiver})
    where = (delivery.run, delivery.alert_id, delivery.revision)
    return Change(sequence, delivery.settled_at, SYSTEM, ChangeKind.DELIVERY_DEAD, *where, body)


def encoded(text: str) -> str:
    """A text as it stands in the JSON of the log."""
    return _encoder.encode(text).decode()


def erased_deliveries(change: Change, receivers: Collection[str]) -> list[Delivery]:
    """Queue the news of erased mentions."""
    return [
        Delivery(
            delivery_id(name, "", f"erased-{change.sequence}", 0), name, "", "", 0, change.sequence, change.at,
            due_at=change.at,
        )
        for name in sorted(receivers)
    ]  # fmt: skip


def shows(finding: Finding, mentions: Collection[tuple[str, str, str]]) -> bool:
    """Whether a finding shows one of these mentions."""
    return any((one.source_kind, one.source_name, one.id) in mentions for one in finding.representatives)


def put(stored: Receiver | None, given: Receiver) -> Receiver:
    """A receiver as it is stored when it is put: what stopped it stays, unless its address is a new one."""
    disabled = stored.disabled if stored is not None and stored.url == given.url else ""
    return msgspec.structs.replace(given, disabled=disabled)


def shown(receiver: Receiver) -> dict[str, Any]:
    """A receiver as the log tells of it: its address only by host, since the rest may be a secret."""
    fields: dict[str, Any] = msgspec.to_builtins(receiver)
    del fields["secret"]
    try:
        fields["url"] = urlsplit(receiver.url).hostname or ""
    except ValueError:
        fields["url"] = ""
    return fields


def shown_token(token: Token) -> dict[str, Any]:
    """A token as the log tells of it."""
    sources = None if token.sources is None else sorted(token.sources)
    return {"token": token.name, "scopes": sorted(token.scopes), "sources": sources}


def switched(reason: str) -> ChangeKind:
    """The change that stops a receiver for a reason, or opens it again where there is none."""
    return ChangeKind.RECEIVER_DISABLED if reason else ChangeKind.RECEIVER_ENABLED


def check_attempts(attempts: Sequence[Attempt]) -> None:
    """Refuse what `settled` could not use, before any of it is written.

    Raises
    ------
    ValueError
        If an attempt asks to be tried again without saying when.
    """
    for attempt in attempts:
        if attempt.verdict is Verdict.RETRY and attempt.due_at is None:
            raise ValueError(f"the attempt of {attempt.delivery} is to be tried again, but does not say when")
