"""Training: headlines labelled by the lexicon, and a few thousand by hand, become a table. Reproducible bit for bit.

Sums are of integers or exact, elementwise arithmetic is that of IEEE 754, exponentials come from a rounded table, and
the order of texts is that of a hash of their ids: the same files give the same table on every machine.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from streams.reading.blame import blame_score
from streams.reading.sentiment import LexiconScorer
from streams.reading.sentiment_features import PLANES, ROWS, Features, Featuriser
from streams.reading.sentiment_model import BLAME, HEADS, NEGATIVE, POSITIVE, STEP, UNIT, Calibration, Family, Table
from streams.reading.text import Text, cut_all

#: Texts cut and scored at once.
_CHUNK = 512
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Example(NamedTuple):
    """A text to train on.

    Attributes
    ----------
    id
        Decides its place in the order.
    kind
        Of its source.
    label
        By hand: ``neg_agency``, ``neg_event`` or ``other``; empty where only the lexicon is asked.
    """

    id: str
    kind: str
    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a table is trained.

    Parameters
    ----------
    epochs
        Passes over all texts.
    batch
        Texts between two steps.
    rate
        Step of AdaGrad[^1].
    hand
        How many texts labelled by the lexicon one labelled by hand outweighs, for the heads of tone and of blame.
    plain
        One in so many texts is learned as if typed without diacritics.
    bias
        In logits, what each head says of a text of which nothing is known; it is not learned, so that short texts stay
        near it.

    References
    ----------
    [^1]: Duchi, J., Hazan, E., Singer, Y. (2011). Adaptive subgradient methods for online learning and stochastic
       optimization. Journal of Machine Learning Research 12, 2121-2159.
    """

    epochs: int = 10
    batch: int = 1024
    rate: float = 0.1
    hand: tuple[int, int] = (50, 50)
    plain: int = 4
    bias: tuple[float, float, float] = (-1.5, -0.5, -1.5)


class Targets(NamedTuple):
    """What each head is to say of each text, in 1024ths, and how much that weighs: shape (`HEADS`, texts)."""

    wanted: Ints
    weight: Ints


def targets(examples: Sequence[Example], texts: Sequence[Text], recipe: Recipe) -> Targets:
    """The lexicon's word on every text, and the hand's where there is one.

    Of blame the lexicon speaks as far as a text is negative, since that head is asked of negative texts only.
    """
    scored = LexiconScorer().score(texts, [example.kind for example in examples])
    negative, positive = np.array(scored.negative), np.array(scored.positive)
    blame = np.array([blame_score(text) for text in texts])
    wanted = np.rint(1024 * np.stack([negative, blame, positive])).astype(np.int64)
    weight = np.stack([np.full(len(texts), 16), np.rint(16 * 0.3 * negative), np.full(len(texts), 16)]).astype(np.int64)
    for place, example in enumerate(examples):
        if example.label:
            is_negative = example.label != "other"
            wanted[NEGATIVE, place] = 1024 * is_negative
            wanted[BLAME, place] = 1024 * (example.label == "neg_agency")
            weight[NEGATIVE, place] = 16 * recipe.hand[0]
            weight[BLAME, place] = 16 * recipe.hand[1] * is_negative
            if is_negative:
                wanted[POSITIVE, place] = 0
    return Targets(wanted, weight)


def in_order(examples: Sequence[Example]) -> list[Example]:
    """The order in which they are learned: it is that of a hash of the ids, whatever the order of the files."""
    return sorted(examples, key=lambda example: hashlib.blake2b(example.id.encode(), digest_size=8).digest())


def featurise(
    examples: Sequence[Example], featuriser: Featuriser, tell: Callable[[int], None]
) -> tuple[list[Text], Features]:
    """The texts, cut, and their features in one batch."""
    texts: list[Text] = []
    parts: list[Features] = []
    for first in range(0, len(examples), _CHUNK):
        chunk = cut_all([example.text for example in examples[first : first + _CHUNK]])
        parts.append(featuriser.features(chunk))
        texts += chunk
        tell(len(chunk))
    offsets = np.cumsum([0, *(part.rows.shape[1] for part in parts[:-1])])
    return texts, Features(
        np.concatenate([part.rows for part in parts], axis=1),
        np.concatenate([part.starts + offset for part, offset in zip(parts, offsets, strict=True)]),
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.plain for part in parts]),
        np.concatenate([part.languages for part in parts]),
    )


