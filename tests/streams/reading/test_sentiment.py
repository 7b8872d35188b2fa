"""The lexicon's scores."""

import csv
import gzip
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reading.sentiment import LexiconScorer
from streams.reading.text import cut, cut_all, strip_marks

NEWS = Path(__file__).parents[4] / "shared" / "data" / "news"
SCORER = LexiconScorer()


def negative(text: str, kind: str = "news") -> float:
    return SCORER.score([cut(text)], [kind]).negative[0]


def positive(text: str, kind: str = "news") -> float:
    return SCORER.score([cut(text)], [kind]).positive[0]


BAD = {
    "crime": ("Khởi tố giám đốc sở nhận hối lộ", "news"),
    "disaster": ("Sạt lở vùi lấp ba ngôi nhà, hai người tử vong", "news"),
    "without diacritics": ("Khoi to giam doc so nhan hoi lo", "news"),
    "capitals": ("KHỞI TỐ GIÁM ĐỐC SỞ NHẬN HỐI LỘ", "news"),
    "anger": ("làm ăn quan liêu, vô trách nhiệm", "facebook"),
    "teencode": ("dịch vụ ko ổn, chán vl", "tiktok"),
    "a post with the words of news": ("phường mình ngập sâu, sạt lở khắp nơi", "zalo"),
}


@pytest.mark.parametrize(("text", "kind"), BAD.values(), ids=BAD.keys())
def test_bad_news_and_anger_are_negative(text: str, kind: str) -> None:
    assert negative(text, kind) >= 0.5
    assert positive(text, kind) < 0.5


NOT_BAD = {
    "nothing said": ("Chiều nay họp tổ dân phố lúc ba giờ", "news"),
    "empty": ("", "news"),
    "praise": ("Khánh thành cầu mới, người dân vui mừng", "news"),
    "negated": ("Kiểm tra xong, không vi phạm", "news"),
    "a small word": ("Đi làm về muộn", "facebook"),
}


@pytest.mark.parametrize(("text", "kind"), NOT_BAD.values(), ids=NOT_BAD.keys())
def test_other_texts_are_not_negative(text: str, kind: str) -> None:
    assert negative(text, kind) < 0.5


def test_praise_is_positive() -> None:
    assert positive("Dịch vụ tuyệt vời, rất hài lòng, cảm ơn", "facebook") >= 0.5


def test_intensifiers_weigh_before_and_after() -> None:
    plain = negative("chuyện này thì dịch vụ ở đây tệ mọi người ạ nhé", "facebook")
    assert negative("chuyện này thì dịch vụ ở đây rất tệ mọi người ạ", "facebook") > plain
    assert negative("chuyện này thì dịch vụ ở đây tệ lắm mọi người ạ", "facebook") > plain


def test_a_negated_negator_negates_nothing() -> None:
    once, twice = negative("dân chưa bàng hoàng sau lũ lớn"), negative("dân chưa hết bàng hoàng sau lũ lớn")
    assert twice > once


@given(st.lists(st.sampled_from([text for text, _ in BAD.values()] + ["x. không", "😭"]) | st.text(), max_size=9))
def test_a_batch_is_as_one_by_one_bit_for_bit(texts: list[str]) -> None:
    kinds = ["news", "facebook", "web"] * 3
    together = SCORER.score(cut_all(texts), kinds[: len(texts)])
    alone = [SCORER.score([cut(text)], [kind]) for text, kind in zip(texts, kinds, strict=False)]
    assert together.negative == [one.negative[0] for one in alone]
    assert together.positive == [one.positive[0] for one in alone]
    assert all(0 <= value <= 1 for value in together.negative + together.positive)


class _Headline(msgspec.Struct):
    url: str
    title: str
    text: str = ""


def _labelled() -> list[tuple[str, bool]]:
    """Title (and lead, where it is in the data) with whether it is bad news."""
    with (NEWS / "labelled.tsv").open(encoding="utf-8", newline="") as file:
        rows = {row["link"]: (row["title"], row["label"] != "other") for row in csv.DictReader(file, delimiter="\t")}
    leads = {}
    decode = msgspec.json.Decoder(_Headline).decode
    with gzip.open(NEWS / "mentions_2025-08_2026-01.ndjson.gz") as file:
        for line in file:
            headline = decode(line)
            if headline.url in rows:
                leads[headline.url] = headline.text
    return [(f"{title} . {leads.get(link, '')}", bad) for link, (title, bad) in rows.items()]


@pytest.mark.slow
@pytest.mark.skipif(not NEWS.is_dir(), reason="the real headlines are not here")
def test_headlines_are_told_apart_as_measured() -> None:
    labelled = _labelled()
    scores = SCORER.score(cut_all([text for text, _ in labelled]), ["news"] * len(labelled)).negative
    bad = [score for score, (_, is_bad) in zip(scores, labelled, strict=True) if is_bad]
    rest = [score for score, (_, is_bad) in zip(scores, labelled, strict=True) if not is_bad]
    area = sum((one > other) + (one == other) / 2 for one in bad for other in rest) / len(bad) / len(rest)
    found, wrong = sum(score >= 0.5 for score in bad), sum(score >= 0.5 for score in rest)
    assert area > 0.93
    assert 2 * found / (found + wrong + len(bad)) > 0.82


def test_texts_without_diacritics_use_phrases_only() -> None:
    assert negative(strip_marks("Sạt lở, lũ quét: nhiều người tử vong")) >= 0.5
    assert negative("I will go to no vu che", "web") < 0.5
