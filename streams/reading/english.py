"""English texts by a small word list: foreign press and Vietnamese abroad are read, and never as if in Vietnamese."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data" / "lexicon" / "english.txt"
#: Weight over the root of the words at which a text is as likely negative as not, and the logistic's slope there.
_MIDDLE, _SLOPE = 0.55, 0.25
#: A text shorter than so many words counts as that long.
_SHORTEST = 8
_REACH = 3


class EnglishLexicon:
    """Scores English texts.

    Examples
    --------
    >>> negative, positive = EnglishLexicon().score("  officials  arrested  in  corruption  scandal  ")
    >>> negative > 0.9, positive < 0.1
    (True, True)
    """

    def score(self, lower: str) -> tuple[float, float]:
        """Negative and positive probability of a text in lower case."""
        words = lower.split()
        weights, negators = _lists()
        negative = positive = 0.0
        negated_until = -1
        for place, word in enumerate(words):
            if word in negators:
                negated_until = place + _REACH
                continue
            pair = f"{word} {words[place + 1]}" if place + 1 < len(words) else word
            weight = weights.get(pair) or weights.get(word, 0.0)
            if place <= negated_until:
                weight /= -2
            negative += max(0.0, -weight)
            positive += max(0.0, weight)
        root = math.sqrt(max(len(words), _SHORTEST))
        return _probability((negative - positive / 2) / root), _probability((positive - negative) / root)


def _probability(weight: float) -> float:
    return round(1 / (1 + math.exp((_MIDDLE - weight) / _SLOPE)), 6)


@cache
def _lists() -> tuple[dict[str, float], frozenset[str]]:
    """Weights of words and pairs, negative ones below zero; and the negators."""
    weights: dict[str, float] = {}
    negators: frozenset[str] = frozenset()
    for line in _DATA.read_text(encoding="utf-8").splitlines():
        head, _, phrases = line.partition(": ")
        kind, _, weight = head.partition(" ")
        if line.startswith("#") or not phrases:
            continue
        if kind == "negate":
            negators = frozenset(phrases.split("|"))
            continue
        for phrase in phrases.split("|"):
            weights.setdefault(phrase, float(weight) * (-1 if kind == "negative" else 1))
    return weights, negators
