"""What an alert is: a finding's revisions as they come from the watch, and the state that lasts."""

from datetime import datetime
from enum import StrEnum

import msgspec

from alerts.explanation import Explanation

#: Who made a change, where no token did.
WATCH = "watch"
SYSTEM = "system"

#: The live run's name; replays, demos and drills have names of their own.
LIVE = ""


class Severity(StrEnum):
    """How grave, from mildest to gravest; the Vietnamese words are in `alerts.words`."""

    NOTICE = "notice"
    WARNING = "warning"
    SERIOUS = "serious"
    CRITICAL = "critical"


class AlertState(StrEnum):
    """Whether the spike goes on; what is held back is stored and shown, and nobody is told of it."""

    FIRING = "firing"
    RESOLVED = "resolved"
    HELD_BACK = "held_back"


class Series(StrEnum):
    """Which count of an organisation is unusual; of the feeds, that nothing comes."""

    NEGATIVE_COUNT = "negative_count"
    NEGATIVE_SHARE = "negative_share"
    FEED_SILENCE = "feed_silence"
    SUSPECTED_CLAIM = "suspected_claim"


class SourceCount(msgspec.Struct, frozen=True):
    """Mentions of the organisation in the alert's window from one source."""

    kind: str
    name: str
    mentions: int
    negative: int


class RoleCount(msgspec.Struct, frozen=True):
    """Negative mentions in which the organisation has a role: blamed, rescuing, responsible or mentioned."""

    role: str
    negative: int


class FormerName(msgspec.Struct, frozen=True):
    """A former name of the organisation, or of a body that became part of it, and in how many negative mentions."""

    name: str
    negative: int


class Representative(msgspec.Struct, frozen=True):
    """A negative mention shown with the alert, by reference; its text is in the evidence table.

    `copies` counts the copies of its story, itself included; `outlets` are the sources that published them, first one
    first, at most 32.
    """

    id: str
    source_kind: str
    source_name: str
    published_at: str
    copies: int
    outlets: tuple[str, ...] = ()


class Suspicion(msgspec.Struct, frozen=True):
    """Why mentions are flagged for a human to check: suspected, never judged.

    Attributes
    ----------
    why
        ``listed``: they seem to make a claim that officers listed as false; ``few_voices``: few voices repeat one text
        in a short time.
    claim
        Id of the listed claim.
    text
        The claim as listed; the repeated text's beginning.
    rebuttal, rebuttal_url
        The official answer that was entered with the claim, to be used first.
    """

    why: str
    claim: str
    text: str
    rebuttal: str = ""
    rebuttal_url: str = ""


class Finding(msgspec.Struct, frozen=True, omit_defaults=False):
    """One revision of an alert: what watch decided at a tick.

    Attributes
    ----------
    id
        32 hexadecimal digits: the first 128 bits of SHA-256("alert/1", organisation, series, T of first firing).
    revision
        1, 2, 3 … in one id; the store applies only a greater one.
    window_start, fired_at, first_fired_at
        RFC 3339 UTC with milliseconds and Z: start of the window that decided; this revision's tick; revision 1's tick.
    observed
        Negative mentions in `window_start`..`fired_at`.
    expected
        How many the baseline expects there.
    mentions
        All mentions of the organisation there.
    probability
        Chance that this organisation has one such alert or a stronger one in a week under its baseline.
    test_probability
        The single test's tail probability.
    reason
        Why this revision exists: ``fired``, ``escalated``, ``updated``, ``resolved`` or ``held_back``.
    words
        Terms that are new against the organisation's own past, most surprising first; at most 8.
    roles
        What the organisation is in the negative mentions of the window, strongest role first.
    former_names
        Former names under which they speak of it, most frequent first; at most 5.
    held_back
        Why nobody is told: a value of `detectors.guards.Guard`; empty where it is no spike of the collector's. One that
        ends while held back is resolved, and keeps the reason.
    stories
        How many different stories the negative mentions tell; the rest of them are copies. 0 where that is not known.
    suspicion
        What mentions of series `suspected_claim` are suspected of.
    explanation
        Why it fired, grew graver or was held back; later revisions keep it.
    blaming, happening
        Negative mentions of the window that put a public body in a bad light, and those that tell that something bad
        happened; the rest was not read so far.
    """

    id: str
    revision: int
    state: AlertState
    organisation: str
    organisation_name: str
    series: Series
    severity: Severity
    window_start: str
    fired_at: str
    first_fired_at: str
    observed: int
    expected: float
    mentions: int
    probability: float
    test_probability: float
    reason: str
    sources: tuple[SourceCount, ...] = ()
    representatives: tuple[Representative, ...] = ()
    words: tuple[str, ...] = ()
    roles: tuple[RoleCount, ...] = ()
    former_names: tuple[FormerName, ...] = ()
    held_back: str = ""
    stories: int = 0
    suspicion: Suspicion | None = None
    explanation: Explanation | None = None
    blaming: int = 0
    happening: int = 0


