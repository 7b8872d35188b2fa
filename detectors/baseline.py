"""What to expect: level, hour of week and trend; learned block by block, always published a block ahead.

A block is the quarter of an hour (or the least multiple of the step beyond it) in which what is expected stands still.
What holds in a block was published when the block before it began, so an open minute can be tested against exactly the
numbers with which it will be closed.
"""

import numpy as np

from detectors.layout import LAST, NEXT, NOW, Floats, Grid, State
from detectors.policy import DAY, Policy

#: Least and greatest factor of an hour and of a weekday.
HOUR_BOUNDS, DAY_BOUNDS = (0.04, 8.0), (0.2, 3.0)
#: Relative variance of a level of which nothing is known, and of one whose alarm was ended as the new normal.
UNKNOWN, SHIFTED = 4.0, 0.5
#: Relative variance that a level gains when days begin of which only a calendar says something.
SPELL_DOUBT = 0.15
#: Factors of the hours of a Vietnamese day where nothing is known: little at night, most in office hours and evenings.
HOURS = (
    *(0.35, 0.3, 0.3, 0.3, 0.35, 0.5, 0.8, 1.1, 1.35, 1.5, 1.5, 1.4),
    *(1.1, 1.1, 1.3, 1.4, 1.4, 1.35, 1.3, 1.4, 1.5, 1.3, 0.9, 0.5),
)
#: Days of which what is usual of a weekday is an average.
_DAYS_OF_WEEK = 7


def hour_factors(policy: Policy, grid: Grid, state: State, rest: int, hours: list[int]) -> Floats:
    """Factors of some hours on working days or, with `rest`, on others: (hours, series, rows).

    An hour's own counts are drawn towards an ordinary day's factor, those of rest days towards the working days', each
    by how little they tell[^1].

    References
    ----------
    [^1]: Efron, B. and Morris, C. (1973). Stein's estimation rule and its competitors: an empirical Bayes approach.
       Journal of the American Statistical Association 68, 117-130.
    """
    found = np.empty((len(hours), *state["level"].shape))
    found[...] = np.array([HOURS[hour] for hour in hours])[:, None, None]
    days = np.minimum(state["age"] * (grid.block / DAY), 30.0)
    for kind, spread in ((0, policy.hour_spread), (1, policy.rest_spread)):
        if kind > rest:
            break
        due = np.maximum(state["hour_due"][kind, hours], 1e-9)
        of_days = policy.rough / np.maximum(days * ((5 - 3 * kind) / _DAYS_OF_WEEK), 0.1)
        noise = state["dispersion"] / due + (of_days + spread)
        found += spread / noise * (state["hour_seen"][kind, hours] / due - found)
    np.minimum(found, HOUR_BOUNDS[1], out=found)
    return np.maximum(found, HOUR_BOUNDS[0], out=found)


def day_factor(policy: Policy, state: State, weekday: int) -> Floats:
    """Factor of a weekday, Monday is 0: drawn towards 1 as far as little was seen of it."""
    due = np.maximum(state["day_due"][weekday], 1e-9)
    noise = state["dispersion"] / due + 2.0 * policy.rough
    own = policy.day_spread / (policy.day_spread + noise) * (state["day_seen"][weekday] / due - 1.0)
    return np.asarray(np.maximum(np.minimum(1.0 + own, DAY_BOUNDS[1]), DAY_BOUNDS[0]))


