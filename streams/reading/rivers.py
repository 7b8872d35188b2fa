"""The sentiment model in river's form. Importing it imports river, which takes its time: nothing else here does."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, get_args

import numpy as np
from river import base

from streams.reading.register import Register
from streams.reading.sentiment_features import Features, Featuriser
from streams.reading.sentiment_model import BLAME, FAMILIES, NEGATIVE, Family, Label, Model, Table
from streams.reading.sentiment_table import shipped
from streams.reading.text import cut

#: What `predict_proba_one` tells apart; `learn_one` also takes ``positive``, which is not negative either.
CLASSES: tuple[Label, ...] = ("blame", "event", "not_negative")


class SentimentClassifier(base.Classifier):
    """Whether a text puts a public body in a bad light, tells of something bad, or does neither.

    The model of the read stage, learning one text at a time: the probabilities are those that mentions get, bit for
    bit, and one lesson moves a text by a bounded step on what is special to it.

    Parameters
    ----------
    family
        ``news`` or ``social``: how probabilities are calibrated.
    text
        The feature that holds the text.
    table
        The trained model; the shipped one unless given.
    register
        Whose names are masked; the bundled one unless given.

    Raises
    ------
    ValueError
        If the family is neither, or a label is not one of `CLASSES` or ``positive``.

    Examples
    --------
    >>> classifier = SentimentClassifier()
    >>> text = {"text": "Khởi tố giám đốc sở nhận hối lộ"}
    >>> classifier.predict_one(text)
    'blame'
    >>> new = {"text": "Phòng tiếp dân treo biển xin lỗi suốt tuần"}
    >>> before = classifier.predict_proba_one(new)["blame"]
    >>> for _ in range(3):
    ...     classifier.learn_one(new, "blame")
    >>> classifier.predict_proba_one(new)["blame"] > before
    True
    """

    def __init__(
        self, family: Family = "news", text: str = "text", table: Table | None = None, register: Register | None = None
    ) -> None:
        if family not in FAMILIES:
            raise ValueError(f"family is news or social, not {family!r}")
        self.family = family
        self.text = text
        self.table = table
        self.register = register
        self._model = Model(table or shipped())
        self._featuriser = Featuriser(register or Register.load())

    @property
    def _multiclass(self) -> bool:
        return True

    def _features(self, x: dict[Hashable, Any]) -> Features:
        return self._featuriser.features([cut(str(x.get(self.text, "")))])

    def predict_proba_one(self, x: dict[Hashable, Any], **_: Any) -> dict[base.typing.ClfTarget, float]:
        """Probability of each of `CLASSES`; changes nothing."""
        scores = self._model.scores(self._features(x))
        negative, blame = (
            float(np.asarray(self._model.probability(scores[head], head, self.family))[0]) for head in (NEGATIVE, BLAME)
        )
        return {"blame": negative * blame, "event": negative * (1.0 - blame), "not_negative": 1.0 - negative}

    def learn_one(self, x: dict[Hashable, Any], y: base.typing.ClfTarget, w: float = 1.0) -> None:
        """Learn that a text is `y`; `w` is how much of a lesson it is."""
        label = next((one for one in get_args(Label) if one == y), None)
        if label is None:
            raise ValueError(f"a label is one of {', '.join(get_args(Label))}, not {y!r}")
        self._model.apply([self._model.delta(self._features(x), 0, label, self.family, w)])
