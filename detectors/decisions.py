"""What a bank decides, and what it is based on."""

from dataclasses import dataclass
from enum import StrEnum

from detectors.layout import SERIES, Floats

COUNT, TOTAL, POSITIVE = SERIES
SHARE = "negative_share"
#: How grave, from mildest to gravest; a grade is a place in it, and `UNREMARKABLE` none.
SEVERITIES = ("notice", "warning", "serious", "critical")
UNREMARKABLE = -1


class Kind(StrEnum):
    """What a decision does to an alarm."""

    FIRED = "fired"
    ESCALATED = "escalated"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Scale:
    """A window looked at, and how far it is from firing.

    Attributes
    ----------
    minutes
        Its length so far; the longer ones begin with a quarter of an hour.
    observed, mentions
        Of the series, and all mentions, in it.
    expected, variance
        Under the baseline, of the window once it is full: what it is tested against.
    test_probability
        Chance of a window at least this extreme, corrected by what the series' own days show.
    excess
        Nats by which it is more surprising than the greatest of an ordinary day.
    needed
        The count at which it would fire.
    """

    minutes: int
    observed: int
    mentions: int
    expected: float
    variance: float
    test_probability: float
    excess: float
    needed: int


@dataclass(frozen=True, slots=True)
class Decision:
    """A change of one alarm.

    Attributes
    ----------
    index
        Row of the bank.
    series
        ``negative_count`` or ``negative_share``; ``total_count`` or ``positive_count`` for what is only information.
    severity
        ``notice``, ``warning``, ``serious`` or ``critical``.
    minute
        The minute tested: minutes since 1970 UTC, start of the window.
    window
        Minutes of the window that decided, ending with the window that starts at `minute`.
    observed, mentions, expected
        Mentions of the series and all mentions in it, and what the baseline expects there.
    test_probability, probability
        Chance of a single test at least as extreme; chance of one such or a stronger one in a week of this series.
    scales
        All windows looked at; empty for a share and for an end.
    """

    index: int
    kind: Kind
    series: str
    severity: str
    minute: int
    window: int
    observed: int
    mentions: int
    expected: float
    test_probability: float
    probability: float
    scales: tuple[Scale, ...] = ()


@dataclass(frozen=True, slots=True)
class Nearest:
    """What the last closed window of some rows was tested against: a value a row."""

    expected: Floats
    upper: Floats
    test_probability: Floats


@dataclass(frozen=True, slots=True)
class Why:
    """What kept a series from firing, or lets it fire, in the newest window.

    Attributes
    ----------
    refusal
        Which test failed, as `alarm.Reason` has it; ``fired`` or ``still firing`` where none did.
    scales
        All windows looked at.
    decisive
        Which of them is nearest to firing.
    probability, budget
        Chance of such a week, and the alarms a week at which this series would fire.
    days, dispersion, doubt, strain
        Days the baseline has learned from; variance of a minute's count as a multiple of its mean; relative standard
        deviation of the level; by how much the series' own days stretch the surprise of the decisive window.
    """

    refusal: str
    scales: tuple[Scale, ...]
    decisive: int
    probability: float
    budget: float
    days: float
    dispersion: float
    doubt: float
    strain: float
