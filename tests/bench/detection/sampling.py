"""Counts drawn at once for many organisations and minutes: negative binomial, of one dispersion at every scale."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Below this mean a column is drawn as clusters: cheap where nearly every minute is empty.
_RARE = 2.0


def counts(rng: np.random.Generator, mean: Floats, dispersion: Floats) -> Ints:
    """Counts with these means (minutes, columns) whose variance is `dispersion` (a column) times the mean.

    A sum over minutes has the same dispersion as a single minute, so the law of every window is known exactly: negative
    binomial with the summed mean.
    """
    found = np.empty(mean.shape, dtype=np.int64)
    rare = mean.max(axis=0, initial=0.0) < _RARE
    found[:, rare] = _clusters(rng, mean[:, rare], dispersion[rare])
    many, beyond = mean[:, ~rare], dispersion[~rare] - 1.0
    found[:, ~rare] = rng.poisson(rng.standard_gamma(many / beyond) * beyond)
    return found


def _clusters(rng: np.random.Generator, mean: Floats, dispersion: Floats) -> Ints:
    """A Poisson number of clusters whose sizes have the logarithmic distribution: the same negative binomial."""
    clusters = rng.poisson(mean * (np.log(dispersion) / (dispersion - 1.0)))
    rows, columns = np.nonzero(clusters)
    many = clusters[rows, columns]
    if many.size:
        sizes = rng.logseries(np.repeat(1.0 - 1.0 / dispersion[columns], many))
        starts = np.concatenate(([0], np.cumsum(many)[:-1]))
        clusters[rows, columns] = np.add.reduceat(sizes, starts)
    return clusters
