"""Whom alerts are sent to, how each sending stands, and who may call the service."""

from datetime import datetime
from enum import StrEnum

import msgspec

from alerts.model import Severity


class Receiver(msgspec.Struct, frozen=True):
    """Where alerts are sent, and which.

    Attributes
    ----------
    name
        Its key; stays when address or matchers change.
    secret
        *Reference* to the signing secret (an environment variable, a file); never the secret itself.
    organisations, severities
        Only alerts of these; empty means all.
    min_severity
        Only alerts at least this grave.
    drills
        Also wants alerts of runs that are not live (replays, demos, drills).
    runs
        Instead of `drills`: exactly these runs, ``""`` being the live one and ``demo*`` every run that begins so.
    enabled
        The operator's word.
    disabled
        Why the service itself stopped sending to it; empty while it did not.
    channel
        How it is reached: a value of `alerts.channels.message.Channel`.
    """

    name: str
    url: str
    secret: str = ""
    organisations: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    min_severity: Severity = Severity.NOTICE
    drills: bool = False
    runs: tuple[str, ...] | None = None
    enabled: bool = True
    disabled: str = ""
    channel: str = "webhook"


class Outcome(StrEnum):
    """How a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class Verdict(StrEnum):
    """What one attempt means for its delivery."""

    DONE = "done"
    RETRY = "retry"
    DEAD = "dead"
    GONE = "gone"


class Delivery(msgspec.Struct, frozen=True):
    """One revision of an alert for one receiver.

    Attributes
    ----------
    id
        The webhook id: the same in every attempt, derived from receiver, run, alert and revision.
    sequence
        Of the change it carries.
    attempts
        How many were made.
    claim
        Fencing number: grows each time a sender takes the delivery; an attempt names the claim it was made under.
    due_at
        When to try (next); while claimed, when the claim lapses; `None` once settled.
    settled_at, reason
        When and why it was delivered or given up (a closed set, see `alerts.delivering`); of the last attempt so far.
    """

    id: str
    receiver: str
    run: str
    alert_id: str
    revision: int
    sequence: int
    created_at: datetime
    outcome: Outcome = Outcome.PENDING
    attempts: int = 0
    claim: int = 0
    due_at: datetime | None = None
    settled_at: datetime | None = None
    reason: str = ""


class Attempt(msgspec.Struct, frozen=True):
    """One try of a delivery, and what it means.

    Attributes
    ----------
    delivery, claim
        `Delivery.id`, and `Delivery.claim` as `due` handed it out.
    at, seconds
        Start and length.
    verdict, reason
        See `alerts.delivering.judge`.
    status
        The HTTP status, if there was an answer.
    due_at
        When to try again, with `Verdict.RETRY`.
    """

    delivery: str
    claim: int
    at: datetime
    seconds: float
    verdict: Verdict
    reason: str
    status: int | None = None
    due_at: datetime | None = None


class Scope(StrEnum):
    """What a token may do."""

    PUBLISH = "publish"
    READ = "read"
    ACT = "act"


class Token(msgspec.Struct, frozen=True):
    """A caller's token as the store knows it: by the SHA-256 of its secret only.

    Attributes
    ----------
    name
        Its key, and the actor in every change its holder makes.
    sources
        Source names it may publish as; `None` allows all.
    """

    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    sources: frozenset[str] | None = None
    revoked_at: datetime | None = None
