"""Training: the same table from the same mentions, in whatever order, and nothing of what is held for testing."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from streams.reading.register import Register
from streams.reading.sentiment_course import Headline, NothingToTrainOnError, card_text, run_course
from streams.reading.sentiment_data import HandLabel, written
from streams.reading.sentiment_model import Model, Table
from streams.reading.sentiment_quality import area_under_curve
from streams.reading.sentiment_scorer import ModelScorer
from streams.reading.sentiment_table import encode
from streams.reading.sentiment_training import Recipe
from streams.reading.text import cut_all

REGISTER = Register.load()
DAY = date(2026, 11, 25)
SENTENCES = [each for each in written() if each.kind == "news"]
HEADLINES = [
    Headline(f"{place:04x}", "news", f"{one.text}", other.text)
    for place, (one, other) in enumerate(
        (one, other) for one in SENTENCES for other in SENTENCES if one.label == other.label
    )
]
_NAMES = {"blame": "neg_agency", "event": "neg_event", "other": "other"}
LABELS = {
    each.id: HandLabel(
        _NAMES[next(s.label for s in SENTENCES if s.text == each.title)], "test" if place % 5 == 0 else "train"
    )
    for place, each in enumerate(HEADLINES)
    if place % 3 == 0
}


def course(headlines: Sequence[Headline], **told: object) -> Table:
    return run_course(headlines, LABELS, written(), REGISTER, DAY, recipe=Recipe(epochs=3, batch=64), **told)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def table() -> Table:
    return course(HEADLINES)


def test_the_same_mentions_give_the_same_bytes_in_whatever_order(table: Table) -> None:
    assert encode(course(HEADLINES[::-1])) == encode(table)


def test_what_was_taught_is_known(table: Table) -> None:
    scores = ModelScorer(table, REGISTER).score(cut_all([s.text for s in SENTENCES]), ["news"] * len(SENTENCES))
    assert area_under_curve(scores.negative, [s.label != "other" for s in SENTENCES]) > 0.9


def test_what_is_held_for_testing_is_not_trained_on(table: Table) -> None:
    held = {each.title for each in HEADLINES if each.id in LABELS and LABELS[each.id].use == "test"}
    assert table.card["headlines"] == sum(each.title not in held for each in HEADLINES)


def test_the_card_says_what_when_and_how_good(table: Table) -> None:
    text = card_text(table)
    assert "2026-11-25" in text
    assert "area under the curve" in text
    assert not any(sentence.text in text for sentence in SENTENCES)


def test_progress_is_told_by_stage() -> None:
    told: list[tuple[str, int, int]] = []
    course(HEADLINES, tell=lambda stage, done, total: told.append((stage, done, total)))
    assert [stage for stage, done, total in told if done == total] == ["reading", "training"]


def test_too_little_is_refused() -> None:
    with pytest.raises(NothingToTrainOnError):
        course(HEADLINES[:10])


def test_weights_of_nothing_are_zero(table: Table) -> None:
    assert int(np.abs(Model(table).table.weights[:, -1]).sum()) == 0
