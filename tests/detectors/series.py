"""Simulated counts for the tests of the detectors."""

import numpy as np

from detectors.bank import Bank, Decision
from detectors.layout import Ints

MONDAY = 29_299_260  # a midnight in Vietnam
DAY = 1440

#: Share of a day's mentions in each hour, midnight first, times 24.
HOURS = np.repeat([0.25, 0.9, 1.4, 0.9], [6, 2, 13, 3])


def ordinary(rates: list[float], days: float, seed: int = 1, dispersion: float = 2.0) -> Ints:
    """Over-dispersed counts a minute, (minutes, rows), that follow the hours of the day; midnight first."""
    rng = np.random.default_rng(seed)
    minutes = np.arange(int(days * DAY))
    mean = np.outer(HOURS[minutes // 60 % 24], np.array(rates)) / HOURS.mean()
    counts: Ints = rng.negative_binomial(mean / (dispersion - 1.0), 1.0 / dispersion).astype(np.int64)
    return counts


def run(bank: Bank, negative: Ints, mentions: Ints | None = None, start: int = MONDAY) -> list[Decision]:
    """Close all windows of `negative` (windows, rows); every mention is negative unless `mentions` are given."""
    total = negative if mentions is None else mentions
    first = start if bank.next_minute is None else bank.next_minute
    step = bank.grid.step
    return [
        made
        for place in range(len(negative))
        for made in bank.close(first + place * step, negative[place], total[place])
    ]
