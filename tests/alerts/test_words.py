"""Numbers, times and terms as officers read them."""

import inspect
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import words
from alerts.model import Severity


def _all_texts() -> list[str]:
    found = [value for _, value in inspect.getmembers(words) if isinstance(value, str)]
    return found + [one for table in (words.SEVERITY, words.SOURCE_KIND) for one in table.values()]


def test_every_severity_has_its_word() -> None:
    assert set(words.SEVERITY) == set(Severity)


@pytest.mark.parametrize("forbidden", ["khẩn", "hỏa tốc", "tin xấu độc", "cấp độ"])
def test_words_of_document_urgency_and_disaster_levels_are_not_used(forbidden: str) -> None:
    source = inspect.getsource(words)
    assert not any(forbidden in text.lower() for text in _all_texts())
    assert forbidden not in source.lower()


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (0.004, "0"), (0.05, "0,05"), (0.5, "0,5"), (1, "1"), (9.96, "10"), (12.6, "13"), (1e6, "1.000.000")],
)
def test_quantities_are_as_exact_as_a_reader_needs(number: float, text: str) -> None:
    assert words.quantity(number) == text


@given(st.integers(0, 10**12))
def test_whole_numbers_lose_nothing_but_their_points(number: int) -> None:
    assert int(words.whole(number).replace(".", "")) == number


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (1.0, "tuần nào cũng có thể gặp"),
        (0.5, "ước tính chỉ gặp một lần trong khoảng 2 tuần"),
        (0.0345, "ước tính chỉ gặp một lần trong khoảng 29 tuần"),
        (0.005, "ước tính chỉ gặp một lần trong khoảng 4 năm"),
        (0.0, "ước tính gặp chưa đến một lần trong 100 năm"),
        (float("nan"), "ước tính gặp chưa đến một lần trong 100 năm"),
    ],
)
def test_rarity_is_told_in_weeks_then_years(probability: float, text: str) -> None:
    assert words.rarity(probability) == text


@given(st.floats(1e-12, 1), st.floats(1e-12, 1))
def test_rarity_always_has_words(first: float, second: float) -> None:
    assert words.rarity(first)
    assert words.rarity(second)


def test_times_are_vietnams_across_midnight() -> None:
    late = datetime(2026, 12, 31, 17, 5, tzinfo=UTC)
    assert (words.hour(late), words.day(late)) == ("00 giờ 05 phút", "01/01/2027")


def test_an_expectation_that_is_no_number_is_shown_as_missing() -> None:
    assert words.about(float("inf")) == "khoảng –"


@given(st.text(), st.integers(1, 50))
def test_cleaned_text_is_one_short_line_that_hides_nothing(text: str, longest: int) -> None:
    shown = words.clean(text, longest)
    assert len(shown) <= longest
    assert shown.isprintable() or not shown


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\u202e", "\u2066", "\u200b", "\ud800", "\x00", "\r", "\n", "\u2028"])
def test_signs_that_steer_a_terminal_or_turn_text_around_are_taken_out(sign: str) -> None:
    assert words.clean(f"a{sign}b") == "a b"
