"""The detector of one series in river's form. Importing it imports river, which takes its time."""

from collections.abc import Hashable
from math import isfinite
from typing import Any

import numpy as np
from river import base

from detectors.bank import Bank
from detectors.policy import DEFAULT, Policy


class CrisisDetector(base.AnomalyDetector):
    """Score the negative count of one organisation's next window.

    One row of a `Bank`, bit for bit. The score is one minus the probability of a window at least this extreme under
    the row's baseline, 0 while warming up. Windows follow one another without gaps, a call of `learn_one` each.

    Parameters
    ----------
    step
        Minutes a window.
    start
        The first window's start, in minutes since 1970 UTC: it sets the hour of the day.
    negative, mentions
        The features that hold the counts; a missing one is 0.
    policy
        Half-lives and thresholds; the shipped ones unless given.

    Examples
    --------
    >>> detector = CrisisDetector(step=60)
    >>> for hour in range(240):
    ...     detector.learn_one({"negative": 3 + hour % 2, "mentions": 9})
    >>> detector.score_one({"negative": 3, "mentions": 9}) < detector.score_one({"negative": 60, "mentions": 70})
    True
    """

    def __init__(
        self,
        step: int = 1,
        start: int = 0,
        negative: str = "negative",
        mentions: str = "mentions",
        policy: Policy | None = None,
    ) -> None:
        self.step = step
        self.start = start
        self.negative = negative
        self.mentions = mentions
        self.policy = policy
        self._bank = Bank(policy or DEFAULT, 1, step)

    def _counts(self, x: dict[Hashable, Any]) -> tuple[np.ndarray[Any, np.dtype[np.int64]], ...]:
        counts = []
        for name in (self.negative, self.mentions):
            value = float(x.get(name, 0))
            if not isfinite(value) or value < 0:
                raise ValueError(f"{name} must be a count, not {value}")
            counts.append(np.array([round(value)], dtype=np.int64))
        return counts[0], np.maximum(counts[0], counts[1])

    def score_one(self, x: dict[Hashable, Any]) -> float:
        """One minus the probability of a window at least this extreme; changes nothing."""
        return 1.0 - float(self._bank.score(self._counts(x)[0])[0])

    def learn_one(self, x: dict[Hashable, Any]) -> None:
        """Close the next window with these counts."""
        upcoming = self._bank.next_minute
        self._bank.close(self.start if upcoming is None else upcoming, *self._counts(x))

    def snapshot(self) -> bytes:
        """Everything that is remembered, exactly."""
        return self._bank.snapshot()

    def resume(self, data: bytes) -> None:
        """Continue from a snapshot. Raises `SnapshotError` if it is damaged or of another kind of bank."""
        self._bank = Bank.restore(self.policy or DEFAULT, data)
