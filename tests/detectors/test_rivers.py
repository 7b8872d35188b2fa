"""The river detector: our contract, river's own checks, and the bank's very bits."""

import copy
import pickle
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np
import pytest

from detectors.bank import Bank
from detectors.checks import CHECKS, Features, stream, yield_checks
from detectors.policy import DEFAULT
from tests.detectors.series import MONDAY, ordinary

rivers = pytest.importorskip("detectors.rivers", reason="river is not installed")
common = pytest.importorskip("river.checks.common", reason="this river has no checks to call")


def make() -> Any:
    return rivers.CrisisDetector()


@pytest.mark.parametrize("step", [1, 60])
@pytest.mark.parametrize("place", range(len(CHECKS)), ids=[check.__name__ for check in CHECKS])
def test_it_keeps_the_contract(place: int, step: int) -> None:
    list(yield_checks(lambda: rivers.CrisisDetector(step=step)))[place]()


class Streamed:
    """A dataset in river's form: features and a label, which unsupervised detectors do not see."""

    def __iter__(self) -> Iterator[tuple[dict[Hashable, Any], bool]]:
        windows = list(stream(200))
        return iter([({**x, "other": 1.0, "more": 2.0}, place >= 180) for place, x in enumerate(windows)])


@pytest.mark.parametrize(
    "name",
    [
        "check_learn_one",
        "check_shuffle_features_no_impact",
        "check_predict_one_pure",
        "check_emerging_features",
        "check_disappearing_features",
        "check_radically_disappearing_features",
        "check_bounded_memory_growth",
        "check_pickling",
    ],
)
def test_it_passes_rivers_checks_on_a_stream(name: str) -> None:
    check: Callable[[Any, Any], None] = getattr(common, name)
    check(make(), Streamed())


@pytest.mark.parametrize(
    "name",
    [
        "check_repr",
        "check_str",
        "check_tags",
        "check_clone_same_class",
        "check_clone_is_idempotent",
        "check_clone_changes_memory_addresses",
        "check_repr_roundtrips_clone",
        "check_init_has_default_params_for_tests",
        "check_init_default_params_are_not_mutable",
        "check_doc",
        "check_pickling_supports_roundtrip",
    ],
)
def test_it_passes_rivers_checks_of_the_object(name: str) -> None:
    getattr(common, name)(make())


def test_it_is_a_row_of_the_bank_bit_for_bit() -> None:
    negative = ordinary([0.05, 1.0, 20.0], days=3)
    bank = Bank(DEFAULT, 3)
    alone = [rivers.CrisisDetector(start=MONDAY) for _ in range(3)]
    for place, window in enumerate(negative):
        if place % 97 == 0 and place:
            scores = 1.0 - bank.score(window)
            assert [
                d.score_one({"negative": n}) for d, n in zip(alone, window.tolist(), strict=True)
            ] == scores.tolist()
        bank.close(MONDAY + place, window, window)
        for detector, count in zip(alone, window.tolist(), strict=True):
            detector.learn_one({"negative": count, "mentions": count})


def test_it_ranks_a_burst_above_ordinary_windows() -> None:
    detector, scores = make(), []
    for count in [*ordinary([2.0], days=4)[:, 0].tolist(), *[60] * 20]:
        scores.append(detector.score_one({"negative": count}))
        detector.learn_one({"negative": count})
    assert min(scores[-10:]) > np.quantile(scores[2 * 1440 : -20], 0.999)


def test_copies_and_pickles_go_on_alike() -> None:
    detector = make()
    for x in stream(100):
        detector.learn_one(x)
    for other in (copy.deepcopy(detector), pickle.loads(pickle.dumps(detector))):  # noqa: S301 - our own bytes
        other.learn_one({"negative": 3})
        assert other.snapshot() != detector.snapshot()


@pytest.mark.parametrize("count", [-1, float("nan"), float("inf")])
def test_what_is_no_count_is_refused(count: float) -> None:
    with pytest.raises(ValueError, match="must be a count"):
        make().learn_one({"negative": count})


def test_a_broken_detector_is_found_out() -> None:
    class Forgetful:
        """Scores at random and remembers nothing."""

        calls = 0

        def score_one(self, x: Features) -> float:
            self.calls += 1
            return self.calls / 7 + len(x)

        def learn_one(self, x: Features) -> None:
            x["seen"] = 1

        def snapshot(self) -> bytes:
            return str(self.calls).encode() * self.calls

        def resume(self, data: bytes) -> None:
            self.calls = len(data)

    for check in yield_checks(Forgetful):
        if check.__name__ in {
            "check_score_is_pure",
            "check_score_is_finite_and_in_range",
            "check_silent_while_warming_up",
        }:
            with pytest.raises(AssertionError):
                check()
