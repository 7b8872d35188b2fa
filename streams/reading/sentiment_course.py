"""The whole course of training: from mentions to a table with its card."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from streams.reading.register import Register
from streams.reading.sentiment import social_phrases
from streams.reading.sentiment_data import HandLabel, Written
from streams.reading.sentiment_features import Features, Featuriser
from streams.reading.sentiment_model import BLAME, FAMILIES, NEGATIVE, Calibration, Family, Model, Table
from streams.reading.sentiment_quality import area_under_curve, quality
from streams.reading.sentiment_training import (
    Example,
    Recipe,
    calibrate,
    featurise,
    how_often_seen,
    in_order,
    targets,
    train,
)

#: How often each phrase of the social lists is put into a headline that says nothing bad.
_POSTS_A_PHRASE = 6
_PLAIN = Calibration(1.0, 0.0)

Tell = Callable[[str, int, int], None]


class Headline(NamedTuple):
    """A mention to train on: its id, the kind of its source, title and text."""

    id: str
    kind: str
    title: str
    text: str

    def whole(self) -> str:
        """Title and text as reading joins them."""
        return f"{self.title} . {self.text}"


class NothingToTrainOnError(ValueError):
    """Too few mentions, or none labelled to test on."""


def run_course(
    headlines: Sequence[Headline],
    labels: Mapping[str, HandLabel],
    sentences: Sequence[Written],
    register: Register,
    day: date,
    *,
    recipe: Recipe | None = None,
    tell: Tell = lambda _stage, _done, _of: None,
) -> Table:
    """Train, calibrate and measure.

    Mentions that are labelled for testing, and all with the same title, are not trained on.

    Parameters
    ----------
    headlines
        Labelled by the lexicon, and by hand where `labels` has their id.
    sentences
        Those of social media calibrate the model for social media.
    day
        Of the training, for the card.
    tell
        Is told the stage, how many texts are done, and of how many.

    Raises
    ------
    NothingToTrainOnError
        If too little is there.
    """
    recipe = recipe or Recipe()
    known = {headline.id: headline for headline in headlines}
    held = {key: label for key, label in labels.items() if label.use != "train" and key in known}
    if len(known) < 100 or not any(label.use == "test" for label in held.values()):
        raise NothingToTrainOnError(f"{len(known)} mentions, {len(held)} of them labelled for testing, are too few")
    titles = {known[key].title.strip() for key in held}
    trained = [each for each in known.values() if each.title.strip() not in titles]
    examples = in_order([*_examples(trained, labels), *_posts(trained)])
    featuriser = Featuriser(register)
    texts, features = featurise(examples, featuriser, _counter(tell, "reading", len(examples)))
    aims = targets(examples, texts, recipe)
    steps = _counter(tell, "training", recipe.epochs * len(examples))
    weights, bias = train(features, aims, recipe, steps)
    raw = Table(weights, bias, how_often_seen(features), dict.fromkeys(FAMILIES, (_PLAIN, _PLAIN, _PLAIN)))
    tested = [(known[key], held[key]) for key in sorted(held)]
    calibration = _calibration(Model(raw), featuriser, tested, sentences)
    table = Table(weights, bias, raw.seen, calibration)
    card = _card(table, featuriser, examples, tested, sentences, recipe, register, day)
    return Table(weights, bias, raw.seen, calibration, card=card)


def _counter(tell: Tell, stage: str, total: int) -> Callable[[int], None]:
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        tell(stage, done, total)

    return count


def _examples(headlines: Iterable[Headline], labels: Mapping[str, HandLabel]) -> list[Example]:
    return [
        Example(each.id, each.kind, each.whole(), labels[each.id].label if each.id in labels else "")
        for each in headlines
    ]


def _posts(headlines: Sequence[Headline]) -> list[Example]:
    """Headlines with a phrase of social media in them: so the model learns words that headlines do not have."""
    carriers = in_order([Example(each.id, "facebook", each.title) for each in headlines if each.title])
    phrases = social_phrases() * _POSTS_A_PHRASE
    return [
        Example(
            f"{carrier.id}/{place}",
            carrier.kind,
            f"{phrase} {carrier.text}" if place % 2 else f"{carrier.text} {phrase}",
        )
        for place, (phrase, carrier) in enumerate(zip(phrases, carriers, strict=False))
    ]


def _featured(featuriser: Featuriser, texts: Sequence[str]) -> Features:
    return featurise([Example("", "", text) for text in texts], featuriser, lambda _: None)[1]


def _calibration(
    model: Model, featuriser: Featuriser, tested: Sequence[tuple[Headline, HandLabel]], sentences: Sequence[Written]
) -> dict[Family, tuple[Calibration, Calibration, Calibration]]:
    """News by the headlines drawn for testing, social media by the sentences written for it."""
    drawn = [(each.whole(), label.label) for each, label in tested if label.use == "test"]
    posts = [(each.text, f"neg_{each.label}".replace("blame", "agency")) for each in sentences if each.kind == "social"]
    found: dict[Family, tuple[Calibration, Calibration, Calibration]] = {}
    for family, pairs in zip(FAMILIES, (drawn, posts), strict=True):
        scores = model.scores(_featured(featuriser, [text for text, _ in pairs]))
        negative = np.array([label not in {"other", "neg_other"} for _, label in pairs])
        blamed = np.array([label == "neg_agency" for _, label in pairs])
        found[family] = (
            calibrate(scores[NEGATIVE], negative),
            calibrate(scores[BLAME][negative], blamed[negative]),
            _PLAIN,
        )
    return found


def _probabilities(table: Table, featuriser: Featuriser, texts: Sequence[str], family: Family) -> tuple[Any, Any]:
    """Of each text that it is negative, and that it blames a body."""
    model = Model(table)
    scores = model.scores(_featured(featuriser, texts))
    negative = model.probability(scores[NEGATIVE], NEGATIVE, family)
    return negative, negative * model.probability(scores[BLAME], BLAME, family)


def _figures(
    table: Table, featuriser: Featuriser, texts: Sequence[str], labels: Sequence[str], family: Family
) -> dict[str, float]:
    negative, blame = _probabilities(table, featuriser, texts, family)
    found = quality(negative, [label != "other" for label in labels])
    blamed = [label in {"neg_agency", "blame"} for label in labels]
    return {
        "texts": found.texts,
        "area under the curve": round(found.area, 4),
        "F1 at 0.5": round(found.f1, 4),
        "calibration error": round(found.calibration_error, 4),
        "blame, area under the curve": round(area_under_curve(blame, blamed), 4),
    }


def _card(
    table: Table,
    featuriser: Featuriser,
    examples: Sequence[Example],
    tested: Sequence[tuple[Headline, HandLabel]],
    sentences: Sequence[Written],
    recipe: Recipe,
    register: Register,
    day: date,
) -> dict[str, Any]:
    """What the table was made of, when, and how good it is."""
    figures = {}
    for use, name in (("given", "shared labelled headlines"), ("test", "headlines drawn at random (they calibrate)")):
        chosen = [(each.whole(), label.label) for each, label in tested if label.use == use]
        if chosen:
            figures[name] = _figures(table, featuriser, [t for t, _ in chosen], [one for _, one in chosen], "news")
    posts = [each for each in sentences if each.kind == "social"]
    figures["posts written for this project (they calibrate)"] = _figures(
        table, featuriser, [each.text for each in posts], [each.label for each in posts], "social"
    )
    return {
        "made": day.isoformat(),
        "headlines": sum("/" not in example.id for example in examples),
        "posts made of the social lists": sum("/" in example.id for example in examples),
        "labelled by hand": sum(bool(example.label) for example in examples),
        "recipe": {"epochs": recipe.epochs, "batch": recipe.batch, "rate": recipe.rate, "hand": list(recipe.hand)},
        "register": register.digest,
        "figures": figures,
    }


def card_text(table: Table) -> str:
    """The card as Markdown."""
    card = dict(table.card)
    lines = ["# The sentiment model's table", "", "Made by `canhbao train`; it holds no text.", ""]
    lines += [f"- {name}: {value}" for name, value in card.items() if name not in {"figures", "recipe"}]
    lines += [
        f"- recipe: {card.get('recipe')}",
        f"- weights that are not zero: {int(np.count_nonzero(table.weights)):,}",
        "",
    ]
    figures: Mapping[str, Mapping[str, float]] = card.get("figures", {})  # type: ignore[assignment]
    for name, found in figures.items():
        lines += [f"## {name[0].upper()}{name[1:]}", "", "| | |", "| --- | --- |"]
        lines += [f"| {what} | {value} |" for what, value in found.items()]
        lines.append("")
    return "\n".join(lines)
