"""The contract that every detector passes; yields check functions, as river's own checks do."""

from collections.abc import Callable, Hashable, Iterator
from itertools import islice
from math import isfinite
from random import Random
from typing import Any, Protocol

#: As river has them: names are anything hashable.
Features = dict[Hashable, Any]


class Detector(Protocol):
    """A detector of one series: windows are scored, then learned, one after the other."""

    def score_one(self, x: Features) -> float:
        """How surprising the next window would be, in [0, 1]."""

    def learn_one(self, x: Features) -> None:
        """Take the next window in."""

    def snapshot(self) -> bytes:
        """Everything that is remembered."""

    def resume(self, data: bytes) -> None:
        """Continue from a snapshot."""


class BrokenContractError(AssertionError):
    """A detector does what none may do."""


def _require(kept: object, what: str) -> None:
    if not kept:
        raise BrokenContractError(what)


def stream(windows: int, seed: int = 7, usual: float = 3.0) -> Iterator[Features]:
    """Counts of a series with a burst near the end, zeros and an outlier: the same for the same seed.

    Examples
    --------
    >>> [sorted(x) for x in stream(2)]
    [['mentions', 'negative'], ['mentions', 'negative']]
    """
    draws = Random(seed)  # noqa: S311 - test data, no secret
    for window in range(windows):
        rate = usual * (20.0 if window > 0.9 * windows else 1.0)
        negative = sum(draws.random() < rate / 40.0 for _ in range(40)) if window % 11 else 0
        yield {"negative": float(negative), "mentions": float(negative + draws.randrange(9))}


def check_score_is_pure(make: Callable[[], Detector]) -> None:
    """Scoring changes neither the detector nor what it is given."""
    detector = make()
    for x in stream(300):
        before, given = detector.snapshot(), dict(x)
        first = detector.score_one(x)
        _require(first == detector.score_one(x), "scoring twice gives two scores")
        _require(x == given, "score_one changed its input")
        _require(before == detector.snapshot(), "score_one changed the detector")
        detector.learn_one(x)
        _require(x == given, "learn_one changed its input")


def check_score_is_finite_and_in_range(make: Callable[[], Detector]) -> None:
    """Scores are floats in [0, 1] whatever comes: nothing, constants, a billion."""
    detector = make()
    odd: list[Features] = [{"negative": float(n), "mentions": float(n)} for n in (0, 0, 10**9, 0, 1, 1, 1, 10**6)]
    odd += [*stream(100), {"negative": 1e9, "mentions": 1e9}]
    for x in [*stream(400), *odd]:
        score = detector.score_one(x)
        _require(isinstance(score, float) and isfinite(score) and 0.0 <= score <= 1.0, f"score {score!r}")
        detector.learn_one(x)


def check_memory_is_bounded(make: Callable[[], Detector]) -> None:
    """Ten times as many windows make the snapshot hardly longer."""
    detector = make()
    for x in stream(300):
        detector.learn_one(x)
    short = len(detector.snapshot())
    for x in stream(3000):
        detector.learn_one(x)
    _require(len(detector.snapshot()) <= short + 512, "the state grows with the windows seen")


def check_snapshot_round_trip(make: Callable[[], Detector]) -> None:
    """A detector resumed from a snapshot goes on exactly as the one it was taken from."""
    detector = make()
    for place, x in enumerate(stream(500)):
        if place in {0, 1, 250, 431}:
            other = make()
            other.resume(detector.snapshot())
            _require(other.snapshot() == detector.snapshot(), "a resumed detector remembers something else")
            detector = other
        detector.learn_one(x)
    straight = make()
    for x in stream(500):
        straight.learn_one(x)
    _require(straight.snapshot() == detector.snapshot(), "an interrupted detector ends elsewhere")


def check_silent_while_warming_up(make: Callable[[], Detector]) -> None:
    """The first windows score 0, however strange they look."""
    detector = make()
    for count in (0.0, 0.0, 0.0, 500.0, 500.0, 500.0):
        x: Features = {"negative": count, "mentions": count}
        _require(detector.score_one(x) == 0.0, "a detector that has learned nothing is surprised")
        detector.learn_one(x)


def check_more_is_no_less_surprising(make: Callable[[], Detector]) -> None:
    """The score never falls when the next window has more negatives."""
    detector = make()
    for x in islice(stream(3000), 2600):  # before the burst: in its midst silence is as good as certain to stand out
        detector.learn_one(x)
    scores = [detector.score_one({"negative": float(n), "mentions": 1e4}) for n in range(0, 200, 3)]
    _require(scores == sorted(scores), "more negatives score less")
    _require(scores[-1] > scores[0], "a burst scores no more than silence")


CHECKS = (
    check_score_is_pure,
    check_score_is_finite_and_in_range,
    check_memory_is_bounded,
    check_snapshot_round_trip,
    check_silent_while_warming_up,
    check_more_is_no_less_surprising,
)


def yield_checks(make: Callable[[], Detector]) -> Iterator[Callable[[], None]]:
    """Yield every check of the contract for the detectors that `make` builds, each under its own name.

    Examples
    --------
    >>> next(yield_checks(lambda: None)).__name__  # doctest: +SKIP
    'check_score_is_pure'
    """
    for check in CHECKS:

        def run(check: Callable[[Callable[[], Detector]], None] = check) -> None:
            check(make)

        run.__name__ = check.__name__
        yield run
