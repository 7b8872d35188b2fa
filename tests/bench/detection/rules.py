"""Rules that vendors and public-health systems publish, and seasonal-hybrid ESD, as scores of every minute.

A rule's score is what it compares with its published threshold, so that it can be held at any rate of false alarms.
Each is asked every minute, which is the best that it can be.
"""

from collections.abc import Callable, Iterator

import numpy as np

from tests.bench.detection.sampling import Floats, Ints
from tests.bench.detection.world import DAY, Day, Streams

HOUR, WEEK = 60, 7 * DAY
#: A mean of less than this is taken as this, and so is a standard deviation: else a rule fires at a body's first word.
LEAST = 0.5
#: Days that are kept, and how many a rule needs: the longest looks back over eight before the present one.
_DAYS, _LEAST = 15, 9

Scored = Iterator[tuple[Day, Floats]]
Rule = Callable[["Past"], Floats]


class Past:
    """Negatives of the days up to and with one day, by minute and organisation."""

    def __init__(self, days: list[Day]) -> None:
        self.days = days
        negative = np.concatenate([day.negative for day in days])
        self._sums = np.concatenate((np.zeros((1, negative.shape[1]), dtype=np.int64), negative.cumsum(axis=0)))

    def last(self, minutes: int, ago: int = 0) -> Ints:
        """Negatives of the minutes that ended so long `ago`, for each minute of the last day."""
        end = len(self._sums) - ago
        return np.asarray(self._sums[end - DAY : end] - self._sums[end - DAY - minutes : end - minutes])

    def hourly(self, hours: int, ago: int = 0) -> tuple[Floats, Floats]:
        """Mean and standard deviation of so many hours' counts that follow one another and ended so long `ago`."""
        total, squares = self.last(HOUR, ago).astype(np.float64), self.last(HOUR, ago).astype(np.float64) ** 2
        for hour in range(1, hours):
            count = self.last(HOUR, ago + hour * HOUR)
            total += count
            squares += count.astype(np.float64) ** 2
        mean = total / hours
        return mean, np.sqrt(np.maximum(squares / hours - mean * mean, 0.0))


def hour_against_week(past: Past) -> Floats:
    """The last hour as a multiple of the week's hourly mean."""
    return past.last(HOUR) / np.maximum(past.last(WEEK, HOUR) / (WEEK / HOUR), LEAST)


def day_against_week(past: Past) -> Floats:
    """By how many standard deviations of hourly counts the last day's mean is above that of the week before it."""
    mean, spread = past.hourly(7 * 24, DAY)
    return np.asarray((past.last(DAY) / 24.0 - mean) / np.maximum(spread, LEAST))


def minutes_against_hours(past: Past) -> Floats:
    """The last ten minutes as a multiple of the mean ten minutes of the six hours before."""
    return past.last(10) / np.maximum(past.last(6 * HOUR, 10) / 36.0, LEAST)


def hour_rechecked(past: Past) -> Floats:
    """The last hour as a multiple of the mean of twelve hours before, of yesterday's hour, and of last week's."""
    usual = np.maximum(past.last(12 * HOUR, HOUR) / 12.0, np.maximum(past.last(HOUR, DAY), past.last(HOUR, WEEK)))
    return past.last(HOUR) / np.maximum(usual, LEAST)


def ears(past: Past) -> Floats:
    """The last 24 hours against seven blocks of 24 hours before them, in the units of a t-quantile."""
    blocks = np.stack([past.last(DAY, (1 + back) * DAY) for back in range(7)])
    spread = np.maximum(blocks.std(axis=0, ddof=1), LEAST) * np.sqrt(1.0 + 1.0 / 7.0)
    return np.asarray((past.last(DAY) - blocks.mean(axis=0)) / spread)


def seasonal_hybrid_esd(past: Past) -> Floats:
    """Robust distance of the last half hour's count from its season and median, over two weeks[^1].

    The season is the mean of each half hour of the day about a moving mean of a day, as a periodic decomposition has
    it; what is left is held against its median absolute deviation. Of the test's statistic only the ranking is used.

    References
    ----------
    [^1]: Hochenbaum, J., Vallis, O. S., Kejariwal, A. (2017). Automatic anomaly detection in the cloud via statistical
    learning. arXiv:1704.07706.
    """
    width = 30
    slots = DAY // width
    counts = np.concatenate([day.negative for day in past.days[:-1]]).reshape(-1, width, past.days[0].negative.shape[1])
    series = counts.sum(axis=1).astype(np.float64)
    sums = np.concatenate((np.zeros((1, series.shape[1])), series.cumsum(axis=0)))
    trend = (sums[slots:] - sums[:-slots]) / slots
    middle = series[slots // 2 : slots // 2 + len(trend)]
    whole = (len(trend) // slots) * slots
    season = np.roll((middle - trend)[:whole].reshape(-1, slots, series.shape[1]).mean(axis=0), slots // 2, axis=0)
    left = series - np.tile(season, (len(series) // slots, 1)) - np.median(series, axis=0)
    deviation = 1.4826 * np.median(np.abs(left - np.median(left, axis=0)), axis=0)
    now = past.last(width) - season[np.arange(DAY) // width] - np.median(series, axis=0)
    return np.asarray(now / np.maximum(deviation, LEAST))


#: Name, score, and the threshold as it is published (a t-quantile of 0.975 with six degrees of freedom for the fifth).
RULES: tuple[tuple[str, Rule, float], ...] = (
    ("last hour >= 150 % of the week's hourly mean", hour_against_week, 1.5),
    ("24 h mean > 7-day mean + 2 SD", day_against_week, 2.0),
    ("last 10 min >= 2 x the 6-h mean", minutes_against_hours, 2.0),
    ("last hour against 12 h, yesterday, last week", hour_rechecked, 1.5),
    ("24 h against 7 blocks of 24 h, t-quantile", ears, 2.447),
    ("seasonal-hybrid ESD", seasonal_hybrid_esd, 3.0),
)


def scores(streams: Streams, rule: Rule) -> Scored:
    """Each day's scores of a rule, from the first day on that has enough days before it."""
    kept: list[Day] = []
    for day in streams.days():
        kept = [*kept[1 - _DAYS :], day]
        if len(kept) >= _LEAST:
            yield day, rule(Past(kept))
