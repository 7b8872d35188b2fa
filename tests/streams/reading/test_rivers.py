"""The sentiment model keeps river's contract of a classifier."""

from collections.abc import Hashable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import base, metrics

from streams.reading.register import Register
from streams.reading.rivers import CLASSES, SentimentClassifier
from streams.reading.sentiment_scorer import ModelScorer
from streams.reading.sentiment_table import shipped
from streams.reading.text import cut

Features = dict[Hashable, Any]

TEXTS = ("Khởi tố giám đốc sở nhận hối lộ", "Khánh thành cầu mới", "Lũ cuốn trôi hai ngôi nhà, ba người mất tích")


@pytest.fixture(scope="module")
def register() -> Register:
    return Register.load()


def test_probabilities_are_those_that_mentions_get(register: Register) -> None:
    classifier = SentimentClassifier(register=register)
    assert isinstance(classifier, base.Classifier)
    scored = ModelScorer(shipped(), register).score([cut(text) for text in TEXTS], ["news"] * 3)
    for text, negative in zip(TEXTS, scored.negative, strict=True):
        told = classifier.predict_proba_one({"text": text})
        assert tuple(told) == CLASSES
        assert 1.0 - told["not_negative"] == pytest.approx(negative, abs=1e-12)


def test_predicting_changes_nothing_and_learning_moves_towards_the_label(register: Register) -> None:
    classifier = SentimentClassifier(register=register)
    text: Features = {"text": "Ứng dụng tra cứu điểm thi chập chờn suốt buổi sáng"}
    before = classifier.predict_proba_one(text)
    assert classifier.predict_proba_one(text) == before
    for _ in range(4):
        classifier.learn_one(text, "blame")
    assert classifier.predict_proba_one(text)["blame"] > before["blame"]
    assert classifier.predict_one(text) == "blame"
    for _ in range(8):
        classifier.learn_one(text, "not_negative")
    assert classifier.predict_one(text) == "not_negative"


def test_what_one_copy_learns_another_does_not_know(register: Register) -> None:
    first, second = SentimentClassifier(register=register), SentimentClassifier(register=register)
    text: Features = {"text": "Quầy số ba đóng cửa vì mất điện"}
    first.learn_one(text, "event")
    assert second.predict_proba_one(text) == SentimentClassifier(register=register).predict_proba_one(text)
    assert first.clone().predict_proba_one(text) == second.predict_proba_one(text)


def test_river_measures_it_as_its_own(register: Register) -> None:
    classifier: SentimentClassifier = SentimentClassifier(register=register)
    accuracy: Any = metrics.Accuracy()  # type: ignore[no-untyped-call]  # river types none of it
    for text, label in zip(TEXTS, ("blame", "not_negative", "event"), strict=True):
        accuracy.update(label, classifier.predict_one({"text": text}))
    assert accuracy.get() == 1.0


@given(st.text(max_size=80))
@settings(max_examples=40, deadline=None)
def test_any_text_has_probabilities_that_make_one(text: str) -> None:
    told = SentimentClassifier(register=_REGISTER).predict_proba_one({"text": text})
    assert sum(told.values()) == pytest.approx(1.0)
    assert all(0.0 <= one <= 1.0 for one in told.values())


_REGISTER = Register.load()


def test_a_wrong_family_or_label_is_refused(register: Register) -> None:
    radio: Any = "radio"
    with pytest.raises(ValueError, match="news or social"):
        SentimentClassifier(family=radio, register=register)
    with pytest.raises(ValueError, match="a label is one of"):
        SentimentClassifier(register=register).learn_one({"text": "a"}, "bad")
