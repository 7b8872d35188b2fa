"""What the service asks of its store: one ordered log of changes, and the state that follows from it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from alerts.erasing import MentionName
from alerts.incidents.grouping import GroupingPolicy
from alerts.incidents.handling import Act
from alerts.incidents.model import Incident, IncidentState
from alerts.model import Alert, AlertState, Change, ChangeKind, Excerpt, Representative
from alerts.ports import Found
from alerts.receiving import Attempt, Delivery, Outcome, Receiver, Scope, Token
from alerts.store.levels import LevelStore

#: How long a sender may hold a delivery before another one takes it over.
LEASE = timedelta(seconds=60)


class History(NamedTuple):
    """An alert with everything known of it: the texts that are still there, and its changes, oldest first."""

    alert: Alert
    excerpts: Sequence[Excerpt]
    changes: Sequence[Change]


class IncidentHistory(NamedTuple):
    """An incident with its alerts, and what happened to it, oldest first."""

    incident: Incident
    alerts: Sequence[Alert]
    changes: Sequence[Change]


class Due(NamedTuple):
    """A claimed delivery with what is sent: the alert as of the delivery's revision, and the texts still there.

    Where it tells of erased mentions there is no alert; `change` is what it carries in any case.
    """

    delivery: Delivery
    receiver: Receiver
    alert: Alert | None
    excerpts: Sequence[Excerpt]
    change: Change


class AlertStore(LevelStore, Protocol):
    """The alert store. Synchronous and thread-safe; every method is one transaction, done wholly or not at all.

    Every `now` is an aware datetime. All methods raise `StoreUnavailableError` when the store cannot be reached, and
    every write returns after it is durable.
    """

    def close(self) -> None:
        """Let go of files and connections; may be called twice."""

    # The ordered log

    def apply(self, found: Sequence[Found], now: datetime, *, oldest: timedelta | None = None) -> list[Change]:
        """Take findings and excerpts with their places, and queue what receivers must be sent.

        Only a greater revision is applied; what is applied again changes nothing. The run is what the topic's name
        has before ``.findings`` or ``.excerpts``. Places only grow.

        Parameters
        ----------
        oldest
            Live findings that fired longer ago (`alerts.routing.OLDEST`) are kept, but queued for nobody: a service
            that starts on a log older than its store would otherwise send all of it.

        Returns
        -------
        The changes made, in order.
        """

    def places(self) -> dict[tuple[str, int], int]:
        """Offset of the last record taken, by topic and partition: what `FindingSource.follow` takes."""

    def after(self, sequence: int, limit: int, *, kinds: Collection[ChangeKind] | None = None) -> list[Change]:
        """The next `limit` changes after `sequence`, in order; of `kinds` only, if given (`ALERT_KINDS`)."""

    def latest(self) -> int:
        """Sequence of the newest change; 0 before the first."""

    # Alerts

    def alerts(
        self,
        *,
        limit: int,
        state: AlertState | None = None,
        run: str | None = None,
        organisation: str | None = None,
        before: tuple[str, str, str] | None = None,
    ) -> list[Alert]:
        """Alerts, newest first firing first; the page after the one that ended with `before` (`Alert.place`).

        Without `state` all but those that are held back.
        """

    def alert(self, id_: str, run: str | None = None) -> History | None:
        """One alert with texts and changes; without `run` the live one, else that of the run last heard of."""

    def excerpts(self, run: str, representatives: Iterable[Representative]) -> list[Excerpt]:
        """Texts of these mentions, as far as they are there; erased ones are left out."""

    def mark_stale(self, now: datetime, patience: timedelta) -> list[Change]:
        """Mark firing alerts as stale of which nothing was heard for `patience` (`alerts.lifecycle`)."""

    def erase(self, mentions: Iterable[MentionName], actor: str, now: datetime, *, tell: Collection[str] = ()) -> int:
        """Erase texts, in every run and for ever; what is erased never comes back. Returns how many texts went.

        Parameters
        ----------
        mentions
            By (source kind, source name, id), or by `alerts.erasing.by_id` and `by_url`.
        tell
            Receivers that understand `mention.erased`: those of them that were sent an alert showing one of the
            mentions are queued it.
        """

    def forget_texts(self, before: datetime) -> int:
        """Forget texts stored before this time, unless an alert that shows them still fires; returns how many."""

    # Incidents

    def group_alerts(
        self, now: datetime, limit: int, *, parents: Mapping[str, str], policy: GroupingPolicy | None = None
    ) -> list[Change]:
        """Group the next `limit` alert changes of the log into incidents; nothing is grouped twice, or left out.

        The incidents depend on the log alone, not on how it is cut into calls, nor on `now`; updates of one incident in
        one call are told as one.

        Parameters
        ----------
        parents
            The body above each, by code.

        Returns
        -------
        What happened to incidents, in order; empty when there was nothing to group.
        """

    def settle_incidents(self, now: datetime, *, policy: GroupingPolicy | None = None) -> list[Change]:
        """Call over the incidents that have been quiet for long enough."""

    def incidents(
        self,
        *,
        limit: int,
        state: IncidentState | None = None,
        run: str | None = None,
        organisation: str | None = None,
        before: tuple[str, str, str] | None = None,
    ) -> list[Incident]:
        """Incidents, newest first; the page after the one that ended with `before` (`Incident.place`).

        Merged ones are left out unless `state` asks for them.
        """

    def incident(self, id_: str, run: str | None = None) -> IncidentHistory | None:
        """One incident with its alerts and its changes; without `run` the live one, else that last changed."""

    def incident_of(self, alert_id: str, run: str = "") -> str | None:
        """The incident of an alert, once it is grouped."""

    def act(self, id_: str, act: Act, actor: str, now: datetime, *, run: str = "") -> Incident:
        """Do what a person asks with an incident, and note it; the incident afterwards.

        Raises
        ------
        UnknownIncidentError
            If there is none with this id.
        IncidentRefusedError
            If it cannot be done (`alerts.incidents.handling`).
        """

    # Receivers and deliveries

    def put_receiver(self, receiver: Receiver, actor: str, now: datetime) -> Receiver:
        """Add or change a receiver; nothing happens if it is as it was.

        `Receiver.disabled` is the service's own: the stored word stays, unless the address is a new one.
        Returns the receiver as stored.
        """

    def enable_receiver(self, name: str, actor: str, now: datetime) -> Receiver:
        """Send to it again, what waited included. Raises `UnknownReceiverError`."""

    def disable_receiver(self, name: str, reason: str, actor: str, now: datetime) -> Receiver:
        """Stop sending to it until enabled; what waits stays. Raises `UnknownReceiverError`."""

    def receivers(self) -> list[Receiver]:
        """All receivers by name."""

    def due(
        self, now: datetime, limit: int, lease: timedelta = LEASE, *, room: Mapping[str, int] | None = None
    ) -> list[Due]:
        """Claim up to `limit` deliveries that are due, oldest due first; nobody else gets them until `now + lease`.

        Those of receivers that are not enabled, or are disabled, wait.

        Parameters
        ----------
        room
            The most that is claimed for a receiver, by its name; whoever is not named gets up to `limit`. So a
            receiver that does not answer takes no place from the others, however much waits for it.
        """

    def record_attempts(self, attempts: Sequence[Attempt]) -> list[bool]:
        """Write down attempts and what they mean; with `Verdict.GONE` the receiver is disabled as well.

        An attempt made under an outdated claim is written down, but only `Verdict.DONE` still counts.

        Returns
        -------
        For each attempt whether it changed its delivery.
        """

    def deliveries(self, alert_id: str, run: str = "") -> list[Delivery]:
        """Deliveries of an alert, oldest first."""

    def attempts(self, delivery_id: str) -> list[Attempt]:
        """Attempts of a delivery, oldest first."""

    def counts(self) -> Mapping[Outcome, int]:
        """How many deliveries stand how; every outcome is there."""

    def next_due(self, *, without: Collection[str] = ()) -> datetime | None:
        """When `due` will next have something, these receivers left out; `None` if nothing waits."""

    # Tokens

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
        """Add a token by the SHA-256 of its secret (`alerts.tokens`). Raises `TokenExistsError`."""

    def revoke_token(self, name: str, actor: str, now: datetime) -> Token:
        """Refuse it from now on; may be called twice. Raises `UnknownTokenError`."""

    def tokens(self) -> list[Token]:
        """All tokens by name, revoked ones too."""

    def authenticate(self, digest: bytes) -> Token | None:
        """The token with this SHA-256, unless it is unknown or revoked."""