class Excerpt(msgspec.Struct, frozen=True):
    """The text of a mention that a finding shows; kept apart so that it can be erased."""

    id: str
    source_kind: str
    source_name: str
    title: str
    url: str
    published_at: str


class Forecast(msgspec.Struct, frozen=True):
    """How many mentions of a kind (``negative`` or ``positive``) will come in the next hours, with a 90 % interval."""

    series: str
    hours: int
    expected: float
    low: float
    high: float


class Level(msgspec.Struct, frozen=True, omit_defaults=True):
    """A closed minute (or hour) of an organisation: what came, what was expected, and the nearest test.

    Attributes
    ----------
    positive, forecasts, phase, phase_probability, peak_hours, rising
        Of an hour only: positive mentions; what comes next; a value of `detectors.forecast.Phase`, how probable it is
        and in how many hours the peak is expected; whether negatives rise without being an alarm yet.
    near
        Of an hour: how near its nearest test came to an alarm, 1 where it reached it: what may come so often by chance
        as the budget allows, as a share of how often this may.
    why
        Of an hour with mentions: what its nearest test was, and what kept it from an alarm.
    """

    organisation: str
    start: str
    minutes: int
    mentions: int
    negative: int
    expected: float
    upper: float
    test_probability: float
    positive: int = 0
    forecasts: tuple[Forecast, ...] = ()
    phase: str = ""
    phase_probability: float = 0.0
    peak_hours: float = 0.0
    rising: bool = False
    near: float = 0.0
    why: Explanation | None = None


