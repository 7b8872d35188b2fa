"""A store that forgets when the process ends: for tests and for trying things."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from alerts.delivering import claimed, settled
from alerts.erasing import MentionName, erased_body, names_of
from alerts.errors import TokenExistsError, UnknownReceiverError, UnknownTokenError
from alerts.incidents.grouping import GroupingPolicy
from alerts.incidents.handling import Act
from alerts.incidents.model import Incident, IncidentState
from alerts.lifecycle import Hearing, hearing
from alerts.model import SYSTEM, Alert, AlertState, Change, ChangeKind, Excerpt, Representative
from alerts.ports import Found
from alerts.receiving import Attempt, Delivery, Outcome, Receiver, Scope, Token, Verdict
from alerts.store import planning
from alerts.store.memory_incidents import IncidentsInMemory
from alerts.store.memory_levels import LevelsInMemory
from alerts.store.planning import AlertKey, MentionKey
from alerts.store.protocol import LEASE, Due, History, IncidentHistory

P = ParamSpec("P")
R = TypeVar("R")


def _locked(
    method: Callable[Concatenate["MemoryStore", P], R],
) -> Callable[Concatenate["MemoryStore", P], R]:
    """One thread at a time."""

    @wraps(method)
    def inner(self: "MemoryStore", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self._lock:
            return method(self, *args, **kwargs)

    return inner


class MemoryStore(LevelsInMemory):
    """`AlertStore` in dictionaries; see there for what each method promises."""

    def __init__(self) -> None:
        super().__init__()
        self._changes: list[Change] = []
        self._alerts: dict[AlertKey, Alert] = {}
        self._excerpts: dict[MentionKey, Excerpt] = {}
        self._stored_at: dict[MentionKey, datetime] = {}
        self._erased: set[MentionName] = set()
        self._receivers: dict[str, Receiver] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._attempts: dict[str, list[Attempt]] = {}
        self._tokens: dict[str, tuple[bytes, Token]] = {}
        self._grouped = IncidentsInMemory(self._changes, self._alerts)

    def close(self) -> None:
        """Nothing is held."""

    @_locked
    def apply(self, found: Sequence[Found], now: datetime, *, oldest: timedelta | None = None) -> list[Change]:
        """See `AlertStore.apply`."""
        keys = planning.alert_keys(found)
        revisions = {key: self._alerts[key].revision for key in keys if key in self._alerts}
        told: dict[AlertKey, set[str]] = {key: set() for key in revisions}
        for one in self._deliveries.values():
            if (one.run, one.alert_id) in told:
                told[one.run, one.alert_id].add(one.receiver)
        known = planning.Known(len(self._changes), revisions, told, self.receivers())
        todo = planning.plan(found, known, now, oldest)
        self._changes += todo.changes
        self._alerts |= todo.alerts
        for key, excerpt in todo.excerpts.items():
            if self._erased.isdisjoint(names_of(excerpt)):
                self._excerpts.setdefault(key, excerpt)
                self._stored_at.setdefault(key, now)
        for where, offset in todo.places.items():
            self._places[where] = max(offset, self._places.get(where, -1))
        self._deliveries |= {one.id: one for one in todo.deliveries}
        return todo.changes

    @_locked
    def places(self) -> dict[tuple[str, int], int]:
        """See `AlertStore.places`."""
        return dict(self._places)

    @_locked
    def after(self, sequence: int, limit: int, *, kinds: Collection[ChangeKind] | None = None) -> list[Change]:
        """See `AlertStore.after`."""
        rest = (change for change in self._changes[max(sequence, 0) :] if kinds is None or change.kind in kinds)
        return [change for change, _ in zip(rest, range(limit), strict=False)]

    @_locked
    def latest(self) -> int:
        """See `AlertStore.latest`."""
        return len(self._changes)

    @_locked
    def alerts(
        self,
        *,
        limit: int,
        state: AlertState | None = None,
        run: str | None = None,
        organisation: str | None = None,
        before: tuple[str, str, str] | None = None,
    ) -> list[Alert]:
        """See `AlertStore.alerts`."""
        fitting = [
            alert
            for alert in self._alerts.values()
            if (alert.state is state if state is not None else alert.state is not AlertState.HELD_BACK)
            and run in {None, alert.run}
            and organisation in {None, alert.finding.organisation}
            and (before is None or alert.place < before)
        ]
        return sorted(fitting, key=lambda alert: alert.place, reverse=True)[:limit]

    @_locked
    def alert(self, id_: str, run: str | None = None) -> History | None:
        """See `AlertStore.alert`."""
        same = [alert for alert in self._alerts.values() if alert.id == id_ and run in {None, alert.run}]
        if not same:
            return None
        chosen = max(same, key=lambda alert: (alert.run == "", alert.sequence))
        changes = [one for one in self._changes if (one.run, one.alert_id) == (chosen.run, id_)]
        return History(chosen, self.excerpts(chosen.run, chosen.finding.representatives), changes)

    @_locked
    def excerpts(self, run: str, representatives: Iterable[Representative]) -> list[Excerpt]:
        """See `AlertStore.excerpts`."""
        keys = dict.fromkeys(planning.mention_key(run, one) for one in representatives)
        return [self._excerpts[key] for key in keys if key in self._excerpts]

    @_locked
    def mark_stale(self, now: datetime, patience: timedelta) -> list[Change]:
        """See `AlertStore.mark_stale`."""
        overdue = [one for one in self._alerts.values() if hearing(one, now, patience) is Hearing.OVERDUE]
        made = []
        for alert in sorted(overdue, key=lambda one: one.sequence):
            change = planning.stale_change(len(self._changes) + 1, alert, now)
            self._changes.append(change)
            self._alerts[alert.run, alert.id] = planning.alert_of(change)
            made.append(change)
        return made

    @_locked
    def erase(self, mentions: Iterable[MentionName], actor: str, now: datetime, *, tell: Collection[str] = ()) -> int:
        """See `AlertStore.erase`."""
        asked = set(mentions)
        if not asked:
            return 0
        gone = [key for key, text in self._excerpts.items() if not asked.isdisjoint(names_of(text))]
        self._forget(gone)
        exact = {key[1:] for key in gone} | asked
        self._erased |= exact
        self._note(now, actor, ChangeKind.ERASED, erased_body({key[1:] for key in gone}, asked, len(gone)))
        shown = {
            (one.run, one.alert_id)
            for one in self._changes
            if (alert := one.alert()) is not None and planning.shows(alert.finding, exact)
        }
        told = {one.receiver for one in self._deliveries.values() if (one.run, one.alert_id) in shown}
        queued = planning.erased_deliveries(self._changes[-1], told & set(tell))
        self._deliveries |= {one.id: one for one in queued}
        return len(gone)

    @_locked
    def group_alerts(
        self, now: datetime, limit: int, *, parents: Mapping[str, str], policy: GroupingPolicy | None = None
    ) -> list[Change]:
        """See `AlertStore.group_alerts`."""
        return self._grouped.group(now, limit, parents, policy or GroupingPolicy())

    @_locked
    def settle_incidents(self, now: datetime, *, policy: GroupingPolicy | None = None) -> list[Change]:
        """See `AlertStore.settle_incidents`."""
        return self._grouped.settle(now, policy or GroupingPolicy())

    @_locked
    def incidents(
        self,
        *,
        limit: int,
        state: IncidentState | None = None,
        run: str | None = None,
        organisation: str | None = None,
        before: tuple[str, str, str] | None = None,
    ) -> list[Incident]:
        """See `AlertStore.incidents`."""
        return self._grouped.listed(limit, state, run, organisation, before)

    @_locked
    def incident(self, id_: str, run: str | None = None) -> IncidentHistory | None:
        """See `AlertStore.incident`."""
        return self._grouped.incident(id_, run)

    @_locked
    def incident_of(self, alert_id: str, run: str = "") -> str | None:
        """See `AlertStore.incident_of`."""
        return self._grouped.home(alert_id, run)

    @_locked
    def act(self, id_: str, act: Act, actor: str, now: datetime, *, run: str = "") -> Incident:
        """See `AlertStore.act`."""
        return self._grouped.act(id_, run, act, actor, now)

    @_locked
    def forget_texts(self, before: datetime) -> int:
        """See `AlertStore.forget_texts`."""
        firing = [one for one in self._alerts.values() if one.state is AlertState.FIRING]
        kept = {planning.mention_key(one.run, shown) for one in firing for shown in one.finding.representatives}
        old = [key for key, at in self._stored_at.items() if at < before and key not in kept]
        self._forget(old)
        return len(old)

    def _forget(self, keys: Iterable[MentionKey]) -> None:
        for key in keys:
            del self._excerpts[key], self._stored_at[key]

    @_locked
    def put_receiver(self, receiver: Receiver, actor: str, now: datetime) -> Receiver:
        """See `AlertStore.put_receiver`."""
        stored = self._receivers.get(receiver.name)
        wanted = planning.put(stored, receiver)
        if wanted != stored:
            self._receivers[receiver.name] = wanted
            self._note(now, actor, ChangeKind.RECEIVER_PUT, {"receiver": planning.shown(wanted)})
        return wanted

    @_locked
    def enable_receiver(self, name: str, actor: str, now: datetime) -> Receiver:
        """See `AlertStore.enable_receiver`."""
        return self._switch(name, "", actor, now)

    @_locked
    def disable_receiver(self, name: str, reason: str, actor: str, now: datetime) -> Receiver:
        """See `AlertStore.disable_receiver`."""
        return self._switch(name, reason, actor, now)

    def _switch(self, name: str, reason: str, actor: str, now: datetime) -> Receiver:
        stored = self._receivers.get(name)
        if stored is None:
            raise UnknownReceiverError(f"there is no receiver named {name!r}")
        wanted = msgspec.structs.replace(stored, disabled=reason)
        if wanted != stored:
            self._receivers[name] = wanted
            self._note(now, actor, planning.switched(reason), {"receiver": name, "reason": reason})
        return wanted

    @_locked
    def receivers(self) -> list[Receiver]:
        """See `AlertStore.receivers`."""
        return [self._receivers[name] for name in sorted(self._receivers)]

    def _waiting(self, without: Collection[str]) -> list[tuple[datetime, int, str]]:
        """Due time, sequence and id of what an open receiver waits for, oldest due first."""
        open_ = {one.name for one in self._receivers.values() if one.enabled and not one.disabled} - set(without)
        return sorted(
            (one.due_at, one.sequence, one.id)
            for one in self._deliveries.values()
            if one.outcome is Outcome.PENDING and one.due_at is not None and one.receiver in open_
        )

    @_locked
    def due(
        self, now: datetime, limit: int, lease: timedelta = LEASE, *, room: Mapping[str, int] | None = None
    ) -> list[Due]:
        """See `AlertStore.due`."""
        taken: list[Due] = []
        left = dict(room or {})
        for due_at, _, id_ in self._waiting(()):
            if due_at > now or len(taken) >= limit:
                break
            receiver = self._deliveries[id_].receiver
            if left.get(receiver, limit) <= 0:
                continue
            left[receiver] = left.get(receiver, limit) - 1
            delivery = self._deliveries[id_] = claimed(self._deliveries[id_], now, lease)
            change = self._changes[delivery.sequence - 1]
            alert = change.alert()
            texts = self.excerpts(alert.run, alert.finding.representatives) if alert is not None else []
            taken.append(Due(delivery, self._receivers[delivery.receiver], alert, texts, change))
        return taken

    @_locked
    def record_attempts(self, attempts: Sequence[Attempt]) -> list[bool]:
        """See `AlertStore.record_attempts`."""
        planning.check_attempts(attempts)
        return [self._record(attempt) for attempt in attempts]

    def _record(self, attempt: Attempt) -> bool:
        stored = self._deliveries.get(attempt.delivery)
        if stored is None:
            return False
        delivery, changed = settled(stored, attempt)
        self._deliveries[delivery.id] = delivery
        self._attempts.setdefault(delivery.id, []).append(attempt)
        if changed and delivery.outcome is Outcome.DEAD:
            self._changes.append(planning.dead_change(len(self._changes) + 1, delivery))
            if attempt.verdict is Verdict.GONE and delivery.receiver in self._receivers:
                self._switch(delivery.receiver, attempt.reason, SYSTEM, attempt.at)
        return changed

    @_locked
    def deliveries(self, alert_id: str, run: str = "") -> list[Delivery]:
        """See `AlertStore.deliveries`."""
        wanted = [one for one in self._deliveries.values() if (one.run, one.alert_id) == (run, alert_id)]
        return sorted(wanted, key=lambda one: (one.sequence, one.receiver))

    @_locked
    def attempts(self, delivery_id: str) -> list[Attempt]:
        """See `AlertStore.attempts`."""
        return list(self._attempts.get(delivery_id, ()))

    @_locked
    def counts(self) -> Mapping[Outcome, int]:
        """See `AlertStore.counts`."""
        counted = dict.fromkeys(Outcome, 0)
        for one in self._deliveries.values():
            counted[one.outcome] += 1
        return counted

    @_locked
    def next_due(self, *, without: Collection[str] = ()) -> datetime | None:
        """See `AlertStore.next_due`."""
        return min((due_at for due_at, _, _ in self._waiting(without)), default=None)

    @_locked
    def create_token(
        self,
        name: str,
        digest: bytes,
        scopes: Collection[Scope],
        actor: str,
        now: datetime,
        *,
        sources: Collection[str] | None = None,
    ) -> Token:
        """See `AlertStore.create_token`."""
        if name in self._tokens:
            raise TokenExistsError(f"there is a token named {name!r} already; choose another name")
        token = Token(name, frozenset(scopes), now, None if sources is None else frozenset(sources))
        self._tokens[name] = (digest, token)
        self._note(now, actor, ChangeKind.TOKEN_CREATED, planning.shown_token(token))
        return token

    @_locked
    def revoke_token(self, name: str, actor: str, now: datetime) -> Token:
        """See `AlertStore.revoke_token`."""
        if name not in self._tokens:
            raise UnknownTokenError(f"there is no token named {name!r}")
        digest, token = self._tokens[name]
        if token.revoked_at is None:
            token = msgspec.structs.replace(token, revoked_at=now)
            self._tokens[name] = (digest, token)
            self._note(now, actor, ChangeKind.TOKEN_REVOKED, {"token": name})
        return token

    @_locked
    def tokens(self) -> list[Token]:
        """See `AlertStore.tokens`."""
        return [self._tokens[name][1] for name in sorted(self._tokens)]

    @_locked
    def authenticate(self, digest: bytes) -> Token | None:
        """See `AlertStore.authenticate`."""
        found = [token for known, token in self._tokens.values() if known == digest]
        return next((token for token in found if token.revoked_at is None), None)

    def _note(self, now: datetime, actor: str, kind: ChangeKind, body: Mapping[str, Any]) -> None:
        self._changes.append(planning.note(len(self._changes) + 1, now, actor, kind, body))
