"""What an alert is: a finding's revisions as they come from the watch, and the state that lasts."""

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How grave, from mildest to gravest; the Vietnamese words are in `alerts.words`."""

    NOTICE = "notice"
    WARNING = "warning"
    SERIOUS = "serious"
    CRITICAL = "critical"


class AlertState(StrEnum):
    """Whether the spike goes on."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Series(StrEnum):
    """Which count of an organisation is unusual."""

    NEGATIVE_COUNT = "negative_count"
    NEGATIVE_SHARE = "negative_share"


class SourceCount(msgspec.Struct, frozen=True):
    """Mentions of the organisation in the alert's window from one source."""

    kind: str
    name: str
    mentions: int
    negative: int


class Representative(msgspec.Struct, frozen=True):
    """A negative mention shown with the alert, by reference; its text is in the evidence table.

    `copies` counts the near-identical mentions it stands for, itself included.
    """

    id: str
    source_kind: str
    source_name: str
    published_at: str
    copies: int


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
        Why this revision exists: ``fired``, ``escalated``, ``updated`` or ``resolved``.
    words
        Terms that are new against the organisation's own past, most surprising first; at most 8.
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


class Excerpt(msgspec.Struct, frozen=True):
    """The text of a mention that a finding shows; kept apart so that it can be erased."""

    id: str
    source_kind: str
    source_name: str
    title: str
    url: str
    published_at: str


class Level(msgspec.Struct, frozen=True):
    """A closed minute (or hour) of an organisation: what came, what was expected, and the nearest test."""

    organisation: str
    start: str
    minutes: int
    mentions: int
    negative: int
    expected: float
    upper: float
    test_probability: float


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


def canonical(value: Finding | Excerpt | Level) -> bytes:
    """Canonical JSON bytes of a record that leaves watch.

    Examples
    --------
    >>> canonical(Level("19", "2025-10-07T00:00:00.000Z", 1, 4, 3, 1 / 3, 2.0, 0.5))[:40]
    b'{"expected":0.333333,"mentions":4,"minut'
    """
    return _Canonical.encoder.encode(_Canonical.rounded(msgspec.to_builtins(value)))