class _Canonical:
    """Floats to 6 significant digits, keys in sorted order, no spaces: the same finding is the same bytes."""

    encoder = msgspec.json.Encoder(order="deterministic")

    @classmethod
    def rounded(cls, value: object) -> object:
        if isinstance(value, float):
            return float(f"{value:.6g}")
        if isinstance(value, dict):
            return {key: cls.rounded(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [cls.rounded(inner) for inner in value]
        return value


class ChangeKind(StrEnum):
    """What a row of the ordered log tells; those of `FINDING_KINDS` carry the alert's finding as their body."""

    FIRED = "fired"
    ESCALATED = "escalated"
    UPDATED = "updated"
    RESOLVED = "resolved"
    STALE = "stale"
    HELD_BACK = "held_back"
    RECEIVER_PUT = "receiver_put"
    RECEIVER_ENABLED = "receiver_enabled"
    RECEIVER_DISABLED = "receiver_disabled"
    DELIVERY_DEAD = "delivery_dead"
    TOKEN_CREATED = "token_created"  # noqa: S105 - a kind of change, no secret
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a kind of change, no secret
    ERASED = "erased"
    INCIDENT_OPENED = "incident_opened"
    INCIDENT_UPDATED = "incident_updated"
    INCIDENT_ESCALATED = "incident_escalated"
    INCIDENT_REOPENED = "incident_reopened"
    INCIDENT_RESOLVED = "incident_resolved"
    INCIDENT_MERGED = "incident_merged"
    INCIDENT_SPLIT = "incident_split"
    INCIDENT_ACKNOWLEDGED = "incident_acknowledged"
    INCIDENT_ASSIGNED = "incident_assigned"
    INCIDENT_SNOOZED = "incident_snoozed"
    INCIDENT_CONCLUDED = "incident_concluded"
    INCIDENT_NOTED = "incident_noted"
    INCIDENT_NAMED = "incident_named"


#: The changes that readers of alerts follow: polling, SSE and webhooks.
ALERT_KINDS = frozenset(
    {ChangeKind.FIRED, ChangeKind.ESCALATED, ChangeKind.UPDATED, ChangeKind.RESOLVED, ChangeKind.STALE}
)
#: Those and the spikes that are held back: a finding is their body.
FINDING_KINDS = ALERT_KINDS | {ChangeKind.HELD_BACK}

#: The changes that are an incident's: their `alert_id` is the incident's id, their body what `alerts.incidents` tells.
INCIDENT_KINDS = frozenset(kind for kind in ChangeKind if kind.value.startswith("incident_"))


class Alert(msgspec.Struct, frozen=True):
    """A finding's lasting state.

    Ids repeat across runs (a replay of a period finds what the live run found): `run` and `id` together are the key.

    Attributes
    ----------
    run
        Empty for the live run.
    finding
        The newest revision.
    sequence, at
        Place and time of its newest change in the ordered log.
    stale
        It fires, but watch has not been heard of it for long.
    """

    run: str
    finding: Finding
    sequence: int
    at: datetime
    stale: bool = False

    @property
    def id(self) -> str:
        """The finding's id."""
        return self.finding.id

    @property
    def revision(self) -> int:
        """The newest revision's number."""
        return self.finding.revision

    @property
    def state(self) -> AlertState:
        """Whether it fires; one that ended while it was held back still counts as held back."""
        return AlertState.HELD_BACK if self.finding.held_back else self.finding.state

    @property
    def place(self) -> tuple[str, str, str]:
        """Where it stands among all alerts, newest first: what `AlertStore.alerts` takes as `before`."""
        return (self.finding.first_fired_at, self.run, self.finding.id)


class Change(msgspec.Struct, frozen=True):
    """A row of the one ordered log.

    Attributes
    ----------
    sequence
        1, 2, 3 … in the order of commit.
    at
        When it was applied.
    actor
        ``watch``, ``system`` or a token's name.
    run, alert_id, revision
        Of the alert (or the incident: `INCIDENT_KINDS`) it is about; empty and 0 where it is about none.
    body
        JSON: the finding's canonical bytes for `ALERT_KINDS`, otherwise an object without secrets or mention texts.
    """

    sequence: int
    at: datetime
    actor: str
    kind: ChangeKind
    run: str
    alert_id: str
    revision: int
    body: bytes

    def alert(self) -> Alert | None:
        """The alert as this change left it; `None` where the change is about something else."""
        if self.kind not in FINDING_KINDS:
            return None
        finding = msgspec.json.decode(self.body, type=Finding)
        return Alert(self.run, finding, self.sequence, self.at, stale=self.kind is ChangeKind.STALE)


def canonical(value: Finding | Excerpt | Level) -> bytes:
    """Canonical JSON bytes of a record that leaves watch.

    Examples
    --------
    >>> canonical(Level("19", "2025-10-07T00:00:00.000Z", 1, 4, 3, 1 / 3, 2.0, 0.5))[:40]
    b'{"expected":0.333333,"mentions":4,"minut'
    """
    return _Canonical.encoder.encode(_Canonical.rounded(msgspec.to_builtins(value)))
