"""What is new in an organisation's negative mentions, against its own past: short phrases, without persons' names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import pairwise
from math import log
from operator import itemgetter
from typing import NamedTuple

import msgspec

from streams.watching.phrases import common, grown, terms


def _words(written: str) -> frozenset[str]:
    return frozenset(written.split())


#: Terms remembered of an organisation's past; when there would be more, the rarest half goes.
KEPT = 256
SHOWN = 8
#: After so many titles every count is halved: the past fades.
FADES_AFTER = 4096
#: The prior's weight, in titles: before anything is learned a term is as frequent as in all headlines.
PRIOR = 20.0
#: And in which part of the titles a term is assumed to stand that is not common anywhere.
RARE = 0.0002
#: Titles by which a term's past may be too low.
_SLACK = 0.5
#: A surprise below it is no news.
LEAST = 3.0
#: Of so many titles two agree on something by chance: three must.
_MANY = 10
#: Single syllables are rarely words: they must tell more to be shown before a phrase.
_SINGLE = 0.6
#: What stands before a body's own name.
_KINDS = _words("bộ tỉnh thành phố tp ban ủy uỷ dự thảo")


class Phrase(NamedTuple):
    """A phrase that is new.

    Attributes
    ----------
    text
        As it is mostly written.
    titles
        In how many of the titles it stands.
    surprise
        Log-likelihood ratio of so many against the past's rate; see `Words.phrases`.
    """

    text: str
    titles: int
    surprise: float


class Words(msgspec.Struct):
    """In how many of an organisation's negative mentions each term stood: at most 256 terms, all counts integers.

    `dropped` is the highest count of a term that was forgotten: what is not there may have stood so often.

    Examples
    --------
    >>> words, now = Words(), ["Vỡ đê bao ở hạ lưu", "Đêm qua vỡ đê bao, kẹt xe", "Dân chạy vì vỡ đê bao"]
    >>> for title in ["Kẹt xe trên quốc lộ"] * 9 + now:
    ...     words.learn(title)
    >>> words.new(now, "Huế")
    ('vỡ đê bao',)
    """

    mentions: int = 0
    counts: dict[str, int] = {}
    dropped: int = 0

    def learn(self, title: str) -> None:
        """Take a negative mention."""
        self.mentions += 1
        counts = self.counts
        for term in terms(title):
            counts[term] = counts.get(term, 0) + 1
        if len(counts) > KEPT:
            self._forget()
        if self.mentions >= FADES_AFTER:
            self.mentions //= 2
            self.dropped //= 2
            self.counts = {term: count // 2 for term, count in self.counts.items() if count > 1}

    def _forget(self) -> None:
        """Keep the more frequent half; of equally frequent terms the first in the alphabet."""
        ranked = sorted(self.counts.items())
        ranked.sort(key=itemgetter(1), reverse=True)
        self.dropped = max(self.dropped, ranked[KEPT // 2][1])
        self.counts = dict(ranked[: KEPT // 2])

    def new(self, titles: Iterable[str], own_name: str) -> tuple[str, ...]:
        """The texts of `phrases`, at most 8."""
        return tuple(phrase.text for phrase in self.phrases(titles, own_name))

    def phrases(self, titles: Iterable[str], own_name: str, limit: int = SHOWN) -> list[Phrase]:
        """At most `limit` phrases that stand in these titles more than in the past, the most surprising first.

        The surprise is the log-likelihood ratio[^1] of the phrase's titles against what the past's rate expects, with
        an informative prior[^2]: the rate in all headlines. The past is all that was learned less these titles, which
        were learned too; a phrase's past is that of its rarest pair of syllables. Of phrases that overlap only the
        first is shown, and none of the organisation's own name.

        References
        ----------
        [^1]: Dunning, T. (1993). Accurate methods for the statistics of surprise and coincidence. Computational
            Linguistics 19(1), 61-74.
        [^2]: Monroe, B. L., Colaresi, M. P., Quinn, K. M. (2008). Fightin' words. Political Analysis 16(4), 372-403.
        """
        now = list(titles)
        least = 3 if len(now) >= _MANY else 1
        scored = []
        for gram, (count, text) in grown(now, _own(own_name)).items():
            surprise = self._surprise(gram, count, len(now))
            if surprise >= LEAST and count >= least:
                weight = surprise * (_SINGLE if len(gram) == 1 else 1.0)
                scored.append((-round(weight, 9), -len(gram), gram, Phrase(text, count, round(surprise, 6))))
        return _apart(sorted(scored), limit)

    def _surprise(self, gram: tuple[str, ...], count: int, many: int) -> float:
        before = max(0, self.mentions - many)
        pairs = [f"{one} {two}" for one, two in pairwise(gram)]
        past = min((self._past(pair, count) for pair in pairs or gram), default=0.0)
        usual = min((common().get(pair, RARE) for pair in pairs or gram), default=RARE)
        rate = min(1.0, (min(past, before) + PRIOR * usual + _SLACK) / (before + PRIOR))
        expected = many * rate
        return count * log(count / expected) - (count - expected) if count > expected else 0.0

    def _past(self, term: str, count: int) -> float:
        """Titles of the past with this term; half of what may have been forgotten where it is not remembered."""
        learned = self.counts.get(term)
        return self.dropped / 2 if learned is None else max(0, learned - count)


def _own(name: str) -> frozenset[tuple[str, ...]]:
    """The organisation's name, and what is left of it without the word for its kind."""
    words = unicodedata.normalize("NFC", name).lower().replace(",", " ").split()
    names = {tuple(words)}
    while words and words[0] in _KINDS:
        words = words[1:]
        names.add(tuple(words))
    return frozenset(each for each in names if each)


def _apart(ranked: Iterable[tuple[float, int, tuple[str, ...], Phrase]], limit: int) -> list[Phrase]:
    """The first of those that share a syllable."""
    used: set[str] = set()
    shown: list[Phrase] = []
    for _, _, gram, phrase in ranked:
        if used.isdisjoint(gram):
            shown.append(phrase)
            used.update(gram)
        if len(shown) == limit:
            break
    return shown
