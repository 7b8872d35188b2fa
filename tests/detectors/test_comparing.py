from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from detectors.comparing import SAME, Fired, at_night, compare, later_by

START = datetime(2025, 10, 7, tzinfo=UTC)


def fired(*hours: tuple[str, float]) -> list[Fired]:
    return sorted(((name, START + timedelta(hours=hour)) for name, hour in hours), key=lambda one: one[1])


LISTS = st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 200)), max_size=12).map(lambda some: fired(*some))


@given(LISTS)
def test_a_replay_compared_with_itself_keeps_everything(alerts: list[Fired]) -> None:
    found = compare(alerts, alerts)
    assert (found.gained, found.lost) == ((), ())
    assert {a for a, _ in found.kept} == {b for _, b in found.kept} == set(range(len(alerts)))


@given(LISTS, LISTS)
def test_every_alert_is_kept_once_or_gained_or_lost(first: list[Fired], second: list[Fired]) -> None:
    found = compare(first, second)
    assert sorted([*(a for a, _ in found.kept), *found.lost]) == list(range(len(first)))
    assert sorted([*(b for _, b in found.kept), *found.gained]) == list(range(len(second)))
    for a, b in found.kept:
        assert first[a][0] == second[b][0]
        assert abs(first[a][1] - second[b][1]) <= SAME


def test_alerts_of_other_organisations_or_days_are_not_the_same() -> None:
    found = compare(fired(("A", 0), ("A", 100)), fired(("B", 0), ("A", 75)))
    assert (found.kept, found.lost) == ((), (0, 1))


def test_how_much_later_is_the_median_of_the_pairs() -> None:
    first, second = fired(("A", 0), ("B", 1), ("A", 90)), fired(("A", 0.5), ("B", 1.25), ("A", 91))
    assert later_by(compare(first, second), first, second) == timedelta(minutes=30)
    assert later_by(compare(first, []), first, []) is None


def test_night_is_by_vietnamese_time() -> None:
    at = [START + timedelta(hours=hour) for hour in (14.9, 15.0, 22.9, 23.0)]
    assert [at_night([time]) for time in at] == [0, 1, 1, 0]
