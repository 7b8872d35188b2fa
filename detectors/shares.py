"""The negative share of the last hours against the usual share, at the end of each block."""

import numpy as np

from detectors.baseline import Floats, Grid, State
from detectors.policy import Policy
from detectors.windows import VOLUME

#: Share that is usual where nothing is known.
PRIOR_SHARE = 0.25


def usual_share(policy: Policy, state: State) -> Floats:
    """Usual share of each row, the prior weighing `share_prior` mentions."""
    negative = state["share_negative"] + PRIOR_SHARE * policy.share_prior
    share: Floats = negative / (state["share_mentions"] + policy.share_prior)
    return share


def score(policy: Policy, grid: Grid, state: State, blocks_done: int) -> None:
    """Put the standardised deviation of each row's share into ``share_now``; 0 where there are too few mentions."""
    place = (blocks_done - max(1, VOLUME // grid.block)) % grid.ring
    for kind in ("negative", "mentions"):
        state[f"rolling_{kind}"] += state[kind] - state[f"past_{kind}"][place]
    negative, mentions = state["rolling_negative"], state["rolling_mentions"]
    if not (mentions >= policy.least_mentions).any():
        state["share_now"][:] = 0.0
        return
    usual = usual_share(policy, state)
    deviation = (negative - mentions * usual) / np.sqrt(mentions * usual * (1.0 - usual) + 1.0)
    enough = (mentions >= policy.least_mentions) & (negative >= policy.least_negative)
    # Where only negatives are ever counted, their share of all mentions is no news.
    enough &= state["share_mentions"] > state["share_negative"]
    state["share_now"][:] = np.where(enough, np.maximum(deviation, policy.floor), 0.0)


def learn(policy: Policy, grid: Grid, state: State) -> None:
    """Take the block into the usual share, and the test into the day's most."""
    np.maximum(state["share_peak"], state["share_now"], out=state["share_peak"])
    decay = 1.0 - grid.weight(policy.share_half_life, grid.block)
    for kind in ("negative", "mentions"):
        state[f"share_{kind}"] *= decay
        state[f"share_{kind}"] += state[kind] - state["held_back"]
