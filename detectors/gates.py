"""The counts at which a window fires: published a block ahead like what is expected, so that a test is a comparison."""

import numpy as np

from detectors.layout import LAST, NEVER, NEXT, NOW, SERIES, Bools, Floats, Grid, Ints, State
from detectors.policy import Policy
from detectors.surprise import surprise

#: Wanted excesses are cut here: nothing is that improbable.
MOST_WANTED = 1e5
#: Steps of Newton's method from a rough beginning; from the block before one is enough.
ROUGH_STEPS = 6


def need(state: State) -> Floats:
    """Surprise in nats that each window needs."""
    found: Floats = state["typical"] + state["strain"] * np.minimum(state["beyond"] + state["want"], MOST_WANTED)
    return found


def lower(needed: Floats, mean: Floats, size: Floats) -> Floats:
    """A count that is less surprising than needed: the tails are heavier than a normal distribution's."""
    squared = 2.0 * np.maximum(needed - 1.0 - 0.6 * np.log1p(needed), 0.1)
    found: Floats = mean + np.sqrt(squared * mean * (1.0 + mean / size))
    return found


def nearer(edge: Floats, excess: Floats, mean: Floats, size: Floats, least: Floats) -> Floats:
    """One step of Newton's method to the count that surprises enough, from `edge` that does so by `excess` too much."""
    slope = np.log(edge * (mean + size) / (mean * (edge + size)))
    better: Floats = np.maximum(edge - excess / slope, least)
    return better


def publish(policy: Policy, grid: Grid, state: State) -> Floats:
    """Move gates on by a block and find the next ones; returns the surprise of the finished block's counts.

    Where the policy asks for the negatives only, only theirs are found.

    Expectations have been moved already: the finished block's are the `LAST`.
    """
    for slot in (LAST, NOW):
        state["gate"][slot] = state["gate"][slot + 1]
    asked = slice(len(SERIES) if policy.informs else 1)
    needed, mean, size, edge = (
        each[:, asked] for each in (need(state), state["expect"][NEXT], state["size"][NEXT], state["edge"])
    )
    least = lower(needed, mean, size)
    np.maximum(edge, least, out=edge)
    counts = np.concatenate([state["most"], state["counts"][len(grid.sliding) :]])
    due, spread = state["expect"][LAST], state["size"][LAST]
    over = counts > due
    over[:, asked.stop :] = False
    found, of_edge = _both(counts, due, spread, over, (edge, mean, size))
    edge[...] = nearer(edge, of_edge - needed, mean, size, least)
    _set(policy, state["gate"][NEXT][:, asked], edge, mean, state["life"] * grid.block >= policy.warm_up)
    return found


def _both(
    counts: Ints, due: Floats, spread: Floats, over: Bools, edges: tuple[Floats, Floats, Floats]
) -> tuple[Floats, Floats]:
    """Surprise of the counts that are over, and of the edges: at one go, for few rows cost little."""
    edge, mean, size = edges
    many = int(np.count_nonzero(over))
    both = surprise(
        np.concatenate([counts[over], edge.ravel()]),
        np.concatenate([due[over], mean.ravel()]),
        np.concatenate([spread[over], size.ravel()]),
    )
    found = np.zeros(counts.shape)
    found[over] = both[:many]
    return found, both[many:].reshape(edge.shape)


def _set(policy: Policy, gate: Ints, edge: Floats, mean: Floats, warm: Bools) -> None:
    count = np.maximum(edge, policy.window_ratio * mean)
    np.maximum(np.ceil(count, out=count), policy.least_negative, out=count)
    gate[...] = np.where(warm, np.minimum(count, float(NEVER), out=count), float(NEVER))


def renew(policy: Policy, grid: Grid, state: State, column: tuple[int, int]) -> None:
    """Find the gates of one series anew, for the present block and the next, since what it wants has changed."""
    needed = need({name: state[name][..., column[0], column[1]] for name in ("strain", "typical", "beyond", "want")})
    for slot in (NOW, NEXT):
        mean, size = state["expect"][slot][:, column[0], column[1]], state["size"][slot][:, column[0], column[1]]
        edge = least = lower(needed, mean, size)
        for _ in range(ROUGH_STEPS):
            edge = nearer(edge, surprise(edge, mean, size) - needed, mean, size, least)
        warm = np.full(len(edge), state["life"][column[1]] * grid.block >= policy.warm_up)
        gates = np.empty(len(edge), dtype=np.int64)
        _set(policy, gates, edge, mean, warm)
        state["gate"][slot][:, column[0], column[1]] = gates
    state["edge"][:, column[0], column[1]] = edge


def renew_all(policy: Policy, grid: Grid, state: State) -> None:
    """Find the gates of every series anew: another budget holds."""
    for series in range(state["want"].shape[0]):
        for row in range(state["want"].shape[1]):
            renew(policy, grid, state, (series, row))
