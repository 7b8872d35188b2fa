"""The negative share of the last hours against the usual share, at the end of each block."""

from dataclasses import dataclass
from math import exp

import numpy as np

from detectors import alarm as alarms
from detectors.alarm import Alarm, Evidence, Reason
from detectors.calibration import SHARE_STEEP, SHARE_TYPICAL
from detectors.decisions import SEVERITIES, SHARE, Decision, Kind
from detectors.layout import NOW, SHARE_WINDOWS, Floats, Grid, State
from detectors.policy import Policy
from detectors.surprise import excess_of, share_surprise, weekly_probability

#: Share that is usual where nothing is known.
PRIOR_SHARE = 0.25
#: Squared standard deviations below which a share is not worth a figure.
REMARKABLE = 6.0
#: A block teaches as if it had at most so many times the mentions that are usual.
FLOOD = 2.0
#: What a test says where there are too few mentions.
SILENT = -10.0
_CHANGES = {Reason.FIRED: Kind.FIRED, Reason.ESCALATED: Kind.ESCALATED}
_ENDS = {Reason.RESOLVED_QUIET, Reason.RESOLVED_LONGEST}


@dataclass(frozen=True, slots=True)
class Said:
    """An alarm's new state, and what is said of it."""

    alarm: Alarm
    decision: Decision | None = None


def usual_share(policy: Policy, state: State) -> Floats:
    """Usual share of each row, the prior weighing `share_prior` mentions."""
    negative = state["share_negative"] + PRIOR_SHARE * policy.share_prior
    share: Floats = negative / (state["share_mentions"] + policy.share_prior)
    return np.asarray(np.maximum(np.minimum(share, 1.0 - 1e-4), 1e-4))


def wanted(policy: Policy) -> float:
    """Excess of a share that is reached as often as its part of the budget allows."""
    return excess_of(policy.budget * policy.share_part, SHARE_STEEP)


