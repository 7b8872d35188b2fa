"""The windows that a decision may name: counted, weighed by their own tail probability, graded."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log

from detectors.baseline import NEXT, NOW, Grid, State
from detectors.policy import Policy

#: Minutes of the windows of which a decision names the one that tells most, and the scale whose smoothed count spans
#: about as many (a half-life of 10 minutes weighs like 29 of them, 30 like 87, 120 like 346).
WINDOWS = ((30, 0), (120, 1), (360, 2), (1440, 2))
#: Minutes over which a policy's least numbers, shares and quiet are counted.
VOLUME = 360
#: The window that must no longer stand out before an alarm is resolved.
QUIET = next(asked for asked in WINDOWS if asked[0] == VOLUME)
#: How grave, from mildest to gravest; a grade is a place in it, and `UNREMARKABLE` none.
SEVERITIES = ("notice", "warning", "serious", "critical")
UNREMARKABLE = -1
#: Terms of a tail that are added one by one; what is beyond is bounded by a geometric series.
_TERMS = 500


@dataclass(frozen=True, slots=True)
class Window:
    """Counts of a row in the minutes up to and with the one tested.

    Attributes
    ----------
    minutes
        Its length.
    observed, mentions
        Negatives and all mentions.
    expected, variance
        Of the negatives, under the baseline.
    """

    minutes: int
    observed: int
    mentions: int
    expected: float
    variance: float


@dataclass(frozen=True, slots=True)
class Moment:
    """The window tested of a row, and its counts since its block began (`slot` NOW) or the block before (NEXT)."""

    row: int
    minute: int
    slot: int
    latest: int
    negative: int
    mentions: int


@dataclass(frozen=True, slots=True)
class Graded:
    """A window and how far it stands out by itself: a place in `SEVERITIES`, or `UNREMARKABLE`."""

    window: Window
    grade: int
    tail: float


def look_back(
    policy: Policy, grid: Grid, state: State, blocks_done: int, at: Moment, asked: Sequence[tuple[int, int]]
) -> list[Window]:
    """Count the windows that end with the moment; each starts with a block.

    `asked` are about how many minutes, and the scale of which the variance is taken. Sums run from the oldest block to
    the newest, so that an open window has the very bits with which it will be closed.
    """
    row, begin = at.row, grid.start_of_block(at.minute)
    blocks = [min(max(1, minutes // grid.block), grid.ring) for minutes, _ in asked]
    open_blocks = 2 if at.slot == NEXT else 1
    back = max(max(blocks) - open_blocks, 0)
    places = [(blocks_done - age) % grid.ring for age in range(back, 0, -1)]
    negative, mentions, usual = (
        state[f"past_{name}"][:, row][places].tolist() for name in ("negative", "mentions", "usual")
    )
    if at.slot == NEXT:
        usual.append(float(state["usual"][NOW, row]) * (grid.block // grid.step))
    usual.append(float(state["usual"][at.slot, row]) * ((at.minute - begin) // grid.step + 1))
    rate = float(state["expect"][at.slot, row])
    found = []
    for (_, scale), many in zip(asked, blocks, strict=True):
        closed = back - max(many - open_blocks, 0)
        expected = sum(usual[-max(many, open_blocks) :])
        length = at.minute + grid.step - (begin - (many - 1) * grid.block)
        found.append(
            Window(
                minutes=length,
                observed=at.negative + sum(negative[closed:]),
                mentions=at.mentions + sum(mentions[closed:]),
                expected=expected,
                variance=max(
                    policy.dispersion * expected, _variance(policy, grid, state, at, scale, rate) * length / grid.step
                ),
            )
        )
    return found


def _variance(policy: Policy, grid: Grid, state: State, at: Moment, scale: int, rate: float) -> float:
    """Variance of one window's count that was learned at a scale, without what the test adds to it."""
    scale = min(scale, len(policy.half_lives) - 1)
    weight = grid.weight(policy.half_lives[scale], grid.step)
    deviation = 1.0 / float(state["inverse"][at.slot, scale, at.row])
    return deviation * deviation * (2.0 - weight) / weight - policy.dispersion * rate


