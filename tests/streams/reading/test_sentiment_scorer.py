"""The model's scores: the same bits in every batch, whatever the place, and nothing but Vietnamese as Vietnamese."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.register import Register
from streams.reading.sentiment import LexiconScorer
from streams.reading.sentiment_data import written
from streams.reading.sentiment_quality import area_under_curve, f1
from streams.reading.sentiment_scorer import ModelScorer, scorer_of
from streams.reading.sentiment_table import shipped
from streams.reading.text import cut_all, strip_marks

REGISTER = Register.load()
SCORER = ModelScorer(shipped(), REGISTER)
SENTENCES = written()


def negative(text: str, kind: str = "news") -> float:
    return SCORER.score(cut_all([text]), [kind]).negative[0]


BAD = {
    "crime": ("Khởi tố giám đốc sở nhận hối lộ", "news"),
    "disaster": ("Sạt lở vùi lấp ba ngôi nhà, hai người tử vong", "news"),
    "without diacritics": ("Khoi to giam doc so nhan hoi lo", "news"),
    "capitals": ("KHỞI TỐ GIÁM ĐỐC SỞ NHẬN HỐI LỘ", "news"),
    "decomposed": ("Kho\u031b\u0309i to\u0302\u0301 gia\u0301m \u0111o\u0302\u0301c sơ\u0309 nhận hối lộ", "news"),
    "zero width": ("Kh\u200bởi t\u200dố giám\u00ad đốc sở nhận hối lộ", "news"),
    "emoji": ("😡 Khởi tố giám đốc sở nhận hối lộ 😡😡", "news"),
    "anger": ("làm ăn quan liêu, vô trách nhiệm, dân khổ", "facebook"),
    "teencode": ("dịch vụ ko ổn, chán vl, quá tệ", "tiktok"),
}


@pytest.mark.parametrize(("text", "kind"), BAD.values(), ids=BAD.keys())
def test_bad_news_and_anger_are_negative_however_they_are_typed(text: str, kind: str) -> None:
    assert negative(text, kind) >= 0.5


@pytest.mark.parametrize(
    "text", ["", "!!!", "Chiều nay họp tổ dân phố lúc ba giờ", "Khánh thành cầu mới, người dân vui mừng"]
)
def test_other_texts_are_not_negative(text: str) -> None:
    assert negative(text) < 0.5


_TEXTS = st.one_of(st.sampled_from([each.text for each in SENTENCES]), st.text(max_size=60), st.just("x " * 4000))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(_TEXTS, st.sampled_from(["news", "facebook"])), max_size=12))
def test_a_batch_is_as_one_by_one_bit_for_bit(pairs: list[tuple[str, str]]) -> None:
    texts, kinds = [text for text, _ in pairs], [kind for _, kind in pairs]
    together = SCORER.score(cut_all(texts), kinds)
    alone = [SCORER.score(cut_all([text]), [kind]) for text, kind in pairs]
    assert together == tuple([value for one in alone for value in one[place]] for place in range(5))


def test_batches_of_1_32_and_256_agree_bit_for_bit() -> None:
    texts = cut_all([f"{one.text}, {other.text}" for one in SENTENCES for other in SENTENCES][:512])
    kinds = ["news", "facebook"] * 256

    def scored(size: int) -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        for first in range(0, 512, size):
            scores = SCORER.score(texts[first : first + size], kinds[first : first + size])
            found += zip(*scores, strict=True)
        return found

    assert scored(1) == scored(32) == scored(256)


NEUTRAL = [
    "Hội nghị xúc tiến du lịch {} khai mạc sáng nay",
    "Ngày mai {} có nắng, nhiệt độ 30 độ",
    "Thi lớp 10 ở tỉnh {}: hôm nay thí sinh làm thủ tục",
    "Xe buýt {} thêm hai tuyến mới",
]


@pytest.mark.parametrize("sentence", NEUTRAL)
def test_the_name_of_the_province_moves_a_neutral_sentence_by_at_most_0_02(sentence: str) -> None:
    bodies = [*REGISTER.organisations(), *REGISTER.ceased()]
    provinces = [body.name for body in bodies if body.kind in {"province", "city"}]
    assert len(provinces) == 63
    for form in (str, str.upper, strip_marks):
        scores = SCORER.score(cut_all([form(sentence.format(name)) for name in provinces]), ["news"] * 63).negative
        assert max(scores) - min(scores) <= 0.02
        assert max(scores) < 0.5


def test_english_is_scored_by_its_own_words_and_other_languages_not_at_all() -> None:
    texts = [
        "Dozens arrested in Vietnam as police break up a protest over the polluted river",
        "Vietnam has opened a new airport and the government welcomed the first passengers",
        "越南洪水造成多人死亡",
        "Во Вьетнаме при наводнении погибли люди",
        "Au Vietnam, les autorités ont arrêté des dizaines de personnes dans la capitale",
    ]
    scores = SCORER.score(cut_all(texts), ["news"] * 5)
    assert scores.languages == ["en", "en", "zh", "ru", "fr"]
    assert scores.foreign_about == [True] * 5
    assert scores.negative[0] >= 0.5 > scores.negative[1]
    assert scores.negative[2:] == scores.positive[2:] == [0.0] * 3
    assert scores.blame == [-1.0] * 5


def test_the_sentences_of_this_project_are_told_apart() -> None:
    for kind in ("news", "social"):
        chosen = [each for each in SENTENCES if each.kind == kind]
        scores = SCORER.score(
            cut_all([each.text for each in chosen]), [kind.replace("social", "facebook")] * len(chosen)
        )
        truth = [each.label != "other" for each in chosen]
        assert area_under_curve(scores.negative, truth) >= 0.93
        assert f1([value >= 0.5 for value in scores.negative], truth) >= 0.85
        bad = [place for place, is_bad in enumerate(truth) if is_bad]
        blamed = [chosen[place].label == "blame" for place in bad]
        assert area_under_curve([scores.blame[place] for place in bad], blamed) >= 0.85


def test_the_lexicon_stays_as_fallback() -> None:
    assert isinstance(scorer_of("lexicon", REGISTER), LexiconScorer)
    assert isinstance(scorer_of("model 0abc", REGISTER), ModelScorer)
