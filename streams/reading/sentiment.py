"""Sentiment by a lexicon, with negators and intensifiers; and the protocol behind which a better scorer fits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import isqrt
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from streams.reading.teencode import teencode
from streams.reading.text import BREAK, Text, pattern, spellings, strip_marks

_DATA = Path(__file__).parent / "data" / "lexicon"

Family = Literal["news", "social"]


class Scores(NamedTuple):
    """What is said of each text.

    Attributes
    ----------
    negative, positive
        Probabilities in [0, 1].
    blame
        Probability that it is negative and puts a public body in a bad light; below 0 where nobody knows.
    languages
        One of `streams.reading.languages.LANGUAGES`.
    foreign_about
        Whether it names Vietnam as foreigners do.
    """

    negative: list[float]
    positive: list[float]
    blame: list[float]
    languages: list[str]
    foreign_about: list[bool]


class Scorer(Protocol):
    """Scores texts. The same text of the same kind of source gets the same bits in every batch."""

    def score(self, texts: Sequence[Text], kinds: Sequence[str]) -> Scores:
        """Negative and positive probability of each text, published at a source of that kind."""


class _Word(NamedTuple):
    """What a phrase does: weights in thousandths; `tenths` multiplies the next or the former phrase; `negates`."""

    negative: int = 0
    positive: int = 0
    tenths: int = 0
    negates: bool = False
    breaks: bool = False


class _Lexicon:
    """One automaton over all phrases of a family, in one writing."""

    def __init__(self, words: Mapping[str, _Word]) -> None:
        self._words = list(words.values())
        self._find = AhoCorasick(
            list(words), matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA
        ).find_matches_as_indexes

    def weigh(self, lower: str) -> tuple[int, int]:
        """Sum of negative and of positive weights, in thousandths."""
        negative = positive = 0
        last = (0, 0, -1)  # what the phrase before added, and where it ended
        negated_until = boosted_until = -1
        tenths = 10
        for number, start, end in self._find(lower):
            word = self._words[number]
            is_negated = start <= negated_until
            if word.breaks:
                negated_until = boosted_until = -1
            elif word.tenths:
                if start == last[2]:  # "tệ quá"
                    negative += last[0] * (word.tenths - 10) // 10
                    positive += last[1] * (word.tenths - 10) // 10
                else:  # "rất tệ"
                    tenths, boosted_until = word.tenths, end
                negated_until = end if is_negated else negated_until
            else:
                factor = tenths if start <= boosted_until else 10
                if is_negated:
                    last = word.positive * factor // 20, word.negative * factor // 30, end
                else:
                    last = word.negative * factor // 10, word.positive * factor // 10, end
                negative += last[0]
                positive += last[1]
                negated_until = end + _REACH if word.negates and not is_negated else -1
        return negative, positive


#: Letters after a negator within which what follows is negated (about two words).
_REACH = 8


class LexiconScorer:
    """Scores texts by the bundled word lists, those of news for news and those of social media for the rest.

    Sums are integers; a table turns them into probabilities, so that batches of any size agree bit for bit.

    Examples
    --------
    >>> from streams.reading.text import cut
    >>> scores = LexiconScorer().score([cut("Khởi tố giám đốc nhận hối lộ"), cut("Khánh thành cầu mới")], ["news"] * 2)
    >>> [negative >= 0.5 for negative in scores.negative]
    [True, False]
    """

    def __init__(self) -> None:
        self._lexicons = {(family, plain): _lexicon(family, plain) for family in ("news", "social") for plain in (0, 1)}

    def score(self, texts: Sequence[Text], kinds: Sequence[str]) -> Scores:
        """See `Scorer.score`."""
        scores = Scores([], [], [-1.0] * len(texts), ["vi"] * len(texts), [False] * len(texts))
        for text, kind in zip(texts, kinds, strict=True):
            family: Family = "news" if kind == "news" else "social"
            lower = text.lower if family == "news" else _expand(text.lower)
            negative, positive = self._lexicons[family, int(text.plain)].weigh(lower)
            length = isqrt(max(len(lower), _SHORTEST) * 10_000)
            scores.negative.append(_probability((negative - positive // 2) * 100 // length))
            scores.positive.append(_probability((positive - negative) * 100 // length))
        return scores


#: Letters below which a text counts as that long: one bad word in three is no certainty.
_SHORTEST = 60
#: Weight (thousandths over the root of the letters) at which a text is as likely negative as not, and the logistic's
#: slope there; fitted to labelled headlines, where F1 is highest near a half and the calibration error 0.03.
_MIDDLE, _SLOPE = 166, 60
_LIMIT = 2000
_TABLE = [1 / (1 + math.exp((_MIDDLE - weight) / _SLOPE)) for weight in range(-_LIMIT, _LIMIT + 1)]


def _probability(weight: int) -> float:
    return _TABLE[max(-_LIMIT, min(_LIMIT, weight)) + _LIMIT]


def _expand(lower: str) -> str:
    known = teencode()
    words = lower.split()
    if known.keys().isdisjoint(words):
        return lower
    return f" {'  '.join([known.get(word, word) for word in words])} "


def _rows(name: str) -> list[str]:
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def social_phrases() -> list[str]:
    """What the lists of social media and of praise hold: headlines have little of it."""
    return [phrase for name in ("negative_social.txt", "positive.txt") for phrase, _ in _weights(name)]


def _weights(name: str) -> Iterable[tuple[str, int]]:
    for line in _rows(name):
        weight, _, phrases = line.partition(":")
        for phrase in phrases.split("|"):
            yield phrase, 1000 * int(weight)


@cache
def _lexicon(family: str, plain: int) -> _Lexicon:
    words: dict[str, _Word] = {}
    for phrase, weight in _weights("positive.txt"):
        words[phrase] = _Word(positive=weight)
    lists = ("negative_news.txt", "negative_social.txt") if family == "social" else ("negative_news.txt",)
    for name in lists:  # posts use the words of news as well; what both lists have, weighs as in social media
        for phrase, weight in reversed(list(_weights(name))):
            words[phrase] = _Word(negative=weight)
    for line in _rows("intensifiers.txt"):
        phrase, factor = line.split("\t")
        words.setdefault(phrase, _Word(tenths=round(10 * float(factor))))
    for phrase in _rows("negators.txt"):
        words[phrase] = words.get(phrase, _Word())._replace(negates=True)
    found: dict[str, _Word] = {f" {BREAK} ": _Word(breaks=True)}
    for phrase, word in words.items():
        key = pattern(phrase)
        if not plain:
            found.update(dict.fromkeys(spellings(key), word))
        elif "  " in key or key.isascii():  # a single syllable without its marks is too many words at once
            found.setdefault(strip_marks(key), word)
    return _Lexicon(found)
