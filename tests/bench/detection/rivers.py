"""River's detectors on the same streams: one a series, asked every five minutes with the counts of half an hour."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from tests.bench.detection.sampling import Floats
from tests.bench.detection.world import DAY, Day, Streams

#: Minutes between two looks, and of the counts looked at: single minutes of small bodies are nearly all empty.
EVERY, WIDTH = 5, 30
#: Days before what is measured from which they learn: they know no season, and each step costs up to a tenth of a ms.
LEARNS = 7


class Peer(Protocol):
    """Scores the next value, then learns it."""

    def step(self, value: float) -> float:
        """The value's score."""


def _river(module: str) -> Any:
    """A module of river, imported where it is used: it brings scipy."""
    return import_module(f"river.{module}")


class _Supervised:
    """A detector that is given the value as `y`; only values above what it has seen in the mean are strange here."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._sum, self._seen = 0.0, 0

    def step(self, value: float) -> float:
        mean = self._sum / max(self._seen, 1)
        score = float(self._model.score_one(None, value))
        self._model.learn_one(None, value)
        self._sum, self._seen = self._sum + value, self._seen + 1
        return score if value > mean else 0.0


class _Features:
    """A detector that is given features: the value, and what it was half an hour ago."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._before = [0.0] * (WIDTH // EVERY)

    def step(self, value: float) -> float:
        self._before = [*self._before[1:], value]
        x = {"now": value, "before": self._before[0]}
        score = float(self._model.score_one(x))
        self._model.learn_one(x)
        return score


def _gaussian() -> Peer:
    return _Supervised(_river("anomaly").GaussianScorer(grace_period=100))


def _deviation() -> Peer:
    return _Supervised(_river("anomaly").StandardAbsoluteDeviation())


def _trees() -> Peer:
    return _Features(
        _river("preprocessing").MinMaxScaler() | _river("anomaly").HalfSpaceTrees(n_trees=10, height=8, seed=7)
    )


def _machine() -> Peer:
    return _Features(_river("preprocessing").StandardScaler() | _river("anomaly").OneClassSVM(nu=0.1))


def _predictive() -> Peer:
    # Its score ends at 1 where the error reaches the bound of `n_std` deviations; a wide one lets it rank.
    model = _river("time_series").HoltWinters(alpha=0.3, beta=0.01)
    return _Supervised(_Started(_river("anomaly").PredictiveAnomalyDetection(model, n_std=100.0, warmup_period=100), 3))


class _Started:
    """Asks a forecaster nothing before it has learned a few values: it cannot answer yet."""

    def __init__(self, model: Any, least: int) -> None:
        self._model, self._left = model, least

    def score_one(self, x: None, y: float) -> float:
        return 0.0 if self._left > 0 else float(self._model.score_one(x, y))

    def learn_one(self, x: None, y: float) -> None:
        self._left -= 1
        self._model.learn_one(x, y)


Make = Callable[[], Peer]
RIVERS: tuple[tuple[str, Make], ...] = (
    ("river GaussianScorer", _gaussian),
    ("river StandardAbsoluteDeviation", _deviation),
    ("river PredictiveAnomalyDetection", _predictive),
    ("river OneClassSVM", _machine),
    ("river HalfSpaceTrees", _trees),
)


def scores(streams: Streams, make: Make) -> Iterator[tuple[Day, Floats]]:
    """Each day's scores; a minute has that of the look that ends with it, and none between."""
    size = streams.size
    peers = [make() for _ in range(size)]
    tail = np.zeros((WIDTH - EVERY, size), dtype=np.int64)
    for day in streams.days(max(streams.quiet_days - LEARNS, 0)):
        counts = np.concatenate((tail, day.negative))
        tail = counts[EVERY - WIDTH :]
        found = np.zeros((DAY, size))
        for end in range(EVERY, DAY + 1, EVERY):
            values = np.log1p(counts[end - EVERY : end - EVERY + WIDTH].sum(axis=0)).tolist()
            found[end - 1] = [peer.step(value) for peer, value in zip(peers, values, strict=True)]
        yield day, found
