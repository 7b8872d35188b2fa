"""Is it the collector rather than the world? A spike that the collector explains is held back, openly. Pure.

Every guard asks the same: had we expected what the collector's own behaviour makes, and counted what one hand repeated
only once, would the spike still stand out? If it would, it is real whatever the collector does, and is not held back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import exp, isfinite, lgamma, log

#: Terms of a tail that are added one by one; what is beyond is bounded by a geometric series.
_TERMS = 500


class Guard(StrEnum):
    """Why a spike is held back."""

    CATCH_UP = "catch_up"
    COLLECTOR_SURGE = "collector_surge"
    SOURCE_SURGE = "source_surge"
    SILENT_SOURCE = "silent_source"
    REPEATED_TEXT = "repeated_text"
    FEW_VOICES = "few_voices"


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    """Parameters of the guards.

    Parameters
    ----------
    tail, ratio, least
        A spike stands out against what explains it when it has so many times as much, at least so many, and no more
        than this chance under a negative binomial distribution.
    dispersion
        The variance of a count is taken to be this multiple of its mean.
    surge
        A source, or all together, is up when it sends so many times what is usual.
    shrinkage
        Usual mentions that stand behind every source's own factor: below, that of all sources counts.
    delayed
        Share of the excess that came late from which on a window is one of catching up.
    repeated
        Share of the window's negatives that must be repetitions before they are counted once.
    voice
        Negatives of one voice that count.
    """

    tail: float = 1e-4
    ratio: float = 2.0
    least: int = 3
    dispersion: float = 3.0
    surge: float = 1.4
    shrinkage: float = 20.0
    delayed: float = 0.5
    repeated: float = 0.5
    voice: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if not (0 < self.tail < 1 and self.ratio >= 1 and self.dispersion >= 1 and self.surge > 1):
            raise ValueError("tail lies between 0 and 1; ratio and dispersion start at 1, surge above it")
        if not (0 < self.delayed <= 1 and 0 < self.repeated <= 1 and self.shrinkage > 0 and self.voice >= 1):
            raise ValueError("delayed and repeated are shares; shrinkage is positive, voice at least 1")


DEFAULT = GuardPolicy()


@dataclass(frozen=True, slots=True)
class Flow:
    """A source in the window, with what the organisation itself had from it left out.

    Attributes
    ----------
    share
        How much of what is usual of the organisation comes from this source; all shares make 1.
    came, usual
        Mentions that are not negative: how many the source sent, and how many it usually sends.
    """

    share: float
    came: float
    usual: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a spike when its alarm would fire.

    Attributes
    ----------
    observed, expected
        Negatives in the window, and how many the baseline expects.
    flows
        The sources that are known.
    delayed, over_gap
        Negatives of the window that came late, and what is expected from when they were published on until now.
    different
        Negatives with near-identical texts of one source counted once.
    heard
        Negatives with at most `GuardPolicy.voice` of each voice counted.
    share, silent
        For an alarm of the share: whether it is one, and whether a source that is usual here sends nothing.
    """

    observed: int
    expected: float
    flows: Sequence[Flow] = ()
    delayed: int = 0
    over_gap: float = 0.0
    different: int | None = None
    heard: int | None = None
    share: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a spike is held back, and what it was tested against.

    Attributes
    ----------
    guard
        Why it is held back; `None` where it is not.
    counted, explained
        Negatives that count, and how many the collector's behaviour explains.
    extra
        How much of what is explained is beyond what was expected.
    tail
        Chance of so many or more under that.
    """

    guard: Guard | None
    counted: int
    explained: float
    extra: float
    tail: float


def judge(policy: GuardPolicy, seen: Evidence, held: Verdict | None = None) -> Verdict:
    """Say whether a spike is held back, and why.

    What explained it before explains it still: a spike that is `held` is let go only when it has outgrown that.

    Examples
    --------
    >>> judge(DEFAULT, Evidence(observed=40, expected=8.0)).guard is None
    True
    >>> up = (Flow(share=1.0, came=1700.0, usual=1000.0),)
    >>> judge(DEFAULT, Evidence(observed=17, expected=8.0, flows=up)).guard.value
    'collector_surge'
    >>> judge(DEFAULT, Evidence(observed=60, expected=8.0, flows=up)).guard is None
    True
    >>> judge(DEFAULT, Evidence(observed=40, expected=2.0, delayed=38, over_gap=36.0)).guard.value
    'catch_up'
    """
    if seen.share and seen.silent and seen.observed <= policy.ratio * seen.expected:
        return Verdict(Guard.SILENT_SOURCE, seen.observed, seen.expected, 0.0, 1.0)
    found = _explanations(policy, seen)
    if held is not None and held.guard is not None:
        found = [*found, (held.guard, seen.observed, seen.expected + held.extra)]
    for guard, counted, explained in found:
        verdict = _verdict(policy, seen, guard, counted, explained)
        if not stands_out(policy, verdict):
            known = held.extra if held is not None else 0.0
            return verdict if verdict.extra >= known else replace(verdict, extra=known)
    return _verdict(policy, seen, None, seen.observed, seen.expected)


def stands_out(policy: GuardPolicy, verdict: Verdict) -> bool:
    """Whether what counts is clearly more than what is explained."""
    enough = verdict.counted >= policy.least and verdict.counted >= policy.ratio * verdict.explained
    return enough and verdict.tail <= policy.tail


def is_new(policy: GuardPolicy, latest: Verdict) -> bool:
    """Whether the last hour of a spike that is held back is a spike of its own, by twice what is asked otherwise."""
    enough = latest.counted >= 2 * policy.least and latest.counted >= 2.0 * policy.ratio * latest.explained
    return latest.guard is None and enough and latest.tail <= policy.tail * policy.tail


def _explanations(policy: GuardPolicy, seen: Evidence) -> list[tuple[Guard, int, float]]:
    """What may explain the spike: the guard, what counts, and what is to be expected."""
    found: list[tuple[Guard, int, float]] = []
    times, world = factors(policy, seen.flows)
    surging = seen.expected * times
    excess = seen.observed - seen.expected
    if seen.delayed > 0 and seen.delayed >= policy.delayed * excess:
        found.append((Guard.CATCH_UP, seen.observed, max(seen.over_gap, surging)))
    if times >= policy.surge:
        guard = Guard.COLLECTOR_SURGE if world >= policy.surge else Guard.SOURCE_SURGE
        found.append((guard, seen.observed, surging))
    for guard, counted in ((Guard.REPEATED_TEXT, seen.different), (Guard.FEW_VOICES, seen.heard)):
        if counted is not None and seen.observed - counted >= policy.repeated * seen.observed:
            found.append((guard, counted, surging))
    return found


def factors(policy: GuardPolicy, flows: Sequence[Flow]) -> tuple[float, float]:
    """How many times what is usual the organisation's sources send, and all sources together; never below 1.

    Examples
    --------
    >>> calm, loud = Flow(share=0.5, came=1000, usual=1000), Flow(share=0.5, came=3000, usual=1000)
    >>> [round(times, 2) for times in factors(DEFAULT, [calm, loud])]
    [2.0, 1.99]
    """
    usual = sum(flow.usual for flow in flows)
    if usual <= 0.0:
        return 1.0, 1.0
    world = (sum(flow.came for flow in flows) + policy.shrinkage) / (usual + policy.shrinkage)
    known = sum(flow.share for flow in flows)
    times = sum(
        flow.share * (max(flow.came, 0.0) + policy.shrinkage * world) / (flow.usual + policy.shrinkage)
        for flow in flows
    )
    times += max(0.0, 1.0 - known) * world
    return max(1.0, times), max(1.0, world)


def _verdict(policy: GuardPolicy, seen: Evidence, guard: Guard | None, counted: int, explained: float) -> Verdict:
    chance = tail(counted, explained, policy.dispersion) if isfinite(explained) else 1.0
    return Verdict(guard, counted, explained, max(0.0, explained - seen.expected), chance)


def tail(count: int, mean: float, dispersion: float) -> float:
    """Chance of at least `count` under a negative binomial distribution whose variance is `dispersion` times its mean.

    Examples
    --------
    >>> tail(0, 3.0, 2.0), round(tail(9, 3.0, 2.0), 4)
    (1.0, 0.0327)
    """
    if count <= mean:
        return 1.0
    mean, over = max(mean, 1e-9), max(dispersion, 1.0 + 1e-6) - 1.0
    size, stay = mean / over, over / (1.0 + over)
    first = lgamma(count + size) - lgamma(size) - lgamma(count + 1.0) - size * log(1.0 + over) + count * log(stay)
    total = term = 1.0
    for number in range(count, count + _TERMS):
        term *= stay * (number + size) / (number + 1.0)
        total += term
        if term < 1e-9 * total:
            break
    else:
        total += term / max(1.0 - stay * (1.0 + size / (count + _TERMS)), 1e-12)
    return min(1.0, exp(min(first, 0.0)) * total)
