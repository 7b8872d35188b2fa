"""Why an alarm fired, or why not: what was seen against what is usual at each scale, and what was needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, log1p, sqrt

from detectors.alarm import Reason
from detectors.decisions import Decision, Kind, Scale, Why

#: Half of the share of ordinary windows that lie outside the interval shown, as standard deviations.
_REACH = 1.645


@dataclass(frozen=True, slots=True)
class ScaleReason:
    """A window looked at, the interval that holds nine of ten ordinary ones, and the count that fires."""

    minutes: int
    observed: int
    expected: float
    low: float
    high: float
    needed: int
    test_probability: float


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why there is an alarm, or none; as `Why`, with intervals."""

    refusal: str
    scales: tuple[ScaleReason, ...]
    decisive: int
    probability: float
    budget: float
    learned_hours: float
    dispersion: float


def explain(why: Why, decision: Decision | None = None) -> Reasons:
    """Explain a test; with a decision, that one rather than the newest closed window."""
    scales, decisive, probability, refusal = why.scales, why.decisive, why.probability, why.refusal
    if decision is not None:
        scales, probability, refusal = decision.scales, decision.probability, decision.kind.value
        decisive = max(range(len(scales)), key=lambda place: scales[place].excess, default=0)
    return Reasons(
        refusal=refusal,
        scales=tuple(_with_interval(scale) for scale in scales),
        decisive=decisive,
        probability=probability,
        budget=why.budget,
        learned_hours=24.0 * why.days,
        dispersion=why.dispersion,
    )


def _with_interval(scale: Scale) -> ScaleReason:
    low, high = interval(scale.expected, scale.variance)
    return ScaleReason(
        scale.minutes, scale.observed, scale.expected, low, high, scale.needed, scale.test_probability
    )  # fmt: skip


def interval(expected: float, variance: float) -> tuple[float, float]:
    """Bounds of nine in ten counts with this mean and variance, skewed as counts are.

    Examples
    --------
    >>> interval(0.1, 0.2), interval(100.0, 220.0)
    ((0.0, 1.0), (76.0, 125.0))
    """
    spread = _REACH * sqrt(max(variance, 0.0))
    skew = (_REACH * _REACH - 1.0) / 6.0 * (variance / expected if expected > 0.0 else 1.0)
    return float(max(0, floor(expected - spread + skew))), float(max(0, ceil(expected + spread + skew - 0.5)))


def nearness(why: Why) -> float:
    """How near a test came to an alarm: 1 where it reached it, else the budget by how often this comes by chance.

    Examples
    --------
    >>> reasons = Why("below the threshold", (), 0, 0.5, 0.1, 30.0, 2.0, 0.1, 1.0)
    >>> round(nearness(reasons), 3)
    0.144
    """
    if why.refusal in {Kind.FIRED.value, Reason.FIRING.value}:
        return 1.0
    if why.probability >= 1.0:
        return 0.0
    often = -log1p(-why.probability)
    return 0.999 if often <= why.budget else why.budget / often


def contributions(
    now: Mapping[tuple[str, str], int], usual: Mapping[tuple[str, str], int], expected: float
) -> dict[tuple[str, str], float]:
    """Share of each source in what is beyond the usual, from counts now and before; greatest first, they make 1.

    Examples
    --------
    >>> found = contributions({("news", "A"): 9, ("web", "B"): 3}, {("news", "A"): 10, ("web", "B"): 10}, 4.0)
    >>> {name: round(share, 3) for (_, name), share in found.items()}
    {'A': 0.875, 'B': 0.125}
    """
    before = sum(usual.values())
    over = {
        name: max(0.0, count - expected * (usual.get(name, 0) / before if before else 0.0))
        for name, count in now.items()
    }
    total = sum(over.values())
    ranked = sorted(over.items(), key=lambda item: (-item[1], item[0]))
    return {name: value / total for name, value in ranked if value > 0.0}
