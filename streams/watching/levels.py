"""Levels: what came and what was expected, for each closed minute that was not idle and for each hour."""

from collections.abc import Iterator, Sequence
from math import sqrt

import msgspec
import numpy as np

from alerts.model import Level
from detectors.bank import Bank
from streams.reading.placing import MINUTE_MS as MINUTE
from streams.watching.counts import HOUR_MINUTES, Ints
from streams.watching.times import instant


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

    def grow(self, codes: Sequence[str]) -> None:
        """Add organisations after those that are there."""
        before, fresh = self.snapshot(), Levels(codes)
        fresh.restore(before)
        self.__dict__.update(fresh.__dict__)

    def minute(self, bank: Bank, minute: int, negative: Ints, mentions: Ints) -> Iterator[Level]:
        """Levels of a minute that was just closed, for the organisations that had a mention."""
        rows = np.flatnonzero(mentions)
        if not len(rows):
            return
        self._negative += negative
        self._mentions += mentions
        self._ever[rows] = True
        near = bank.nearest(rows)
        self._least[rows] = np.minimum(self._least[rows], near.test_probability)
        start = instant(minute * MINUTE)
        for place, row in enumerate(rows.tolist()):
            yield Level(
                self._codes[row], start, 1, int(mentions[row]), int(negative[row]),
                float(near.expected[place]), float(near.upper[place]), float(near.test_probability[place]),
            )  # fmt: skip

    def hour(self, bank: Bank, last: int) -> Iterator[Level]:
        """Levels of the hour whose last minute was just closed, for every organisation ever mentioned.

        Expected is what the last minute's rate makes in an hour, the upper bound as far above it as sixty
        independent minutes put it; the test's probability is the least of the hour's minutes.
        """
        rows = np.flatnonzero(self._ever)
        near = bank.nearest(rows)
        start = instant((last + 1 - HOUR_MINUTES) * MINUTE)
        for place, row in enumerate(rows.tolist()):
            expected = float(near.expected[place]) * HOUR_MINUTES
            above = (float(near.upper[place]) - float(near.expected[place])) * sqrt(HOUR_MINUTES)
            yield Level(
                self._codes[row], start, HOUR_MINUTES, int(self._mentions[row]), int(self._negative[row]),
                expected, expected + above, float(self._least[row]),
            )  # fmt: skip
        self._negative[:] = 0
        self._mentions[:] = 0
        self._least[:] = 1.0

    def snapshot(self) -> bytes:
        """What the open hour has so far."""
        return msgspec.msgpack.encode(
            [array.tobytes() for array in (self._negative, self._mentions, self._least, self._ever)]
        )

    def restore(self, data: bytes) -> None:
        """Take over what `snapshot` wrote, for the same organisations in the first rows."""
        negative, mentions, least, ever = msgspec.msgpack.decode(data, type=list[bytes])
        rows = len(ever)
        self._negative[:rows] = np.frombuffer(negative, dtype=np.int64)
        self._mentions[:rows] = np.frombuffer(mentions, dtype=np.int64)
        self._least[:rows] = np.frombuffer(least, dtype=np.float64)
        self._ever[:rows] = np.frombuffer(ever, dtype=bool)