def tail(window: Window) -> float:
    """Chance of a count at least as great as the one observed: 1 where no more came than expected.

    The count is taken as negative binomial where its variance is greater than its mean, as Poisson where they are
    equal, and as binomial where it is less.

    Examples
    --------
    >>> round(tail(Window(30, 5, 5, expected=1.0, variance=1.0)), 4)
    0.0037
    >>> round(tail(Window(30, 5, 5, expected=1.0, variance=3.0)), 3)
    0.049
    """
    count, mean = window.observed, window.expected
    if count <= mean:
        return 1.0
    extra = 1.0 - window.variance / mean
    if abs(extra) < 1e-9:
        return _sum(count * log(mean) - mean - lgamma(count + 1.0), count, 0.0, mean)
    if extra > 0.0:
        most = max(mean / extra, float(count))
        odds = extra / (1.0 - extra)
        first = lgamma(most + 1.0) - lgamma(count + 1.0) - lgamma(most - count + 1.0)
        first += count * log(extra) + (most - count) * log(1.0 - extra)
        return _sum(first, count, -odds, (most + 1.0) * odds)
    keep = mean / window.variance
    size = mean * keep / (1.0 - keep)
    first = lgamma(count + size) - lgamma(size) - lgamma(count + 1.0) + size * log(keep) + count * log(1.0 - keep)
    return _sum(first, count, 1.0 - keep, (size - 1.0) * (1.0 - keep))


def _sum(first: float, count: int, slope: float, offset: float) -> float:
    """Add up the chances from `count` on, the first by its logarithm; one is `slope + offset / n` times that before."""
    total = term = 1.0
    for number in range(count + 1, count + 1 + _TERMS):
        term *= max(slope + offset / number, 0.0)
        total += term
        if term < 1e-9 * total:
            break
    else:
        total += term / max(1.0 - (slope + offset / (count + _TERMS)), 1e-12)
    return min(1.0, exp(min(first, 0.0)) * total)


def stands_out(policy: Policy, window: Window) -> bool:
    """Whether a window's count is clearly more than expected, however few they are."""
    return window.observed >= policy.window_ratio * window.expected and tail(window) <= policy.window_tail


def graded(policy: Policy, window: Window, times: float) -> Graded:
    """Grade a window that has `times` as many negatives as expected.

    Examples
    --------
    >>> graded(Policy(), Window(30, 9, 9, expected=1.0, variance=1.5), 9.0).grade
    1
    >>> graded(Policy(), Window(1440, 24, 24, expected=22.9, variance=40.0), 1.05).grade
    -1
    """
    if window.observed < policy.least_negative or times < policy.window_ratio:
        return Graded(window, UNREMARKABLE, 1.0)
    chance, grade = tail(window), UNREMARKABLE
    for place, (under, least) in enumerate(((policy.window_tail, policy.least_negative), *policy.severities)):
        if chance <= under and window.observed >= least:
            grade = place
    return Graded(window, grade, chance)


def most_telling(policy: Policy, windows: list[Window]) -> Graded:
    """Name the most improbable of the windows that stand out, and the gravest grade that any of them has.

    Examples
    --------
    >>> day, hours = Window(1440, 30, 40, 9.0, 20.0), Window(120, 9, 9, 0.2, 0.3)
    >>> found = most_telling(Policy(), [hours, day])
    >>> found.window.minutes, SEVERITIES[found.grade]
    (120, 'serious')
    """
    found = [graded(policy, window, window.observed / window.expected) for window in windows]
    named = min(found, key=lambda one: (one.grade == UNREMARKABLE, one.tail, -one.window.minutes))
    return Graded(named.window, max(one.grade for one in found), named.tail)


def share_window(counts: Window, usual: float) -> Window:
    """Return the same window with what the usual share makes of its mentions."""
    expected = counts.mentions * usual
    return Window(counts.minutes, counts.observed, counts.mentions, expected, expected * (1.0 - usual))


def graded_share(policy: Policy, window: Window) -> Graded:
    """Grade a share's window; a share cannot double without end, so the odds are compared."""
    usual, others = window.expected / window.mentions, window.mentions - window.observed
    times = float("inf") if not others else window.observed / others * (1.0 - usual) / usual
    return graded(policy, window, times)
