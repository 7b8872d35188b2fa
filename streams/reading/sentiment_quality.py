"""How good probabilities are: area under the curve, F1 and expected calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Quality(NamedTuple):
    """Figures over labelled texts."""

    texts: int
    area: float
    f1: float
    calibration_error: float


def area_under_curve(scores: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """The chance that a true one scores above another; ties count half.

    Examples
    --------
    >>> area_under_curve([0.9, 0.4, 0.4, 0.1], [True, True, False, False])
    0.875
    """
    values, is_true = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.bool_)
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    true, rest = int(is_true.sum()), int((~is_true).sum())
    if not true or not rest:
        return 0.5
    return float((ranks[is_true].sum() - true * (true + 1) / 2) / (true * rest))


def f1(found: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """The harmonic mean of precision and recall.

    Examples
    --------
    >>> f1([True, True, False], [True, False, False])
    0.6666666666666666
    """
    is_found, is_true = np.asarray(found, dtype=np.bool_), np.asarray(truth, dtype=np.bool_)
    both = int((is_found & is_true).sum())
    return 2 * both / max(1, int(is_found.sum()) + int(is_true.sum()))


def calibration_error(probabilities: npt.ArrayLike, truth: npt.ArrayLike, bins: int = 10) -> float:
    """How far stated probabilities are from what came true, over equal bins of probability, weighted by texts.

    Examples
    --------
    >>> calibration_error([0.2, 0.2, 0.2, 0.2, 0.2], [True, False, False, False, False])
    0.0
    """
    stated, is_true = np.asarray(probabilities, dtype=np.float64), np.asarray(truth, dtype=np.bool_)
    places = np.minimum((stated * bins).astype(np.int64), bins - 1)
    gaps = (abs(float(stated[places == place].sum()) - int(is_true[places == place].sum())) for place in range(bins))
    return round(sum(gaps) / max(1, len(stated)), 9)


def quality(probabilities: Sequence[float], truth: Sequence[bool]) -> Quality:
    """All figures, F1 at a half."""
    return Quality(
        len(truth),
        area_under_curve(probabilities, truth),
        f1(np.asarray(probabilities) >= 0.5, truth),
        calibration_error(probabilities, truth),
    )
