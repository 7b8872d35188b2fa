"""How improbable is a count: exact tails in natural logarithms, and the mean at which they become what is asked."""

from math import exp, expm1, log1p
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Bounds of the size of a negative binomial distribution: below it is all clusters, above it is Poisson.
LEAST_SIZE, MOST_SIZE = 1e-6, 1e6
_LEAST_MEAN = 1e-9
#: Terms of a tail that are added one by one; those beyond are bounded by a geometric series.
_TERMS = (5, 4, 3, 2, 1)
_HALF_LOG_TAU = 0.9189385332046727


def _log_ratio(values: Floats) -> Floats:
    """Logarithm of the first's gamma function over those of the other two: Stirling's series, shifted by four."""
    far = values + 4.0
    inverse = 1.0 / far
    series = (far - 0.5) * np.log(far) - far + inverse * (1.0 / 12.0 - inverse * inverse / 360.0)
    rising = values * (values + 1.0) * (values + 2.0) * (values + 3.0)
    found: Floats = series[0] - series[1] - series[2] - _HALF_LOG_TAU - np.log(rising[0] / (rising[1] * rising[2]))
    return found


def surprise(count: NDArray[Any], mean: Floats, size: Floats) -> Floats:
    """Minus the natural logarithm of the chance of at least `count`; 0 where no more came than expected.

    The count is negative binomial[^1] with variance ``mean + mean**2 / size``. The first term of the tail is exact, the
    others are a nested sum of their ratios: the chance is right to three digits from a few events a year to millions
    a day.

    Examples
    --------
    >>> surprise(np.array([5.0, 0.0]), np.array([1.0, 1.0]), np.array([1e6, 1e6])).round(3).tolist()
    [5.61, 0.0]

    References
    ----------
    [^1]: Hilbe, J. M. (2011). Negative Binomial Regression. Cambridge University Press.
    """
    mean = np.maximum(mean, _LEAST_MEAN)
    size = np.minimum(np.maximum(size, LEAST_SIZE), MOST_SIZE)
    keep = size / (mean + size)
    go_on = mean / (mean + size)
    first = _log_ratio(np.stack([count + size, size, count + 1.0])) + size * np.log(keep) + count * np.log(go_on)
    total = 1.0 / np.maximum(1.0 - go_on * (count + 5.0 + size) / (count + 6.0), 1e-3)
    for term in _TERMS:
        total = 1.0 + go_on * (count + (term - 1.0) + size) / (count + term) * total
    found: Floats = np.where(count > mean, np.maximum(-first - np.log(total), 0.0), 0.0)
    return found


def share_surprise(negative: NDArray[Any], mentions: NDArray[Any], share: Floats) -> Floats:
    """Minus the natural logarithm of the binomial chance of at least `negative` among the mentions.

    Examples
    --------
    >>> share_surprise(np.array([9.0]), np.array([10.0]), np.array([0.5])).round(2).tolist()
    [4.53]
    """
    odds = share / (1.0 - share)
    first = _log_ratio(np.stack([mentions + 1.0, negative + 1.0, mentions - negative + 1.0]))
    first += negative * np.log(share) + (mentions - negative) * np.log(1.0 - share)
    total = np.ones_like(first)
    for term in (9, 8, 7, 6, *_TERMS):
        total = 1.0 + np.maximum(mentions - negative - (term - 1.0), 0.0) / (negative + term) * odds * total
    above = negative > mentions * share
    found: Floats = np.where(above, np.maximum(-first - np.log(total), 0.0), 0.0)
    return found


def weekly_probability(excess: float, steep: float) -> float:
    """Chance of a week with an excess at least as great, where a day has one of 0 once on average.

    `excess` is how far the most surprising window is above what a day reaches once, `steep` the nats in which such
    excesses become e times as rare.

    Examples
    --------
    >>> round(weekly_probability(6.0, 1.0), 4)
    0.0172
    """
    return -expm1(-7.0 * exp(-max(-50.0, min(excess / steep, 600.0))))


def excess_of(rate: float, steep: float) -> float:
    """Return the excess that is reached `rate` times a week.

    Examples
    --------
    >>> round(weekly_probability(excess_of(0.01, 1.2), 1.2), 4)
    0.01
    """
    return float(steep * np.log(7.0 / rate))


def rate_of(probability: float) -> float:
    """Alarms a week of which there is at least one with this probability.

    Examples
    --------
    >>> round(rate_of(0.5), 3)
    0.693
    """
    return -log1p(-min(probability, 1.0 - 1e-12))
