"""Does a negative text blame a public body? A word list's guess, by which the model's second head is trained."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

from ahocorasick_rs import AhoCorasick, MatchKind

from streams.reading.text import Text, pattern, spellings, strip_marks

_DATA = Path(__file__).parent / "data" / "lexicon" / "blame.txt"
#: Logits of each phrase of blame (at most three count), of each body (at most three), and of none of either.
_BLAME, _BODY, _NONE, _MOST = 1.6, 0.6, -3.0, 3


def blame_score(text: Text) -> float:
    """How likely a text, if it is negative, blames a public body.

    Examples
    --------
    >>> from streams.reading.text import cut
    >>> blame_score(cut("Sở chậm trễ, dân bức xúc")) > 0.5 > blame_score(cut("Xe khách lật, hai người chết"))
    True
    """
    kinds, find = _lists()
    found = {(kinds[number], text.lower[start:end]) for number, start, end in find(text.lower)}
    blames, bodies = (min(_MOST, sum(kind == wanted for kind, _ in found)) for wanted in ("blame", "body"))
    return 1 / (1 + math.exp(-(_BLAME * blames + _BODY * bodies + _NONE)))


@cache
def _lists() -> tuple[list[str], Callable[[str], list[tuple[int, int, int]]]]:
    kinds: dict[str, str] = {}
    for line in _DATA.read_text(encoding="utf-8").splitlines():
        kind, _, phrases = line.partition(": ")
        if not line.startswith("#"):
            for phrase in phrases.split("|"):
                key = pattern(phrase)
                for form in spellings(key) | ({strip_marks(key)} if "  " in key.strip() else set()):
                    kinds.setdefault(form, kind)
    find = AhoCorasick(list(kinds), matchkind=MatchKind.LeftmostLongest).find_matches_as_indexes
    return list(kinds.values()), find