def train(
    features: Features, aims: Targets, recipe: Recipe, tell: Callable[[int], None] = lambda _: None
) -> tuple[npt.NDArray[np.int16], tuple[int, int, int]]:
    """Weights and bias by AdaGrad on the logistic loss.

    Parameters
    ----------
    tell
        Is told of every batch how many texts it had.
    """
    weights = np.zeros((HEADS, ROWS + 1))
    biases = np.array(recipe.bias)
    squares = np.full((HEADS, ROWS + 1), 1e-6)
    batches = list(_batches(features, recipe))
    for _ in range(recipe.epochs):
        for batch in batches:
            tell(len(batch.places))
            rounded = np.rint(weights * 2**20).astype(np.int64)
            for head in range(HEADS):
                sums = np.add.reduceat(rounded[head].take(batch.rows) * batch.counts, batch.starts)
                logits = sums / 2**20 * batch.scale + biases[head]
                errors = (_sigmoid(logits) - aims.wanted[head, batch.places]) * aims.weight[head, batch.places]
                # Whole numbers: their sums are exact in whatever order.
                shares = np.rint(errors * batch.scale * 4096)
                gradient = np.bincount(
                    batch.rows, weights=(shares.repeat(batch.sizes) * batch.counts), minlength=ROWS + 1
                ) / (4096 * 1024 * 16 * len(batch.places))
                gradient[ROWS] = 0
                squares[head] += gradient * gradient
                weights[head] -= recipe.rate * gradient / np.sqrt(squares[head])
    whole = np.clip(np.rint(weights * UNIT), -(2**15) + 1, 2**15 - 1).astype(np.int16)
    bias = [round(each * STEP) for each in biases]
    return whole, (bias[0], bias[1], bias[2])


class _Batch(NamedTuple):
    """Texts of one step: their places, features one after the other, how often each counts, and the texts' scale."""

    places: Ints
    rows: npt.NDArray[np.int32]
    counts: Ints
    starts: Ints
    sizes: Ints
    scale: Floats


def _batches(features: Features, recipe: Recipe) -> Iterator[_Batch]:
    texts = len(features.starts)
    as_plain = features.plain | (np.arange(texts) % recipe.plain == 0)
    for first in range(0, texts, recipe.batch):
        places = np.arange(first, min(first + recipe.batch, texts))
        start = int(features.starts[places[0]])
        end = int(features.starts[places[-1]] + features.lengths[places[-1]]) + 1
        rows = np.ascontiguousarray(features.rows[:, start:end].T)
        sizes = PLANES * (features.lengths[places] + 1)
        plain = np.repeat(as_plain[places], features.lengths[places] + 1)
        counts = np.where(plain[:, None], np.array([0, 0, 2, 2]), np.array([1, 1, 1, 1]))
        scale = 1 / np.sqrt(np.maximum(PLANES * features.lengths[places] - 2, 24))
        yield _Batch(places, rows.ravel(), counts.ravel(), np.cumsum(sizes) - sizes, sizes, scale)


#: The logistic function in 1024ths, at 64ths of a logit from −16 to 16.
_SIGMOID = np.array([round(1024 / (1 + math.exp(-at / 64))) for at in range(-1024, 1025)], dtype=np.int64)


def _sigmoid(logits: Floats) -> Ints:
    return _SIGMOID.take(np.clip(np.rint(logits * 64).astype(np.int64), -1024, 1024) + 1024)


def how_often_seen(features: Features) -> npt.NDArray[np.uint8]:
    """For each row the logarithm of base 2 of how often it occurs, rounded down; 0 where it never does."""
    counts = np.bincount(features.rows.ravel(), minlength=ROWS + 1)
    counts[ROWS] = 0
    return np.array(np.frexp(counts)[1], dtype=np.uint8)


def calibrate(scores: Ints, truth: npt.NDArray[np.bool_], weights: Ints | None = None) -> Calibration:
    """Slope and offset by which scores become probabilities (Platt's scaling, by Newton's steps)."""
    at = scores / STEP
    wanted = (truth * (truth.sum() + 1.0) / (truth.sum() + 2.0)) + (~truth) / ((~truth).sum() + 2.0)
    weight = np.ones(len(at)) if weights is None else weights.astype(np.float64)
    slope, offset = 1.0, 0.0
    for _ in range(50):
        likely = 1 / (1 + np.exp(-(slope * at + offset)))
        spread = np.maximum(likely * (1 - likely), 1e-9) * weight
        error = (likely - wanted) * weight
        a, b, c = float((spread * at * at).sum()) + 1e-9, float((spread * at).sum()), float(spread.sum()) + 1e-9
        x, y = float((error * at).sum()), float(error.sum())
        determinant = a * c - b * b
        slope, offset = slope - (c * x - b * y) / determinant, offset - (a * y - b * x) / determinant
    return Calibration(round(slope, 3), round(offset, 3))


def make_table(
    weights: npt.NDArray[np.int16],
    bias: tuple[int, int, int],
    seen: npt.NDArray[np.uint8],
    calibration: Mapping[Family, tuple[Calibration, Calibration, Calibration]],
    card: Mapping[str, object],
) -> Table:
    """Put a table together; where nothing was learned, nothing is kept."""
    return Table(weights, bias, seen, calibration, card=card)
