"""Why an alarm fired: what was seen, expected and needed, by scale and by source."""

import msgspec


class Scale(msgspec.Struct, frozen=True):
    """A window that was looked at: how much it held, what is usual there (90 % of ordinary windows), what fires."""

    minutes: int
    observed: int
    expected: float
    low: float
    high: float
    needed: int
    test_probability: float


class SourceShare(msgspec.Struct, frozen=True):
    """How much of what is beyond the usual comes from one source; all shares make 1."""

    kind: str
    name: str
    share: float


class Explanation(msgspec.Struct, frozen=True):
    """Why there is an alarm, or none.

    Attributes
    ----------
    refusal
        Which test failed: a value of `detectors.alarm.Reason`; ``fired`` or ``still firing`` where none did.
    scales
        All windows looked at, shortest first; with fewer than `needed` in each there is no alarm.
    decisive
        Place in `scales` of the one nearest to an alarm, or beyond it.
    probability, budget
        Chance of such a week; alarms a week that the budget allows this series.
    learned_hours, dispersion
        Hours from which the baseline learned; variance of a count as a multiple of its mean.
    sources
        Contributions to what is beyond the usual, greatest first.
    """

    refusal: str
    scales: tuple[Scale, ...]
    decisive: int
    probability: float
    budget: float
    learned_hours: float
    dispersion: float
    sources: tuple[SourceShare, ...] = ()
