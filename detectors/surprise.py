"""How improbable is a deviation: from the distribution of a series' own daily maxima."""

from math import exp, expm1, log, log1p

#: Mean of the standard Gumbel distribution.
EULER = 0.5772156649015329


def days_between(excess: float, spread: float) -> float:
    """How many days pass on average between deviations at least `excess` above the mean daily maximum.

    The logarithm of the daily maximum is taken as Gumbel-distributed[^1] with scale `spread`; `excess` is the
    logarithm of the deviation less its mean. Always positive and finite.

    Examples
    --------
    >>> round(days_between(1.0, 0.35))
    31

    References
    ----------
    [^1]: Gumbel, E. J. (1958). Statistics of Extremes. Columbia University Press.
    """
    return exp(max(-700.0, min(excess / spread + EULER, 700.0)))


def weekly_probability(excess: float, spread: float) -> float:
    """Chance that a week has a deviation at least `excess` above the mean daily maximum.

    Examples
    --------
    >>> round(weekly_probability(1.0, 0.35), 3)
    0.202
    """
    return -expm1(-7.0 / days_between(excess, spread))


def test_probability(excess: float, spread: float, tests_per_day: float) -> float:
    """Chance that a single test is at least this extreme, with `tests_per_day` of them looked at.

    Examples
    --------
    >>> test_probability(1.0, 0.35, 1440.0) < 1e-4
    True
    """
    return -expm1(-1.0 / (days_between(excess, spread) * tests_per_day))


def excess_of(probability: float, spread: float) -> float:
    """Return the excess whose weekly probability is `probability`: the inverse of `weekly_probability`.

    Examples
    --------
    >>> round(excess_of(weekly_probability(1.3, 0.35), 0.35), 6)
    1.3
    """
    return (log(-7.0 / log1p(-probability)) - EULER) * spread
