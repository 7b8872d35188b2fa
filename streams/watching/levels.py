"""Levels: what came and what was expected, for each closed minute that was not idle and for each hour."""

from collections.abc import Iterator, Sequence
from math import sqrt

import msgspec
import numpy as np

from alerts.explanation import Explanation
from alerts.model import Forecast, Level
from detectors.bank import Bank
from detectors.explain import nearness
from detectors.forecast import HORIZONS, Forecaster, Outlook, Phase
from streams.reading.placing import MINUTE_MS as MINUTE
from streams.watching.counts import HOUR_MINUTES, Ints
from streams.watching.explaining import explanation
from streams.watching.times import instant

#: As forecasts call what they are of, in the order of `detectors.forecast`.
SERIES = ("negative", "positive")


class Levels:
    """Makes levels as minutes close.

    Parameters
    ----------
    codes
        The organisations, row by row.
    """

    def __init__(self, codes: Sequence[str]) -> None:
        self._codes = codes
        self._negative = np.zeros(len(codes), dtype=np.int64)
        self._mentions = np.zeros(len(codes), dtype=np.int64)
        self._least = np.ones(len(codes))
        self._ever = np.zeros(len(codes), dtype=bool)
        #: Of the open hour's nearest test: how near it came, and why there was an alarm or none.
        self._why: dict[int, tuple[float, Explanation]] = {}
        self.forecaster = Forecaster(len(codes))

    def grow(self, codes: Sequence[str]) -> None:
        """Add organisations after those that are there."""
        more = len(codes) - len(self._codes)
        self._codes = codes
        self._negative = np.append(self._negative, np.zeros(more, dtype=np.int64))
        self._mentions = np.append(self._mentions, np.zeros(more, dtype=np.int64))
        self._least = np.append(self._least, np.ones(more))
        self._ever = np.append(self._ever, np.zeros(more, dtype=bool))
        self.forecaster.grow(len(codes))

    def minute(self, bank: Bank, minute: int, negative: Ints, mentions: Ints) -> Iterator[Level]:
        """Levels of a minute that was just closed, for the organisations that had a mention."""
        rows = np.flatnonzero(mentions)
        if not len(rows):
            return
        self._negative += negative
        self._mentions += mentions
        self._ever[rows] = True
        near = bank.nearest(rows)
        nearer = near.test_probability < self._least[rows]
        for row in rows[nearer & (negative[rows] > 0)].tolist():
            why = bank.why(row)
            self._why[row] = (nearness(why), explanation(why))
        self._least[rows] = np.minimum(self._least[rows], near.test_probability)
        start = instant(minute * MINUTE)
        for place, row in enumerate(rows.tolist()):
            yield Level(
                self._codes[row], start, 1, int(mentions[row]), int(negative[row]),
                float(near.expected[place]), float(near.upper[place]), float(near.test_probability[place]),
            )  # fmt: skip

    def hour(self, bank: Bank, last: int, positive: Ints) -> Iterator[Level]:
        """Levels of the hour whose last minute was just closed, for every organisation ever mentioned.

        Expected is what the last minute's rate makes in an hour, the upper bound as far above it as sixty
        independent minutes put it; the test's probability is the least of the hour's minutes. With it goes what is
        forecast at its end.
        """
        rows = np.flatnonzero(self._ever)
        near = bank.nearest(rows)
        begin = last + 1 - HOUR_MINUTES
        start = instant(begin * MINUTE)
        self.forecaster.learn(begin, np.stack([self._negative, positive]))
        outlook, rising = self.forecaster.outlook(), self.forecaster.rising()
        for place, row in enumerate(rows.tolist()):
            expected = float(near.expected[place]) * HOUR_MINUTES
            above = (float(near.upper[place]) - float(near.expected[place])) * sqrt(HOUR_MINUTES)
            course = self.forecaster.course(row)
            nearest, why = self._why.get(row, (0.0, None))
            yield Level(
                self._codes[row], start, HOUR_MINUTES, int(self._mentions[row]), int(self._negative[row]),
                expected, expected + above, float(self._least[row]), int(positive[row]), _forecasts(outlook, row),
                course.phase.value, course.probability, course.peak_hours,
                bool(rising[row]) or course.phase is Phase.BREAKING_OUT, nearest, why,
            )  # fmt: skip
        self._negative[:] = 0
        self._mentions[:] = 0
        self._least[:] = 1.0
        self._why.clear()

    def snapshot(self) -> bytes:
        """What the open hour has so far; the forecaster has a snapshot of its own, since it changes hour by hour."""
        arrays = (self._negative, self._mentions, self._least, self._ever)
        return msgspec.msgpack.encode([*(array.tobytes() for array in arrays), list(self._why.items())])

    def restore(self, data: bytes) -> None:
        """Take over what `snapshot` wrote, of the same organisations."""
        kind = tuple[bytes, bytes, bytes, bytes, list[tuple[int, tuple[float, Explanation]]]]
        negative, mentions, least, ever, why = msgspec.msgpack.decode(data, type=kind)
        self._why = dict(why)
        self._negative = np.frombuffer(negative, dtype=np.int64).copy()
        self._mentions = np.frombuffer(mentions, dtype=np.int64).copy()
        self._least = np.frombuffer(least, dtype=np.float64).copy()
        self._ever = np.frombuffer(ever, dtype=bool).copy()


def _forecasts(outlook: Outlook, row: int) -> tuple[Forecast, ...]:
    return tuple(
        Forecast(
            name,
            hours,
            float(outlook.expected[place, series, row]),
            float(outlook.low[place, series, row]),
            float(outlook.high[place, series, row]),
        )
        for series, name in enumerate(SERIES)
        for place, hours in enumerate(HORIZONS)
    )
