"""What is configured of a detector: one frozen object, one shipped default."""

from dataclasses import dataclass
from math import isfinite

DAY = 1440
#: Minutes by which the Vietnamese day is ahead of UTC.
VIETNAM = 420


@dataclass(frozen=True, slots=True)
class Policy:
    """Parameters of baseline, surprise and alarm. Durations are minutes.

    Parameters
    ----------
    half_lives
        Of the smoothed counts, shortest first: the scales at which a series is looked at.
    level_half_life, season_half_life, spread_half_life
        How fast the usual rate, its hour-of-day factors and the variance of the smoothed counts are forgotten.
    season_weight
        Hours of ordinary counts that stand behind each hour's factor before it has seen any.
    season_bounds
        Least and greatest hour-of-day factor.
    dispersion
        The variance of a count is taken to be at least this multiple of its mean.
    least_rate
        Negative mentions a minute below which no baseline falls: one in two days.
    floor
        Least standardised deviation a scale contributes, so that one quiet scale does not veto the others wholly.
    centre, centre_weight
        Logarithm of the deviation that a series is taken to reach once a day before its own days are known, and how
        many days that assumption weighs.
    spread
        Scale of the Gumbel distribution of the logarithm of daily maxima.
    centre_cap
        A day's maximum counts at most this far above the centre, so that crises do not become normal.
    budget
        Weekly probability under which a series fires.
    growth
        Growth of the logarithmic deviation that breaks the hold-off or escalates.
    warm_up
        Minutes of a row's life in which it stays silent.
    least_negative, least_before
        Negatives needed in the deciding window, and of those how many before the minute tested (persistence).
    least_mentions
        Mentions needed before a share is tested.
    share_half_life, share_prior
        How fast the usual share is forgotten; mentions that the prior share of one in four weighs.
    share_centre
        As `centre`, for the share; and the least a row's own days can make of it.
    hold_off
        After firing, for how long only growth may fire again.
    quiet
        How long the deviation must stay under the centre before an alarm is resolved: longer than a night, in which
        hardly anything is published.
    longest
        An alarm is resolved after this long without growth, whatever the level: a lasting shift is the new normal.
    window_ratio, window_tail
        The window that an alert names must stand out by itself: at least so many times the negatives expected in it,
        and no more likely than this under its own negative binomial distribution. While the last hours stand out so,
        an alarm is not resolved.
    severities
        Such tail probabilities from which on an alarm is a warning, serious, critical; and the negatives each needs.
    """

    half_lives: tuple[float, ...] = (10.0, 30.0, 120.0)
    level_half_life: float = 2.0 * DAY
    season_half_life: float = 7.0 * DAY
    spread_half_life: float = 10.0 * DAY
    season_weight: float = 3.0
    season_bounds: tuple[float, float] = (0.1, 5.0)
    dispersion: float = 1.0
    least_rate: float = 0.5 / DAY
    floor: float = 0.05
    centre: float = 0.3
    centre_weight: float = 0.5
    spread: float = 0.35
    centre_cap: float = 2.0
    budget: float = 0.25
    growth: float = 1.0
    warm_up: int = DAY
    least_negative: int = 5
    least_before: int = 2
    least_mentions: int = 20
    share_half_life: float = 7.0 * DAY
    share_prior: float = 20.0
    share_centre: float = 0.7
    hold_off: int = DAY
    quiet: int = 720
    longest: int = 3 * DAY
    window_ratio: float = 2.0
    window_tail: float = 0.02
    severities: tuple[tuple[float, int], ...] = ((0.01, 8), (0.001, 12), (0.0001, 25))

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if not self.half_lives or any(not (isfinite(h) and h > 0) for h in self.half_lives):
            raise ValueError("half_lives needs at least one positive number of minutes")
        for name in (
            "level_half_life", "season_half_life", "spread_half_life", "share_half_life", "dispersion", "least_rate",
            "floor", "centre_weight", "spread", "growth", "hold_off", "quiet", "longest", "share_prior",
            "window_ratio",
        ):  # fmt: skip
            value = getattr(self, name)
            if not (isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive, not {value}")
        for name in ("budget", "window_tail"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must lie between 0 and 1, not {getattr(self, name)}")
        if len(self.severities) != 3 or any(not 0 < under < 1 or least < 1 for under, least in self.severities):
            raise ValueError("severities needs three pairs: a probability between 0 and 1, and how many negatives")
        if self.warm_up < 0 or self.least_negative < 1 or self.least_before < 0 or self.least_mentions < 1:
            raise ValueError(
                "warm_up and least_before cannot be negative; least_negative and least_mentions start at 1"
            )


DEFAULT = Policy()
