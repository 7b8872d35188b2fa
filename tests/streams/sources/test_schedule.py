"""When a feed is asked next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sources.schedule import next_due
from streams.sources.settings import CollectorSettings, FeedSettings

NOW = datetime(2025, 10, 7, tzinfo=UTC)
FEED = FeedSettings(url="https://example.vn/rss", name="A", interval_seconds=60)
SETTINGS = CollectorSettings(jitter=0.1, max_backoff_seconds=3600)


def wait(failures: int, chance: float = 0.0, retry_after: str = "") -> timedelta:
    return next_due(SETTINGS, FEED, failures, NOW, chance, retry_after) - NOW


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_waits_grow_with_failures_up_to_the_longest(failures: int, chance: float) -> None:
    assert timedelta(seconds=60) <= wait(failures, chance) <= wait(failures + 1, chance) <= timedelta(seconds=3960)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("600", timedelta(minutes=10)),
        ("5", timedelta(minutes=1)),
        ("Tue, 07 Oct 2025 01:00:00 GMT", timedelta(hours=1)),
        ("99999999999999", timedelta(days=1)),
        ("-5", timedelta(minutes=1)),
        ("soon", timedelta(minutes=1)),
        ("Mon, 06 Oct 2025 01:00:00 GMT", timedelta(minutes=1)),
        ("Tue, 07 Oct 2099 01:00:00 GMT", timedelta(days=1)),
    ],
)
def test_the_server_is_obeyed_within_reason(asked: str, expected: timedelta) -> None:
    assert wait(0, 0.0, asked) == expected


@given(st.text(max_size=40))
def test_no_answer_makes_it_raise(text: str) -> None:
    assert wait(0, 0.0, text) >= timedelta(seconds=60)
