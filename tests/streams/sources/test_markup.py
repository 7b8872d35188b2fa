"""Plain text out of HTML."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sources.markup import plain


@given(st.text(alphabet="<>a/&;#x!-\"'= ẵ", max_size=200), st.integers(1, 50))
def test_whatever_comes_is_short_and_has_no_controls(html: str, longest: int) -> None:
    text = plain(html, longest)
    assert len(text) <= longest
    assert "\0" not in text


def test_scripts_and_styles_are_not_text() -> None:
    assert plain("a<style>p{}</style><script>alert('b')</script>c", 100) == "ac"


def test_blocks_part_words() -> None:
    assert plain("<p>một</p><p>hai</p>ba<br>bốn", 100) == "một hai ba bốn"


def test_controls_and_half_surrogates_are_dropped() -> None:
    assert plain("a\0b\ud800c\x1bd", 100) == "abcd"


def test_a_text_without_markup_stays() -> None:
    assert plain("5 < 6 và 7 > 3", 100).startswith("5")


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<a b='",
        "<a b=\"'",
        '<a ">" ',
        "<!--",
        "<!",
        "<?",
        "<![",
        "</",
        "<",
        "&",
        "&#",
        "<script>",
        "<svg>",
        "<a '><b \">",
    ],
)
def test_broken_markup_costs_no_more_than_its_length(piece: str) -> None:
    begun = time.process_time()
    plain(piece * (80_000 // len(piece)), 10_000)
    assert time.process_time() - begun < 1


def test_what_never_ends_hides_only_what_follows() -> None:
    assert [plain(text, 99) for text in ("a<b c", "a<!-- b", "a<script>b", "a<![b", "a<svg>b")] == ["a"] * 5
    assert plain("a<b title='x>y'>c</b> <i d='>e", 99) == "ac e"


def test_references_to_no_character_are_shown_as_such() -> None:
    assert plain("a&#" + "9" * 9000 + ";b&#x110000000;c", 9999) == "a\ufffdb\ufffdc"
