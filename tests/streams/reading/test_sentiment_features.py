"""Features: two forms, masks, and nothing that depends on the neighbours in a batch."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.register import Register
from streams.reading.sentiment_features import LONGEST, ROWS, Featuriser
from streams.reading.text import cut, cut_all, strip_marks

FEATURISER = Featuriser(Register.load())


def rows(text: str) -> list[int]:
    return list(map(int, FEATURISER.features([cut(text)]).of(0)))


def test_a_text_has_its_syllables_and_pairs_in_two_forms() -> None:
    assert len(rows("lũ dâng cao")) == 3 + 2 + 3 + 2
    assert rows("") == []


def test_a_text_without_marks_has_the_second_form_twice() -> None:
    written, bare = "lũ dâng cao", strip_marks("lũ dâng cao")
    assert rows(bare) == 2 * rows(written)[5:]


def test_places_and_bodies_are_masked_with_what_stands_before_them() -> None:
    forms = ["Huế", "TP.HCM", "tỉnh Cà Mau", "thành phố Đà Nẵng", "Thừa Thiên Huế", "HUẾ", "Khánh Hoà"]
    assert len({tuple(rows(f"họp báo ở {form} sáng nay")) for form in forms}) == 1
    assert rows("Bộ Y tế nói gì") == rows("Bộ Công an nói gì") != rows("Hà Nội nói gì")


def test_names_of_themes_are_not_masked() -> None:
    assert len(rows("quan sát tại chỗ do cán bộ nhập tay")) == 4 * 9 - 2


def test_look_alike_letters_and_abbreviations_are_read_as_what_they_stand_for() -> None:
    assert rows("l\u0430m")[1:] == rows("lam")[1:] != rows("lom")[1:]
    assert rows("ko") == rows("không")[:2] or set(rows("tệ ko ổn")) & set(rows("không"))


def test_a_long_text_is_read_up_to_a_bound() -> None:
    assert len(rows("a b " * LONGEST)) < 4 * LONGEST
    assert rows("a" * 2 * LONGEST) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=8))
def test_features_do_not_depend_on_the_neighbours(texts: list[str]) -> None:
    together = FEATURISER.features(cut_all(texts))
    assert together.lengths.sum() + len(texts) == together.rows.shape[1]
    assert bool((together.rows <= ROWS).all())
    for place, text in enumerate(texts):
        assert together.of(place).tolist() == rows(text)


def test_no_texts_have_no_features() -> None:
    assert FEATURISER.features([]).rows.shape[1] == 0


def test_the_words_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.reading.sentiment_features._CACHED", 3)
    featuriser = Featuriser(Register.load())
    before = featuriser.features(cut_all(["lũ dâng cao quá"])).of(0).tolist()
    assert featuriser.features(cut_all(["giá vàng tăng"])).of(0).tolist() != before
    assert featuriser.features(cut_all(["lũ dâng cao quá"])).of(0).tolist() == before
