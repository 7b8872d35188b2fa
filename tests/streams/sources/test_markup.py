"""Plain text out of HTML."""

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
