"""Explanations as findings and levels carry them (`detectors.explain`)."""

from msgspec import structs

from alerts.explanation import Explanation, Scale, SourceShare
from detectors.decisions import Decision, Why
from detectors.explain import contributions, explain
from detectors.policy import DAY
from streams.watching.counts import SourceCounts

#: Sources whose share is told.
SHOWN = 5


def explanation(why: Why, decision: Decision | None = None) -> Explanation:
    """Explain a test; with a decision, that one."""
    found = explain(why, decision)
    scales = tuple(
        Scale(one.minutes, one.observed, one.expected, one.low, one.high, one.needed, one.test_probability)
        for one in found.scales
    )
    return Explanation(
        found.refusal, scales, found.decisive, found.probability, found.budget, found.learned_hours, found.dispersion
    )


def with_sources(
    told: Explanation, counts: SourceCounts, organisation: str, window: tuple[int, int], expected: float
) -> Explanation:
    """Add how much each source contributes: negatives of the window (first minute, now) against the day before it."""
    start, now = window
    inside = {(one.kind, one.name): one.negative for one in counts.since(organisation, start, now)}
    both = {(one.kind, one.name): one.negative for one in counts.since(organisation, start - DAY, now)}
    before = {name: count - inside.get(name, 0) for name, count in both.items()}
    shares = list(contributions(inside, before, expected).items())[:SHOWN]
    return structs.replace(told, sources=tuple(SourceShare(*name, share) for name, share in shares))
