"""Ways of writing one name."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reading.spelling import fold, resembles, variants
from streams.reading.text import strip_marks

NAMES = ("hà nội", "đắk lắk", "thanh hóa", "huế", "bà rịa vũng tàu", "lý sơn", "quy nhơn")


@given(st.text(max_size=40))
def test_folding_keeps_every_place(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    assert folded.isascii()


@pytest.mark.parametrize("name", NAMES)
def test_folding_takes_marks_capitals_and_other_scripts_away(name: str) -> None:
    plain = strip_marks(name)
    assert fold(name) == fold(name.upper()) == fold(plain) == plain
    assert fold(plain.translate(str.maketrans("aeo", "\u0430\u0435\u043e"))) == plain


@given(st.sampled_from(NAMES), st.data())
def test_a_name_resembles_itself_with_any_of_its_marks_left_out(name: str, data: st.DataObject) -> None:
    letters = unicodedata.normalize("NFD", name.replace("đ", data.draw(st.sampled_from("đd"))))
    kept = [x for x in letters if not unicodedata.combining(x) or data.draw(st.booleans())]
    assert resembles(unicodedata.normalize("NFC", "".join(kept)), name)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("hạ nội", "hà nội"),
        ("ha nói", "hà nội"),
        ("hà nộ", "hà nội"),
        ("đa nang", "da nang"),
        ("thành hoa", "thanh hóa"),
    ],
)
def test_another_mark_makes_another_word(written: str, name: str) -> None:
    assert not resembles(written, name)


def test_either_school_and_either_i_are_right() -> None:
    assert variants(" khánh  hòa ") == {" khánh  hòa ", " khánh  hoà "}
    assert variants(" lý  sơn ") == {" lý  sơn ", " lí  sơn "}
    assert variants(" quy  nhơn ") == {" quy  nhơn ", " qui  nhơn "}
    assert variants(" đắk  lắk ") == {" đắk  lắk "}
