"""Which language a text is in: Vietnamese, English, another that has a name here, or nobody knows.

What a word says of its language is found once and packed into an integer, so that a batch is counted by adding; only
texts that are neither clearly Vietnamese nor English are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from streams.reading.text import Text, strip_marks

#: All that a mention may be counted under; ``und`` is what nobody can tell, ``other`` a language without a name here.
LANGUAGES = ("vi", "en", "fr", "de", "es", "id", "ru", "zh", "ja", "ko", "th", "lo", "km", "other", "und")

#: Counts are lanes of this many bits in one integer.
LANE = 12
_MASK = (1 << LANE) - 1
MARKED, SYLLABLE, ENGLISH, FOREIGN, VIETNAM = (1 << (LANE * lane) for lane in range(5))

_INITIAL = "b|c|ch|d|g|gh|gi|h|k|kh|l|m|n|ng|ngh|nh|p|ph|qu|r|s|t|th|tr|v|x"
_NUCLEUS = (
    "[aeiouy]|ai|ao|au|ay|eo|eu|ia|ie|ieu|iu|oa|oai|oao|oay|oe|oeo|oi|oo|ua|uau|uay|ue|ui|uo|uoi|uou|uu|uy|uya|uye|uyu"
    "|ye|yeu"
)
_FINAL = "c|ch|m|n|ng|nh|p|t"
_PLAIN = re.compile(f"(?:{_INITIAL})?(?:{_NUCLEUS})(?:{_FINAL})?")
_DATA = Path(__file__).parent / "data" / "lexicon" / "languages.txt"


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    """Word lists by what they are for."""
    lines = _DATA.read_text(encoding="utf-8").splitlines()
    pairs = (line.split(": ") for line in lines if not line.startswith("#"))
    return {name: frozenset(words.split()) for name, words in pairs}


#: Letters that only Vietnamese has.
_VIETNAMESE = re.compile("[đăơư\u1ea0-\u1ef9]")
#: Languages in Latin script that are told by their function words.
_OTHERS = ("fr", "de", "es", "id")
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("ko", re.compile("[\u1100-\u11ff\uac00-\ud7af]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("lo", re.compile("[\u0e80-\u0eff]")),
    ("km", re.compile("[\u1780-\u17ff]")),
)


def word_flags(word: str) -> int:
    """What a word in lower case says: a sum of `MARKED`, `SYLLABLE`, `ENGLISH`, `FOREIGN` and `VIETNAM`.

    `MARKED` is a Vietnamese syllable with its marks, `SYLLABLE` a word that could be one without them, `FOREIGN` a
    word in another script, `VIETNAM` one that names the country or a city by a foreign name.

    Examples
    --------
    >>> [word_flags(word) == flag for word, flag in [("được", MARKED), ("khong", SYLLABLE), ("should", ENGLISH)]]
    [True, True, True]
    >>> word_flags("越南河内") == FOREIGN + VIETNAM
    True
    """
    lists = _lists()
    about = VIETNAM if word in lists["vietnam"] or any(name in word for name in lists["within"]) else 0
    if word.isascii():
        if word in lists["en"]:
            return about + ENGLISH + (SYLLABLE if _PLAIN.fullmatch(word) else 0)
        return about + (SYLLABLE if word.isdigit() or _PLAIN.fullmatch(word) else 0)
    bare = strip_marks(word)
    if bare.isascii():
        return about + (MARKED if _PLAIN.fullmatch(bare) else 0)
    return about + (FOREIGN if any(pattern.search(word) for _, pattern in _SCRIPTS) else 0)


def counted(sums: npt.NDArray[np.int64], flag: int) -> npt.NDArray[np.int64]:
    """How many words of each text had `flag`, from the sums of `word_flags`."""
    return (sums // flag) & _MASK


def recognise(
    sums: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], texts: Sequence[Text]
) -> tuple[list[str], list[bool]]:
    """The language of each text, and whether it speaks of Vietnam by a foreign name.

    Parameters
    ----------
    sums
        Of `word_flags` over the words of each text.
    lengths
        Words of each text.
    texts
        Looked at where the sums do not decide.
    """
    marked, english, foreign = counted(sums, MARKED), counted(sums, ENGLISH), counted(sums, FOREIGN)
    plain = counted(sums, SYLLABLE)
    vietnamese = (foreign * 2 <= lengths) & (
        (marked * 4 >= lengths) | ((plain + marked) * 10 >= lengths * 8) & (english * 4 < lengths)
    )
    in_english = (
        ~vietnamese & (english >= 2) & (english * 8 >= lengths) & (marked * 8 < lengths) & (foreign * 4 < lengths)
    )
    found = [
        "vi" if is_vi else "en" if is_en else ""
        for is_vi, is_en in zip(vietnamese.tolist(), in_english.tolist(), strict=True)
    ]
    about: list[bool] = (counted(sums, VIETNAM) > 0).tolist()
    for place, language in enumerate(found):
        if not language:
            found[place] = _looked_at(texts[place].lower)
        elif language == "vi" and not lengths[place]:
            found[place] = "und"
    if "viet" in "".join(text.lower for text, language in zip(texts, found, strict=True) if language != "vi"):
        about = [known or "  viet  nam " in text.lower for known, text in zip(about, texts, strict=True)]
    return found, about


def _looked_at(lower: str) -> str:
    """The language of a text that is not clearly Vietnamese or English."""
    scripts = {name: len(pattern.findall(lower)) for name, pattern in _SCRIPTS}
    letters = sum(map(str.isalpha, lower))
    if scripts["ja"] * 10 >= letters > 0:  # kana stand between many Chinese signs
        return "ja"
    best = max(scripts, key=lambda name: scripts[name])
    if scripts[best] * 2 >= letters > 0:
        return best
    words = lower.split()
    hits = {name: sum(word in _lists()[name] for word in words) for name in _OTHERS}
    likely = max(hits, key=lambda name: hits[name])
    if hits[likely] >= 2 and hits[likely] * 8 >= len(words):
        return likely
    if _VIETNAMESE.search(lower):  # half in English, as advertisements are
        return "vi"
    return "other" if len(words) >= 6 else "und"
