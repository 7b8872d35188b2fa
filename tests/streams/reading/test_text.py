"""Normalising, and cutting into words."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reading.text import BREAK, cut, cut_all, normalise, pattern, spellings, strip_marks

TRICKY = st.text(
    st.sampled_from("aạÁđĐếoàò\u0301\u0323\u0316 \n\t\u200b\u034f\ufe0f\xa0&;#lt0123gmp.,:…!_-“İẞﬁ\U0001f600ăâƯ字")
    | st.characters(exclude_categories=["Cs"]),
    max_size=60,
)


@given(TRICKY)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(TRICKY)
def test_normalised_text_is_composed_and_single_spaced(text: str) -> None:
    done = normalise(text)
    assert unicodedata.is_normalized("NFC", done)
    assert done == " ".join(done.split())


NORMALISED = {
    "decomposed": (unicodedata.normalize("NFD", "Nước lũ"), "Nước lũ"),
    "entity": ("Bộ GD&amp;ĐT", "Bộ GD&ĐT"),
    "escaped twice": ("Bộ GD&amp;amp;ĐT", "Bộ GD&ĐT"),
    "escaped too often": ("a&amp;amp;amp;amp;amp;b", "a amp;amp;b"),
    "number": ("Hu&#7871;", "Huế"),
    "no entity": ("GD&ĐT; NN&MT", "GD&ĐT; NN&MT"),
    "unknown entity": ("R&Dxyz;", "R Dxyz;"),
    "NUL as entity": ("a&#0;b", "a\ufffdb"),
    "zero width": ("Hu\u200bế\ufeff", "Huế"),
    "joiner between letter and mark": ("e\u200b\u0302\u0301", "ế"),
    "entity hidden by zero width": ("&am\u200bp;", "&"),
    "no-break space": ("a\u00a0 b", "a b"),
    "grapheme joiner": ("Hu\u034fế", "Huế"),
}


@pytest.mark.parametrize(("raw", "expected"), NORMALISED.values(), ids=NORMALISED.keys())
def test_normalising(raw: str, expected: str) -> None:
    assert normalise(raw) == expected


def test_long_runs_of_marks_take_no_quadratic_time() -> None:
    started = time.process_time()
    normalise("a" + "\u0301\u0316" * 15_000)
    normalise("&amp;" * 12_000)
    normalise("&" + "amp;" * 12_000)
    assert time.process_time() - started < 0.3


CUT = {
    "punctuation": ("TP.HCM, Huế", " TP  HCM  Huế "),
    "ampersand and dash": ("Bộ GD&ĐT/GD-ĐT", " Bộ  GD  ĐT  GD  ĐT "),
    "clauses": ("Lũ lên. Dân chạy; hết: lo", f" Lũ  lên  {BREAK}  Dân  chạy  {BREAK}  hết  {BREAK}  lo "),
    "underscores": ("a_b __ c", " a  b  c "),
    "rare punctuation": ("a〈b〉→c", " a  b  c "),
    "emoji": ("Ngập 😭😭 quá", " Ngập  quá "),
    "all capitals": ("NGẬP Ở HUẾ", " Ngập  Ở  Huế "),
    "lines": ("một\r\nhai\u2028ba", " một  hai  ba "),
    "numbers": ("8.10.2025, 1.200 người", " 8  10  2025  1  200  người "),
}


@pytest.mark.parametrize(("raw", "expected"), CUT.values(), ids=CUT.keys())
def test_cutting(raw: str, expected: str) -> None:
    assert cut(raw).cased == expected


@given(st.lists(TRICKY, max_size=8))
def test_cutting_many_is_cutting_each(texts: list[str]) -> None:
    assert cut_all(texts) == [cut(text) for text in texts]


@given(TRICKY)
def test_words_stand_at_the_same_places_in_both_forms(text: str) -> None:
    done = cut(text)
    assert len(done.cased) == len(done.lower)
    assert [letter == " " for letter in done.cased] == [letter == " " for letter in done.lower]
    assert "   " not in done.lower
    assert BREAK not in done.words()


@given(TRICKY)
def test_decomposed_text_has_the_same_words(text: str) -> None:
    assert cut(unicodedata.normalize("NFD", text)) == cut(unicodedata.normalize("NFC", text))


def test_tone_marks_stand_where_either_school_puts_them() -> None:
    assert spellings(pattern("Khánh Hòa")) == {pattern("Khánh Hòa"), pattern("Khánh Hoà")}
    assert spellings(pattern("Hoà Bình, Tuy Hoà")) == {pattern("Hoà Bình Tuy Hoà"), pattern("Hòa Bình Tuy Hòa")}
    assert spellings(pattern("khỏe quý toàn")) == {pattern("khỏe quý toàn"), pattern("khoẻ quý toàn")}


@given(st.text())
def test_stripping_marks_twice_is_stripping_once(text: str) -> None:
    assert strip_marks(strip_marks(text)) == strip_marks(text)