def season(policy: Policy, grid: Grid, state: State, minute: int) -> tuple[Floats, Floats]:
    """Factors of hour and of weekday in the middle of the block that holds `minute`; hours run into one another."""
    middle = (grid.start_of_block(minute) + grid.local + grid.block // 2) % DAY / 60.0 - 0.5
    before = int(middle // 1.0)
    part = middle - before
    rest, weekday = grid.rest(minute), grid.weekday(minute)
    both = hour_factors(policy, grid, state, rest, [before % 24, (before + 1) % 24])
    return both[0] * (1.0 - part) + both[1] * part, day_factor(policy, state, weekday)


def publish(
    policy: Policy, grid: Grid, state: State, minute: int, blocks_done: int, planned: Floats | float = 1.0
) -> None:
    """Move what holds next to now, and put what was learned into next: the block that holds `minute`.

    `blocks_done` blocks are closed before the present one; `planned` is how many times as many mentions each row is
    expected to have because of what was announced.
    """
    for name in ("rate", "hours", "days", "expect", "size"):
        state[name][LAST] = state[name][NOW]
        state[name][NOW] = state[name][NEXT]
    state["hours"][NEXT], state["days"][NEXT] = season(policy, grid, state, minute)
    state["days"][NEXT] *= planned
    level = state["level"] * state["hours"][NEXT] * state["days"][NEXT]
    np.maximum(level, policy.least_rate * grid.step, out=state["rate"][NEXT])
    _expect(grid, state, blocks_done)
    expect = state["expect"][NEXT]
    extra = state["dispersion"] - 1.0 + (state["doubt"] + state["wobble"]) * expect
    np.divide(expect, extra, out=state["size"][NEXT])


def _expect(grid: Grid, state: State, blocks_done: int) -> None:
    """Negatives expected in the windows that end with the next block."""
    expect, steps = state["expect"][NEXT], grid.block // grid.step
    now, upcoming = state["rate"][NOW], state["rate"][NEXT]
    for place, windows in enumerate(grid.sliding):
        np.multiply(upcoming, min(windows, steps), out=expect[place])
        if windows > steps:
            expect[place] += now * (windows - steps)
    both = (upcoming + now) * steps
    for place, blocks in enumerate(grid.anchored, start=len(grid.sliding)):
        if blocks < 2:
            np.multiply(upcoming, steps, out=expect[place])
            continue
        # The newest block is done `blocks_done` - 1 ago; the present one is not among the past ones yet.
        past = [(blocks_done + 1 - back) % grid.ring for back in range(2, blocks)]
        np.add(both, np.add.reduce(state["past_usual"][past], axis=0, dtype=np.float64), out=expect[place])


def learn(policy: Policy, grid: Grid, state: State, at: tuple[int, int], learns: Floats) -> None:
    """Take the finished block into level, season and dispersion; `at` is its first minute and its windows.

    `learns` is 1 where a series learns, and 0 where its alarm fires: a crisis is not what is usual.
    """
    block, windows = at
    due = state["rate"][NOW] * windows
    seen = state["block"] - state["held_back"]
    variance = state["dispersion"] * due + (state["doubt"] + state["wobble"][grid.quarter]) * due * due
    most = policy.clip * np.sqrt(variance)
    surplus = np.maximum(np.minimum(seen - due, most), -most)
    _learn_season(policy, grid, state, block, windows, due + surplus, learns)
    _learn_dispersion(policy, grid, state, windows, learns)
    state["age"] += 1
    share = state["doubt"] * due * due / variance
    slowest = np.maximum(1.0 / state["age"], 1.0 - 0.5 ** (grid.block / policy.level_half_life))
    gain = np.minimum(share, slowest) * learns
    state["level"] *= np.maximum(1.0 + gain * surplus / due, 0.3)
    state["doubt"] *= 1.0 - gain
    state["doubt"] += policy.drift * grid.block / DAY
    np.minimum(state["doubt"], UNKNOWN, out=state["doubt"])


def _learn_season(
    policy: Policy, grid: Grid, state: State, block: int, windows: int, seen: Floats, learns: Floats
) -> None:
    rest, hour, weekday = grid.rest(block), grid.hour(block), grid.weekday(block)
    weeks_kept = policy.season_half_life / (_DAYS_OF_WEEK * DAY)
    visits = (5, 2)[rest] * max(1.0, 60.0 / grid.block)
    usual = state["level"] * windows
    for kind, place, times, due in (
        ("hour", (rest, hour), visits, usual * state["days"][NOW]),
        ("day", (weekday,), DAY / grid.block, usual * state["hours"][NOW]),
    ):
        forget = learns * (1.0 - 0.5 ** (1.0 / (weeks_kept * times)))
        for name, new in ((f"{kind}_seen", seen), (f"{kind}_due", due)):
            sums = state[name][place]
            sums += learns * new - forget * sums


def _learn_dispersion(policy: Policy, grid: Grid, state: State, windows: int, learns: Floats) -> None:
    rate, counted = state["rate"][NOW], state["block"]
    squares = state["squares"] - 2.0 * rate * counted + windows * rate * rate
    due = rate * windows
    np.minimum(squares, 30.0 * np.maximum(due, 1.0), out=squares)
    learns = learns * (state["spared"] == 0)
    forget = learns * (1.0 - 0.5 ** (grid.block / policy.memory_half_life))
    for name, new in (("noise_seen", squares), ("noise_due", due)):
        state[name] += learns * new - forget * state[name]
    _learn_wobble(policy, state, learns, forget)
    known = state["noise_seen"] + policy.dispersion * policy.dispersion_weight
    np.maximum(known / (state["noise_due"] + policy.dispersion_weight), 1.05, out=state["dispersion"])


def _learn_wobble(policy: Policy, state: State, learns: Floats, forget: Floats) -> None:
    """Learn by how much more than their dispersion and the level's doubt allow the windows differ from expectation."""
    expect = state["expect"][NOW]
    known = state["dispersion"] * expect + state["doubt"] * expect * expect
    spread = 16.0 * (known + state["wobble"] * expect * expect)
    beyond = np.minimum((state["counts"] - expect) ** 2, spread) - known
    weight = 1.0 / (state["dispersion"] + 0.02 * expect)
    state["wobble_seen"] += learns * weight * weight * beyond - forget * state["wobble_seen"]
    weight *= expect
    state["wobble_due"] += learns * weight * weight - forget * state["wobble_due"]
    own = state["wobble_seen"] + policy.wobble * policy.wobble_weight
    np.maximum(own / (state["wobble_due"] + policy.wobble_weight), 0.0005, out=state["wobble"])


def enter(state: State, times: float) -> None:
    """Begin a spell of days that are unlike others: keep the level for afterwards, and expect `times` as much now."""
    state["kept_level"][...] = state["level"]
    state["kept_doubt"][...] = state["doubt"]
    state["level"] *= times
    state["doubt"] += SPELL_DOUBT


def leave(policy: Policy, state: State, days: float) -> None:
    """End a spell of so many days: what was usual before it is usual again."""
    known = state["kept_level"] > 0.0
    np.copyto(state["level"], state["kept_level"], where=known)
    np.copyto(state["doubt"], np.minimum(state["kept_doubt"] + policy.drift * days, UNKNOWN), where=known)
    state["kept_level"][...] = 0.0


def shift(state: State, column: tuple[int, int], grid: Grid) -> None:
    """Let a series learn its level anew, since what it has now is its new normal."""
    state["doubt"][column] = SHIFTED
    state["age"][column] = min(int(state["age"][column]), max(2, 120 // grid.block))
