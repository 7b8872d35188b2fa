import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams.watching.words import FADES_AFTER, KEPT, SHOWN, Words

NOW = ["Sạt lở vùi lấp trường học", "Sạt lở chia cắt bản làng, kẹt xe kéo dài", "Sạt lở lại xảy ra trong đêm"]


def learned(titles: list[str]) -> Words:
    words = Words(0, {})
    for title in titles:
        words.learn(title)
    return words


def test_new_words_are_those_the_past_does_not_know() -> None:
    past = [f"Kẹt xe kéo dài trên quốc lộ, đoạn {name}" for name in "abcdefgh" * 5]
    found = learned([*past, *NOW]).new(NOW, "Lào Cai")
    assert found[0] == "sạt lở"
    assert "kẹt xe" not in found
    assert "sạt" not in found


def test_a_phrase_tells_in_how_many_titles_it_stands() -> None:
    (phrase,) = learned(NOW).phrases(NOW, "Lào Cai")
    assert (phrase.text, phrase.titles) == ("sạt lở", 3)
    assert phrase.surprise > 3


def test_what_every_headline_says_is_no_news_to_a_body_without_a_past() -> None:
    now = ["Người dân Việt Nam đi chợ", "Việt Nam qua ảnh", "Bạn bè của Việt Nam", "Vỡ đê", "Lại vỡ đê", "Vỡ đê rồi"]
    assert learned(now).new(now, "Huế")[0] == "vỡ đê"


def test_the_organisations_own_name_is_no_news() -> None:
    now = ["Thái Nguyên ngập nặng", "Thái Nguyên ngập sâu", "Ngập ở Thái Nguyên"]
    assert learned(now).new(now, "Thái Nguyên") == ("ngập",)
    now = ["Y tế quá tải thuốc giả", "Bộ Y tế nói về thuốc giả", "Thuốc giả làm khó y tế"]
    assert learned(now).new(now, "Bộ Y tế") == ("thuốc giả",)


def test_two_of_many_titles_agree_by_chance() -> None:
    now = [*NOW[:2], *(f"Chuyện {name}" for name in "abcdefgh")]
    assert learned(now).new(now, "Lào Cai") == ()


def test_what_was_forgotten_is_not_taken_for_new() -> None:
    assert Words(1000, {}, dropped=900).new(NOW, "Lào Cai") == ()
    assert Words(1000, {}, dropped=1).new(NOW, "Lào Cai") == ("sạt lở",)


def test_the_past_fades() -> None:
    words = Words(FADES_AFTER - 1, {"lũ": 9, "bão": 1}, dropped=3)
    words.learn("Ngập")
    assert (words.mentions, words.counts, words.dropped) == (FADES_AFTER // 2, {"lũ": 4}, 1)


def test_an_older_snapshot_is_read() -> None:
    old = msgspec.msgpack.encode({"mentions": 2, "counts": {"lũ": 2}})
    assert msgspec.msgpack.decode(old, type=Words) == Words(2, {"lũ": 2}, 0)


@given(st.lists(st.text(max_size=80), max_size=60), st.integers(0, 60))
def test_words_are_bounded_and_the_same_whatever_the_order_of_the_terms(titles: list[str], cut: int) -> None:
    words = learned(titles)
    found = words.new(titles[cut:], "Thái Nguyên")
    assert len(found) <= SHOWN
    assert len(set(found)) == len(found)
    assert len(words.counts) <= KEPT
    shuffled = Words(words.mentions, dict(sorted(words.counts.items())), words.dropped)
    assert shuffled.new(titles[cut:], "Thái Nguyên") == found
