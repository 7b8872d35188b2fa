import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from streams.watching.words import KEPT, SHOWN, Words, terms


def learned(titles: list[str]) -> Words:
    words = Words(0, {})
    for title in titles:
        words.learn(title)
    return words


def test_new_words_are_those_the_past_does_not_know() -> None:
    past = [f"Kẹt xe kéo dài trên quốc lộ, đoạn {name}" for name in "abcdefgh" * 5]
    now = ["Sạt lở vùi lấp trường học", "Sạt lở chia cắt bản làng, kẹt xe kéo dài", "Sạt lở lại xảy ra trong đêm"]
    found = learned([*past, *now]).new(now, "Lào Cai")
    assert found[0] == "sạt lở"
    assert "kẹt xe" not in found
    assert "sạt" not in found


def test_the_organisations_own_name_is_no_news() -> None:
    now = ["Thái Nguyên ngập nặng", "Thái Nguyên ngập sâu", "Ngập ở Thái Nguyên"]
    assert learned(now).new(now, "Thái Nguyên") == ("ngập",)


def test_function_words_tell_nothing() -> None:
    assert terms("Của và là những") == ()


def test_composed_and_decomposed_letters_are_the_same_word() -> None:
    assert terms(unicodedata.normalize("NFD", "Vỡ đê")) == terms("Vỡ đê")


@given(st.lists(st.text(max_size=80), max_size=60), st.integers(0, 60))
def test_words_are_bounded_and_the_same_whatever_the_order_of_the_terms(titles: list[str], cut: int) -> None:
    words = learned(titles)
    found = words.new(titles[cut:], "Thái Nguyên")
    assert len(found) <= SHOWN
    assert len(set(found)) == len(found)
    assert len(words.counts) <= 2 * KEPT
    shuffled = Words(words.mentions, dict(sorted(words.counts.items())))
    assert shuffled.new(titles[cut:], "Thái Nguyên") == found
