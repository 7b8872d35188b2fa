"""Times as feeds write them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sources.times import offset_is_missing, parse_time, settled

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2025-10-07T19:00:00+07:00",
        "2025-10-07T12:00:00Z",
        "Tue, 07 Oct 2025 19:00:00 +0700",
        "Tue, 07 Oct 2025 12:00:00 GMT",
        "Tue, 07 Oct 2025 19:00:00 GMT+7",
        "Tue, 07 Oct 2025 19:00:00 GMT+07:00",
        "Tue, 07 Oct 2025 19:00:00",
        "2025-10-07 19:00:00",
        "07/10/2025 19:00",
        "Thứ ba, 7/10/2025, 19:00",
    ],
)
def test_times_in_every_spelling_mean_the_same_instant(text: str) -> None:
    assert parse_time(text) == NOON


@given(st.text(max_size=60))
def test_no_text_makes_it_raise(text: str) -> None:
    found = parse_time(text)
    assert found is None or found.tzinfo is not None


@pytest.mark.parametrize("ahead", [timedelta(minutes=11), timedelta(hours=3), timedelta(hours=7, minutes=9)])
def test_an_entry_from_the_near_future_shows_a_missing_offset(ahead: timedelta) -> None:
    assert offset_is_missing([NOON - timedelta(hours=2), NOON + ahead], NOON, None)


@pytest.mark.parametrize("ahead", [timedelta(minutes=9), timedelta(hours=8), timedelta(days=30)])
def test_other_times_do_not(ahead: timedelta) -> None:
    assert not offset_is_missing([NOON + ahead], NOON, None)


def test_what_was_believed_holds_through_a_quiet_night() -> None:
    assert offset_is_missing([], NOON, NOON - timedelta(minutes=5), believed=True)
    assert offset_is_missing([NOON - timedelta(hours=1)], NOON, NOON - timedelta(minutes=5), believed=True)


def test_a_feed_that_was_mended_is_believed_again() -> None:
    assert not offset_is_missing([NOON - timedelta(minutes=1)], NOON, NOON - timedelta(minutes=5), believed=True)


@given(st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400)), st.booleans())
def test_nothing_is_ever_dated_into_the_future(off: timedelta, missing: bool) -> None:  # noqa: FBT001 - drawn
    assert settled(NOON + off, NOON, missing_offset=missing) <= NOON + timedelta(minutes=10)


def test_a_correct_offset_is_not_corrected() -> None:
    vietnamese = datetime.fromisoformat("2025-10-07T18:00:00+07:00")
    assert settled(vietnamese, NOON, missing_offset=True) == vietnamese


@pytest.mark.parametrize("year", [1, 1970, 9999])
def test_absurd_years_become_the_time_of_the_fetch(year: int) -> None:
    written = datetime(year, 1, 1, tzinfo=UTC)
    assert settled(written, NOON, missing_offset=True) == NOON
