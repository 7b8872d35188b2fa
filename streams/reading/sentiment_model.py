"""The hashed linear model: integer weights, probabilities by table, learning one text at a time.

Three heads share the rows of the table: whether a text is negative; whether a negative one puts a public body in a bad
light rather than telling that something bad happened; and whether it is positive. All sums are of integers, so a text
gets the same bits in batches of any size, on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from streams.reading.sentiment_features import PLANES, ROWS, Features

Family = Literal["news", "social"]
FAMILIES: tuple[Family, ...] = ("news", "social")
#: The heads, in the order of the table.
NEGATIVE, BLAME, POSITIVE = range(3)
HEADS = 3

#: A weight of one logit, before the text's length is taken into account.
UNIT = 512
#: Scores are told apart to a 256th of a logit, and not beyond 12 logits.
STEP, LIMIT = 256, 12 * 256
#: A text shorter than so many features counts as that long: one bad word in three is no certainty.
_SHORTEST = 24
_WEIGHT_LIMIT = 2**15 - 1
_LONGEST = 64 * 1024

Weights = npt.NDArray[np.int16]
Ints = npt.NDArray[np.int64]


class Calibration(NamedTuple):
    """A head's probability is 1 / (1 + exp(−(slope · score + offset)))."""

    slope: float
    offset: float


@dataclass(frozen=True, slots=True)
class Table:
    """A trained model.

    Attributes
    ----------
    weights
        Shape (`HEADS`, `ROWS` + 1); the last row stands for nothing and is 0.
    bias
        Of each head, in units of `STEP` to a logit.
    seen
        For each row the logarithm of base 2 of the texts in which it stood when the model was trained: what is well
        known learns slowly.
    calibration
        By family and head.
    digest
        Of the file it came from.
    card
        What it was made of, when, and how good it is.
    """

    weights: Weights
    bias: tuple[int, int, int]
    seen: npt.NDArray[np.uint8]
    calibration: Mapping[Family, tuple[Calibration, Calibration, Calibration]]
    digest: str = ""
    card: Mapping[str, object] = field(default_factory=dict)


class Delta(NamedTuple):
    """What learning one text changes: the same amount for each head on all its rows, by how well each is known."""

    rows: npt.NDArray[np.int32]
    amounts: npt.NDArray[np.int16]


@cache
def _roots() -> Ints:
    """The root of a text's number of features, in 256ths."""
    return np.array([math.isqrt(max(count, _SHORTEST) << 16) for count in range(_LONGEST)], dtype=np.int64)


@cache
def _probabilities(calibration: Calibration) -> npt.NDArray[np.float64]:
    """The probability of each score, to six digits: more would differ from machine to machine."""
    slope, offset = calibration
    scores = (score / STEP for score in range(-LIMIT, LIMIT + 1))
    return np.array([round(1 / (1 + math.exp(-(slope * score + offset))), 6) for score in scores])


#: What a label says of each head; None where it says nothing.
Label = Literal["blame", "event", "not_negative", "positive"]
TARGETS: Mapping[Label, tuple[bool | None, bool | None, bool | None]] = {
    "blame": (True, True, False),
    "event": (True, False, False),
    "not_negative": (False, None, None),
    "positive": (False, None, True),
}
#: Learning leads a text's score to here (in logits) and not beyond; one label moves it at most by `_STRIDE`.
_GOAL, _STRIDE = 2.2, 2.5
#: How much less a row learns that stood in twice as many texts, by `Table.seen`: about the root, in 1024ths.
_RATES = np.array([round(1024 * 2 ** (-0.75 * seen)) for seen in range(32)], dtype=np.int64)


class Model:
    """Scores features, and learns.

    Parameters
    ----------
    table
        What was trained; it stays as it is.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self._weights: npt.NDArray[np.int32] = table.weights.astype(np.int32)

    def scores(self, features: Features) -> Ints:
        """The score of each head and text, in units of `STEP` to a logit: shape (`HEADS`, texts)."""
        texts = len(features.starts)
        if not texts:
            return np.zeros((HEADS, 0), dtype=np.int64)
        roots = _roots().take(np.maximum(PLANES * features.lengths - 2, 0), mode="clip")
        found = np.empty((HEADS, texts), dtype=np.int64)
        for head in range(HEADS):
            taken = self._weights[head].take(features.rows)
            bare = np.add.reduceat(taken[2] + taken[3], features.starts)
            written = np.add.reduceat(taken[0] + taken[1], features.starts)
            sums = np.where(features.plain, 2 * bare, bare + written).astype(np.int64)
            found[head] = sums * (256 * STEP // UNIT) // roots + self.table.bias[head]
        return found

    def probability(self, scores: Ints, head: int, family: Family) -> npt.NDArray[np.float64]:
        """The calibrated probability of a head's scores."""
        places = np.clip(scores, -LIMIT, LIMIT) + LIMIT
        return _probabilities(self.table.calibration[family][head]).take(places)

    def delta(self, features: Features, place: int, label: Label, family: Family, weight: float = 1.0) -> Delta:
        """What learning the text at `place` as `label` would change.

        A head learns where the text is not yet where the label says: by at most `_STRIDE` logits of this text's own
        score, and on the rows that few texts had, so that what is common moves little.
        """
        one = _one(features, place)
        scores = self.scores(one)[:, 0]
        rows, counts = np.unique(one.of(0), return_counts=True)
        rates = _RATES.take(self.table.seen.take(rows), mode="clip")
        root = int(_roots().take(np.maximum(PLANES * one.lengths - 2, 0), mode="clip")[0])
        amounts = np.zeros((HEADS, len(rows)), dtype=np.int16)
        reach = int((rates * counts).sum())
        for head, target in enumerate(TARGETS[label]):
            if target is None or not reach:
                continue
            slope, offset = self.table.calibration[family][head]
            now = slope * int(scores[head]) / STEP + offset
            missing = (_GOAL - now) if target else -(_GOAL + now)
            if (missing > 0) != target:
                continue
            stride = round(max(-_STRIDE, min(_STRIDE, missing)) * weight / slope * UNIT * 1024)
            amounts[head] = np.clip(stride * rates * root // (256 * reach * 1024), -_WEIGHT_LIMIT, _WEIGHT_LIMIT)
        return Delta(rows.astype(np.int32), amounts)

    def apply(self, deltas: Sequence[Delta], *, limit: int = _WEIGHT_LIMIT) -> None:
        """Add what was learned, all of it before the sum is held within ±`limit` of the trained weights."""
        if not deltas:
            return
        total = np.zeros((HEADS, ROWS + 1), dtype=np.int64)
        for delta in deltas:
            total[:, delta.rows] += delta.amounts  # a delta's rows differ
        total[:, ROWS] = 0
        self._weights += np.clip(total, -limit, limit).astype(np.int32)


def _one(features: Features, place: int) -> Features:
    start, end = int(features.starts[place]), int(features.starts[place] + features.lengths[place]) + 1
    return Features(
        features.rows[:, start:end],
        np.zeros(1, dtype=np.int64),
        features.lengths[place : place + 1],
        features.plain[place : place + 1],
        features.languages[place : place + 1],
    )
