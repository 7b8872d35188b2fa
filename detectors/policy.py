"""What is configured of a detector: one frozen object, one shipped default."""

from dataclasses import dataclass, field, fields
from math import isfinite

from detectors.calendar import Spell, shipped

DAY = 1440
#: Minutes by which the Vietnamese day is ahead of UTC.
VIETNAM = 420


@dataclass(frozen=True, slots=True)
class Policy:
    """Parameters of baseline, surprise and alarm. Durations are minutes.

    Parameters
    ----------
    budget
        False alarms that an organisation accepts a week: everything that decides when to fire follows from it.
    scales
        Lengths of the windows that are looked at, shortest first.
    level_half_life
        The usual rate forgets no faster than this.
    drift
        Variance that a day adds to the logarithm of the usual rate: how far it may wander.
    season_half_life
        How fast the factors of hours and days are forgotten.
    hour_spread, rest_spread, day_spread
        Variances, between organisations, of the factors of an hour, of the difference between working and rest days at
        an hour, and of a weekday: what little was seen is drawn towards the milder assumption accordingly.
    rough
        Relative variance of what one day tells of an hour's factor.
    dispersion, dispersion_weight
        Variance of a count as a multiple of its mean before a series has shown its own, and the negatives that this
        assumption weighs.
    wobble, wobble_weight
        Relative variance of the rate beyond that, and the squared counts that this assumption weighs.
    memory_half_life
        How fast dispersion, wobble and ordinary days' maxima are forgotten.
    clip
        Standard deviations to which what is learned of a quarter of an hour is clipped.
    firing_weight
        How much is learned while an alarm fires: little, so that a crisis does not become normal.
    least_rate
        Negative mentions a minute below which no baseline falls: one in two days.
    strain_weight, strain_days, strain_bounds, strain_cap
        Days that the shipped distribution of daily maxima weighs against a series' own, and days after which those are
        forgotten; how far they may stretch it; how many times the mean of such days one day may count.
    share_part
        The part of the budget that is the negative share's.
    warm_up
        Minutes of a row's life in which it stays silent.
    least_negative, least_before
        Negatives needed in the deciding window, and of the last hours' how many before the minute tested (persistence).
    least_mentions
        Mentions needed before a share is tested.
    share_half_life, share_prior
        How fast the usual share is forgotten; mentions that the prior share of one in four weighs.
    hold_off, growth
        After firing, for how long only an excess so many nats greater may fire again.
    quiet
        How long no window may stand out before an alarm is resolved: longer than a night, in which hardly anything is
        published.
    loud
        A window stands out while its excess is this part of the one at which an alarm fires.
    longest
        An alarm is resolved after this long without growth, whatever the level: a lasting shift is the new normal.
    window_ratio
        The deciding window has at least so many times the negatives expected in it.
    informs
        Whether what is only information, all and positive mentions, raises notices.
    spells
        Days that are unlike others: the calendar.
    severities
        For a warning, a serious and a critical alert: the part of the budget that its own rate may be, and the
        negatives and the times as many as usual that it needs.
    """

    budget: float = 0.1
    scales: tuple[int, ...] = (1, 5, 15, 30, 60, 120, 360)
    level_half_life: float = 2.0 * DAY
    drift: float = 0.002
    season_half_life: float = 28.0 * DAY
    hour_spread: float = 0.25
    rest_spread: float = 0.06
    day_spread: float = 0.04
    rough: float = 0.03
    dispersion: float = 2.2
    dispersion_weight: float = 40.0
    wobble: float = 0.004
    wobble_weight: float = 60.0
    memory_half_life: float = 21.0 * DAY
    clip: float = 3.0
    firing_weight: float = 0.2
    least_rate: float = 0.5 / DAY
    strain_weight: float = 14.0
    strain_days: int = 60
    strain_bounds: tuple[float, float] = (0.9, 12.0)
    strain_cap: float = 8.0
    share_part: float = 0.1
    warm_up: int = DAY
    least_negative: int = 5
    least_before: int = 2
    least_mentions: int = 20
    share_half_life: float = 7.0 * DAY
    share_prior: float = 20.0
    hold_off: int = DAY
    growth: float = 3.0
    quiet: int = 720
    loud: float = 0.5
    longest: int = 2 * DAY
    window_ratio: float = 1.5
    informs: bool = False
    spells: tuple[Spell, ...] = field(default_factory=shipped)
    severities: tuple[tuple[float, int, float], ...] = ((0.1, 8, 2.0), (0.01, 12, 3.0), (0.001, 25, 4.0))

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if not self.scales or list(self.scales) != sorted(set(self.scales)) or self.scales[0] < 1:
            raise ValueError("scales needs different whole minutes, shortest first")
        if self.scales[-1] > DAY:
            raise ValueError(f"no window may be longer than a day, as one of {self.scales[-1]} minutes is")
        for name in (each.name for each in fields(self)):
            value = getattr(self, name)
            if isinstance(value, float) and not (isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive, not {value}")
        if not 0 < self.budget <= 7 or not 0 < self.share_part < 1:
            raise ValueError("budget must lie between 0 and 7 a week, share_part between 0 and 1")
        if len(self.severities) != 3 or any(
            not 0 < part <= 1 or least < 1 or times < 1 for part, least, times in self.severities
        ):
            raise ValueError("severities needs three of: part of the budget, how many negatives, how many times usual")
        if min(self.hold_off, self.quiet, self.longest) <= 0:
            raise ValueError("hold_off, quiet and longest must be positive")
        if self.warm_up < 0 or self.least_negative < 1 or self.least_before < 0 or self.least_mentions < 1:
            raise ValueError(
                "warm_up and least_before cannot be negative; least_negative and least_mentions start at 1"
            )


DEFAULT = Policy()