def roll(grid: Grid, state: State, blocks_done: int) -> None:
    """Move the sums of the last hours by the block that ends, the one after `blocks_done` others."""
    for place, minutes in enumerate(SHARE_WINDOWS):
        gone = state["past"][(blocks_done - max(1, minutes // grid.block)) % grid.ring]
        state["rolling"][place] += state["block"][:2] - gone[:2]


def score(policy: Policy, grid: Grid, state: State) -> None:
    """Put each row's excess of the share into ``share_now``; `SILENT` where there are too few mentions."""
    negative, mentions = state["rolling"][:, 0], state["rolling"][:, 1]
    now = state["share_now"]
    now[...] = SILENT
    # Where only negatives are ever counted, their share of all mentions is no news.
    enough = (mentions >= policy.least_mentions) & (negative >= policy.least_negative)
    enough &= state["share_mentions"] > state["share_negative"]
    usual = usual_share(policy, state)
    beyond = negative - mentions * usual
    enough &= (beyond > 0.0) & (beyond * beyond > REMARKABLE * mentions * usual * (1.0 - usual))
    enough &= state["life"] * grid.block >= policy.warm_up
    if not enough.any():
        return
    window, row = np.nonzero(enough)
    found = share_surprise(negative[window, row], np.maximum(mentions, negative)[window, row], usual[row])
    found /= state["share_spread"][row] * state["share_strain"][row]
    np.maximum.at(now, row, found - SHARE_TYPICAL)


def learn(policy: Policy, grid: Grid, state: State) -> None:
    """Take the block into the usual share and its spread, and the test into the day's most."""
    np.maximum(state["share_peak"], state["share_now"] + SHARE_TYPICAL, out=state["share_peak"])
    usual, negative, mentions = usual_share(policy, state), state["rolling"][0, 0], state["rolling"][0, 1]
    binomial = mentions * usual * (1.0 - usual)
    ratio = np.minimum((negative - mentions * usual) ** 2 / np.maximum(binomial, 1.0), 16.0)
    weight = (1.0 - 0.5 ** (grid.block / policy.share_half_life)) * (binomial >= 1.0)
    state["share_spread"] += weight * (ratio - state["share_spread"])
    np.maximum(state["share_spread"], 1.0, out=state["share_spread"])
    decay = 0.5 ** (grid.block / policy.share_half_life)
    # A flood of praise says little about the share of an ordinary day, however many mentions it has.
    most = np.maximum(FLOOD * state["rate"][NOW, 1] * (grid.block // grid.step), policy.share_prior)
    weight = np.minimum(1.0, most / np.maximum(state["block"][1], 1))
    for place, kind in enumerate(("negative", "mentions")):
        state[f"share_{kind}"] *= decay
        state[f"share_{kind}"] += weight * (state["block"][place] - state["held_back"][0])


def remember_day(policy: Policy, state: State) -> None:
    """Stretch each row's distribution by the day that ended, as the counts' are."""
    peak = state["share_peak"] * state["share_strain"]
    known = np.minimum(state["share_days"], 60) + policy.strain_weight
    gain = np.where(peak > 0.0, 1.0 / (known + 1.0), 0.0)
    ratio = np.minimum(peak / SHARE_TYPICAL, policy.strain_cap * state["share_strain"])
    state["share_strain"] += gain * (ratio - state["share_strain"])
    np.clip(state["share_strain"], *policy.strain_bounds, out=state["share_strain"])
    state["share_days"] += gain > 0.0
    state["share_peak"][...] = 0.0


def probabilities(state: State, row: int) -> tuple[float, float]:
    """Weekly and single probability of a row's last test."""
    excess = float(state["share_now"][row])
    return weekly_probability(excess, SHARE_STEEP), exp(-min(max(excess + SHARE_TYPICAL, 0.0), 600.0))


def decide(policy: Policy, grid: Grid, state: State, row: int, minute: int, old: Alarm) -> Said:
    """Let the alarm of a row's share decide at the end of a block."""
    excess = float(state["share_now"][row])
    if old.firing:
        new, reason = alarms.settle(policy, old, minute, loud=excess > 0.0)
        if reason in _ENDS:
            return Said(new, _decision(policy, grid, state, row, minute, Kind.RESOLVED, new.grade))
        old = new
    held = not old.firing and minute - old.since < policy.hold_off
    over = excess >= wanted(policy) and (not held or excess >= old.height + policy.growth)
    grade = _grade(policy, state, row, excess)
    new, reason = alarms.test(policy, old, Evidence(minute, excess, over, policy.least_before, grade))
    kind = _CHANGES.get(reason)
    return Said(new, None if kind is None else _decision(policy, grid, state, row, minute, kind, new.grade))


def _grade(policy: Policy, state: State, row: int, excess: float) -> int:
    """Grade a share; it cannot double without end, so its odds are compared."""
    usual = float(usual_share(policy, state)[row])
    negative, mentions = state["rolling"][-1, :, row].tolist()
    odds = negative / max(mentions - negative, 0.5) * (1.0 - usual) / usual
    grade = 0
    for place, (part, least, times) in enumerate(policy.severities, start=1):
        rare = excess >= excess_of(policy.budget * policy.share_part * part, SHARE_STEEP)
        if rare and negative >= least and odds >= times:
            grade = place
    return grade


def _decision(policy: Policy, grid: Grid, state: State, row: int, minute: int, kind: Kind, grade: int) -> Decision:
    negative, mentions = state["rolling"][-1, :, row].tolist()
    probability, single = probabilities(state, row)
    return Decision(
        index=row,
        kind=kind,
        series=SHARE,
        severity=SEVERITIES[max(grade, 0)],
        minute=minute,
        window=max(1, SHARE_WINDOWS[-1] // grid.block) * grid.block,
        observed=negative,
        mentions=mentions,
        expected=mentions * float(usual_share(policy, state)[row]),
        test_probability=single,
        probability=probability,
    )
