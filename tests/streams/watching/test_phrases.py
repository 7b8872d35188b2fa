import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from streams.watching.phrases import LONGEST, TITLE_SYLLABLES, common, grown, runs, terms


def texts(titles: list[str]) -> dict[str, int]:
    return {text: count for count, text in grown(titles).values()}


def test_a_phrase_grows_while_titles_agree_and_swallows_its_parts() -> None:
    assert texts(["Vỡ đập thủy điện trong đêm", "Dân chạy vì vỡ đập thủy điện", "Sau khi vỡ đập thủy điện"]) == {
        "vỡ đập thủy điện": 3
    }


def test_what_stands_in_other_places_too_stays_beside_the_longer_phrase() -> None:
    found = texts(["Kẹt xe cầu Mới", "Kẹt xe cầu Mới", "Kẹt xe ở chợ", "Kẹt xe lúc mưa", "Kẹt xe nữa"])
    assert found["kẹt xe"] == 5


def test_function_words_stand_inside_a_phrase_and_never_at_its_ends() -> None:
    assert texts(["Mất điện và nước ở xã", "Mất điện và nước", "Lại mất điện và nước"]) == {"mất điện và nước": 3}
    assert terms("Của và là những") == ()


def test_a_number_belongs_to_a_phrase_only_where_it_names_something() -> None:
    found = texts(["Bão số 13 gây 20 điểm ngập", "Bão số 13 làm 20 điểm ngập", "Bão số 13"])
    assert "bão số 13" in found
    assert not any("20" in text for text in found)


def test_phrases_are_written_as_most_titles_write_them() -> None:
    assert set(texts(["Lũ quét Bản Lác", "Cứu dân sau lũ quét Bản Lác", "LŨ QUÉT BẢN LÁC"])) == {"lũ quét Bản Lác"}


def test_single_syllables_stand_only_where_they_are_words() -> None:
    assert set(texts(["Lũ chồng lên phố", "Cơn lũ dữ hơn", "Nước lũ rút"])) == {"lũ"}


def test_names_of_persons_are_in_no_phrase_and_in_no_term() -> None:
    titles = ["Bắt Nguyễn Văn A vì gây rối", "Xét xử Nguyễn Văn A vì gây rối", "Nguyễn Văn A gây rối"]
    assert set(texts(titles)) == {"gây rối"}
    assert not any("nguyễn" in term or "văn" in term for title in titles for term in terms(title))


def test_a_run_ends_at_punctuation_but_not_within_an_abbreviation() -> None:
    assert list(runs("TP.HCM: ngập - vỡ đê. GD&ĐT nói “gì”, Covid-19")) == [
        ["TP.HCM"], ["ngập"], ["vỡ", "đê"], ["GD&ĐT", "nói"], ["gì"], ["Covid-19"],
    ]  # fmt: skip


def test_composed_and_decomposed_letters_are_the_same_word() -> None:
    assert terms(unicodedata.normalize("NFD", "Vỡ đê")) == terms("Vỡ đê")


def test_common_terms_are_parts_of_a_whole() -> None:
    assert all(0 < part < 1 for part in common().values())
    assert common()["nước"] > common()["lũ"]


@given(st.lists(st.text(max_size=60), max_size=8))
def test_phrases_and_runs_are_bounded_whatever_the_titles(titles: list[str]) -> None:
    assert all(len(gram) <= LONGEST and 1 <= count <= len(titles) for gram, (count, _) in grown(titles).items())
    assert all(sum(map(len, runs(title))) <= TITLE_SYLLABLES for title in titles)


@given(st.lists(st.sampled_from(["Vỡ đê ở xã", "Dân chạy vì vỡ đê", "Kẹt xe", "Kẹt xe vì vỡ đê"]), max_size=8))
def test_the_order_of_titles_changes_nothing(titles: list[str]) -> None:
    assert grown(titles) == grown(titles[::-1])
