"""Claims that officers have listed as false, found in texts however they are worded: flagged, never judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import log
from typing import NamedTuple

from alerts.claims import Claim
from streams.reading.spelling import fold
from streams.reading.text import Text, cut
from streams.watching.phrases import FUNCTION_WORDS, common

#: A text is flagged from this part of a wording's weight on.
THRESHOLD = 0.66
#: And with at least so many of its words.
_LEAST_WORDS = 3
#: Words that stand in a stretch this many times as long as the wording (and so many more) belong together.
_STRETCH, _SLACK = 2, 8
#: A word no headline has weighs as one in so many parts.
_RARE = 0.0002
#: Weight of a pair of neighbouring words beside that of its words.
_PAIR = 0.5
#: Whoever says one of these answers the claim rather than making it.
_ANSWERS = tuple(
    f" {'  '.join(words.split())} "  # as words stand in `Text.lower`
    for words in (
        "bác bỏ", "bác tin", "bác thông tin", "tin giả", "sai sự thật", "không có chuyện", "không có việc",
        "đính chính", "cải chính", "thất thiệt", "tin đồn", "bịa đặt", "chưa có chủ trương", "không có căn cứ",
        "xuyên tạc", "phủ nhận", "bac bo", "tin gia", "sai su that", "dinh chinh", "tin don", "bia dat",
        "khong co chuyen",
    )
)  # fmt: skip


class Match(NamedTuple):
    """A listed claim in a text, and which part of the weight of one of its wordings is there."""

    claim: Claim
    likeness: float


class _Wording(NamedTuple):
    claim: Claim
    weights: dict[str, float]
    pairs: frozenset[tuple[str, str]]
    total: float
    stretch: int
    names: frozenset[str]
    anchors: tuple[str, ...]


class ClaimMatcher:
    """Finds listed claims in texts, however they are worded around the same words.

    Parameters
    ----------
    claims
        In force.

    Examples
    --------
    >>> claim = Claim("c1", "Đập Suối Lớn đã vỡ, nghìn người bị cuốn trôi", "Đập an toàn.", "https://example.vn", "an")
    >>> matcher = ClaimMatcher([claim])
    >>> [match is not None for match in matcher.match([cut("Suối Lớn vỡ đập cuốn trôi cả nghìn người rồi!")])]
    [True]
    """

    def __init__(self, claims: Sequence[Claim]) -> None:
        self.claims = tuple(claims)
        wordings = [(claim, cut(text)) for claim in claims for text in (claim.text, *claim.wordings)]
        self._marked = _index([_wording(claim, text.words(), _names(text)) for claim, text in wordings])
        folded = [(claim, Text(text.cased, fold(text.lower), plain=True)) for claim, text in wordings]
        self._plain = _index([_wording(claim, text.words(), map(fold, _names(text))) for claim, text in folded])

    def match(self, texts: Sequence[Text]) -> list[Match | None]:
        """The claim that each text makes, the likeliest if several; `None` where it makes none, or answers one."""
        return [self._one(text) for text in texts]

    def _one(self, text: Text) -> Match | None:
        anchors = self._plain if text.plain else self._marked
        words = text.lower.split()
        if anchors.keys().isdisjoint(words):  # far the most texts end here
            return None
        best: Match | None = None
        for wording in _candidates(anchors, words):
            likeness = _likeness(wording, words)
            if likeness >= THRESHOLD and (best is None or likeness > best.likeness):
                best = Match(wording.claim, likeness)
        if best is not None and any(answer in text.lower for answer in _ANSWERS):
            return None
        return best


def is_matchable(text: str) -> bool:
    """Whether a wording has enough telling words to be told from other texts."""
    return len(_wording(Claim("", text, "", "", ""), cut(text).words(), ()).weights) >= _LEAST_WORDS


def _names(text: Text) -> list[str]:
    """Words of proper names in a wording, in small letters: capitals but the first word's."""
    return [word.lower() for word in text.cased.split()[1:] if word[0].isupper()]


def _wording(claim: Claim, words: list[str], names: Iterable[str]) -> _Wording:
    telling = [word for word in words if word not in FUNCTION_WORDS or word.isdigit()]
    weights = {word: log(1 / common().get(word, _RARE)) for word in telling}
    pairs = frozenset(pairwise(telling))
    total = sum(weights.values()) + _PAIR * sum(sorted(min(weights[one], weights[two]) for one, two in pairs))
    anchors: list[str] = []
    spare = (1 - THRESHOLD) * total
    for word in sorted(weights, key=lambda word: (-weights[word], word)):
        anchors.append(word)  # whoever has the wording's weight has one of these
        spare -= weights[word]
        if spare < 0:
            break
    stretch = _STRETCH * len(words) + _SLACK
    return _Wording(claim, weights, pairs, total, stretch, frozenset(names) & weights.keys(), tuple(anchors))


def _index(wordings: Sequence[_Wording]) -> dict[str, list[_Wording]]:
    index: dict[str, list[_Wording]] = {}
    for wording in wordings:
        if len(wording.weights) >= _LEAST_WORDS:
            for word in wording.anchors:
                index.setdefault(word, []).append(wording)
    return index


def _candidates(anchors: dict[str, list[_Wording]], words: Sequence[str]) -> list[_Wording]:
    """Wordings that may be there: with enough weight, and at least half of the names; in the order of their claims."""
    here = set(words)
    found = {id(one): one for word in here & anchors.keys() for one in anchors[word]}
    enough = [
        one
        for one in found.values()
        if len(one.weights.keys() & here) >= _LEAST_WORDS and 2 * len(one.names & here) >= len(one.names)
    ]
    return sorted(enough, key=lambda one: (one.claim.id, one.total))


def _likeness(wording: _Wording, words: Sequence[str]) -> float:
    """The greatest part of the wording's weight that stands in one stretch of the text."""
    places = [place for place, word in enumerate(words) if word in wording.weights]
    best = 0.0
    for first, start in enumerate(places):
        here = [words[place] for place in places[first:] if place < start + wording.stretch]
        weight = sum(wording.weights[word] for word in dict.fromkeys(here))
        near = set(pairwise(here)) & wording.pairs
        weight += _PAIR * sum(sorted(min(wording.weights[one], wording.weights[two]) for one, two in near))
        best = max(best, weight / wording.total)
    return best
