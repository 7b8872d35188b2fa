"""The scorer of the read stage: the model for Vietnamese, a small word list for English, nothing for the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from streams.reading.english import EnglishLexicon
from streams.reading.languages import recognise
from streams.reading.register import Register
from streams.reading.sentiment import LexiconScorer, Scorer, Scores
from streams.reading.sentiment_features import Featuriser
from streams.reading.sentiment_model import BLAME, FAMILIES, NEGATIVE, POSITIVE, Delta, Ints, Model, Table
from streams.reading.sentiment_table import shipped
from streams.reading.text import Text


class ModelScorer:
    """Scores texts by the hashed linear model.

    A text that is not Vietnamese is never scored as if it were: English is scored by its own word list, other
    languages are neither negative nor positive. What nobody can tell the language of (a name, a number) is taken as
    Vietnamese, as everything here is unless it says otherwise.

    Parameters
    ----------
    table
        The trained model.
    register
        Whose names are masked.
    deltas
        What officers taught it.

    Examples
    --------
    >>> from streams.reading.sentiment_table import shipped
    >>> from streams.reading.text import cut_all
    >>> scorer = ModelScorer(shipped(), Register.load())
    >>> texts = cut_all(["Khởi tố giám đốc sở nhận hối lộ", "Khánh thành cầu mới", "The flood has killed fifty"])
    >>> scores = scorer.score(texts, ["news"] * 3)
    >>> [round(negative) for negative in scores.negative], scores.languages
    ([1, 0, 1], ['vi', 'vi', 'en'])
    """

    def __init__(self, table: Table, register: Register, deltas: Sequence[Delta] = ()) -> None:
        self.model = Model(table)
        self.model.apply(deltas)
        self.featuriser = Featuriser(register)
        self._english = EnglishLexicon()

    def taught(self, deltas: Sequence[Delta]) -> ModelScorer:
        """The same scorer with other lessons; what it knows of words is shared."""
        other = object.__new__(ModelScorer)
        other.model = Model(self.model.table)
        other.model.apply(deltas)
        other.featuriser, other._english = self.featuriser, self._english
        return other

    def score(self, texts: Sequence[Text], kinds: Sequence[str]) -> Scores:
        """See `streams.reading.sentiment.Scorer`."""
        if not texts:
            return Scores([], [], [], [], [])
        features = self.featuriser.features(texts)
        found = self.model.scores(features)
        is_news = np.array([kind == "news" for kind in kinds])
        probabilities = [self._probability(found[head], head, is_news) for head in (NEGATIVE, BLAME, POSITIVE)]
        negative, positive = probabilities[NEGATIVE].tolist(), probabilities[POSITIVE].tolist()
        blame = np.round(probabilities[NEGATIVE] * probabilities[BLAME], 6).tolist()
        languages, about = recognise(features.languages, features.lengths, texts)
        for place, language in enumerate(languages):
            if language == "en":
                negative[place], positive[place] = self._english.score(texts[place].lower)
                blame[place] = -1.0
            elif language not in {"vi", "und"}:
                negative[place] = positive[place] = 0.0
                blame[place] = -1.0
        return Scores(negative, positive, blame, languages, about)

    def _probability(self, scores: Ints, head: int, is_news: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        news, social = (self.model.probability(scores, head, family) for family in FAMILIES)
        return np.where(is_news, news, social)


def scorer_of(sentiment: str, register: Register, deltas: Sequence[Delta] = ()) -> Scorer:
    """The scorer that a version of the settings names: the shipped model, or the word lists alone."""
    return ModelScorer(shipped(), register, deltas) if sentiment.startswith("model") else LexiconScorer()
