"""Voices: the same for one author within a day, and of no use otherwise."""

import pytest

from streams.reading.voices import Voices

DAY = 86_400_000


def test_an_author_has_one_voice_a_day_at_a_source() -> None:
    voices = Voices("one")
    key = voices.key("web", "a", "Lan", DAY)
    assert key == voices.key("web", "a", "Lan", 2 * DAY - 1) == Voices("one").key("web", "a", "Lan", DAY)
    others = {
        voices.key("web", "a", "Lan", 2 * DAY),
        voices.key("web", "a", "Mai", DAY),
        voices.key("web", "b", "Lan", DAY),
        voices.key("zalo", "a", "Lan", DAY),
        voices.key("web", "aL", "an", DAY),
        Voices("two").key("web", "a", "Lan", DAY),
    }
    assert len(others - {key}) == 6
    assert all(0 < each < 2**64 for each in {key} | others)


def test_many_days_are_derived_anew() -> None:
    voices = Voices("one")
    keys = [voices.key("web", "a", "Lan", day * DAY) for day in range(20)]
    assert [voices.key("web", "a", "Lan", day * DAY) for day in range(20)] == keys
    assert len(set(keys)) == 20


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        Voices("")
