"""What was expected in the last hours can be summed up over a gap."""

import numpy as np
import pytest

from detectors.expectations import HOURS, Expectations
from detectors.snapshots import SnapshotError


def noted(hours: int) -> Expectations:
    """Expectations of one organisation: as many a minute as the hour's number."""
    expectations = Expectations(1)
    for hour in range(hours):
        expectations.note(60 * hour, np.array([float(hour)]))
    return expectations


def test_nothing_is_expected_before_anything_is_known() -> None:
    assert Expectations(1).between(0, 0, 600) == 0.0


def test_a_gap_sums_its_hours() -> None:
    assert noted(5).between(0, 150, 270) == 30 * 2 + 60 * 3 + 30 * 4


def test_hours_not_yet_known_are_as_the_newest() -> None:
    assert noted(5).between(0, 300, 360) == 60 * 4


def test_no_more_than_a_day_is_remembered() -> None:
    assert noted(100).between(0, 0, 6000) == pytest.approx(60 * sum(range(100 - HOURS + 1, 100)))


def test_hours_that_were_passed_over_are_as_the_next() -> None:
    expectations = noted(2)
    expectations.note(60 * 10, np.array([7.0]))
    assert expectations.between(0, 120, 660) == 9 * 60 * 7.0


def test_a_snapshot_goes_on_exactly_and_new_rows_expect_nothing() -> None:
    expectations, other = noted(30), Expectations(1)
    other.resume(expectations.snapshot())
    assert other.snapshot() == expectations.snapshot()
    other.grow(2)
    assert other.between(0, 1700, 1790) == expectations.between(0, 1700, 1790)
    assert other.between(1, 1700, 1790) == 0.0
    with pytest.raises(SnapshotError):
        Expectations(3).resume(expectations.snapshot())
