"""Text as everything in reading sees it: normalised once, cut into words once.

Words stand in one string, each between its own pair of spaces (``" lũ  ở  Huế "``), so that an automaton whose
patterns are built the same way (`pattern`) finds whole words only, neighbours included, and longest match is exact.
"""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
#: Zero-width characters, soft hyphens, direction marks, variation selectors and control characters but white space.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f\x80-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
)
#: Those of them that Python holds for printable, and that are used to hide words.
_PRINTABLE_INVISIBLE = "\u034f\u115f\u1160\u3164\ufe0e\ufe0f"

#: The end of a clause (``. ; : ! ? …`` before white space), as a word of its own.
BREAK = "_"
_STOPS = ";:!?…"
#: Replaced one by one, which is faster than any pattern; what is left over, `_OTHER` takes.
_COMMON = ",.-\"'()/&–“”‘’%|"
_OTHER = re.compile(r"[^\w \n]+")


class Text(NamedTuple):
    """A normalised text cut into words.

    Attributes
    ----------
    cased, lower
        The same words at the same places, as written and in lower case.
    plain
        Written without any diacritics (only ASCII letters).
    """

    cased: str
    lower: str
    plain: bool

    def words(self) -> list[str]:
        """The words in lower case, without the marks between clauses."""
        return self.lower.replace(BREAK, "").split()


def normalise(raw: str) -> str:
    """Entities resolved, invisible characters dropped, NFC, white space single. Idempotent.

    Examples
    --------
    >>> normalise("Lu\u0303  ở&nbsp;Hu\u200bế &amp; Vinh")
    'Lũ ở Huế & Vinh'
    """
    return " ".join(clean(raw).split())


def clean(raw: str) -> str:
    """`normalise` but for the white space, which the cutting into words does not mind."""
    text = raw
    if not text.isprintable() or any(mark in text for mark in _PRINTABLE_INVISIBLE):
        text = _INVISIBLE.sub("", text)
    if "&" in text:
        text = _unescape(text)
    if len(text) > 1000:  # normalising a long run of combining marks takes quadratic time
        text = _long_runs().sub(r"\1", text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


@functools.cache
def _long_runs() -> re.Pattern[str]:
    marks = "".join(chr(code) for code in range(0x1F000) if unicodedata.combining(chr(code)))
    return re.compile(f"([{marks}]{{8}})[{marks}]+")


def _unescape(text: str) -> str:
    """Feeds escape twice now and then; what is nested deeper, or no entity, loses its ampersand."""
    for _ in range(3):
        if not _ENTITY.search(text):
            return text
        text = _INVISIBLE.sub("", _ENTITY.sub(lambda match: html.unescape(match[0]), text))
    return _ENTITY.sub(lambda match: f" {match[0][1:]}", text)


def cut(raw: str) -> Text:
    """Normalise and cut into words.

    Examples
    --------
    >>> cut("TP.HCM, Huế: ngập?").cased
    ' TP  HCM  Huế  _  ngập  _ '
    """
    return cut_all([raw])[0]


def cut_all(raws: Sequence[str]) -> list[Text]:
    """`cut` of each; cheaper by far than one by one, for most of it is done on all of them in one string."""
    if not raws:
        return []
    joined = _words("\n".join([_line(raw) for raw in raws]))
    lowered = joined.lower()
    cased = [line[1:-1] for line in joined.split("\n")]
    lower = [line[1:-1] for line in lowered.split("\n")]
    if len(lowered) != len(joined):
        lower = [low if len(low) == len(line) else _lowered(line) for line, low in zip(cased, lower, strict=True)]
    return [
        Text(_titled(line) if line.isupper() else line, low, low.isascii())
        for line, low in zip(cased, lower, strict=True)
    ]


def as_written(raw: str) -> str:
    """The words between pairs of spaces, with their capitals."""
    return _words(_line(raw))[1:-1]


def _line(raw: str) -> str:
    text = clean(raw)
    return text if text.isprintable() else " ".join(text.split())


def _words(lines: str) -> str:
    """Lines of text -> the same lines with every word between two pairs of spaces."""
    text = f" {lines} ".replace("\n", " \n ").replace("_", " ")
    for mark in _STOPS:
        if mark in text:
            text = text.replace(mark, ".")
    text = text.replace(". ", f" {BREAK} ")
    for mark in _COMMON:
        if mark in text:
            text = text.replace(mark, " ")
    if not text.replace(" ", "").replace(BREAK, "").replace("\n", "").isalnum():
        text = _OTHER.sub(" ", text)
    while "  " in text:
        text = text.replace("  ", " ")
    return text.replace(" ", "  ")


def _lowered(line: str) -> str:
    """Lower case of the same length: a few letters of other scripts have a longer one, and stay."""
    return "".join([low if len(low := letter.lower()) == 1 else letter for letter in line])


def _titled(shouted: str) -> str:
    """Capitals say nothing where all are: every word may be a name."""
    titled = shouted.title()
    return titled if len(titled) == len(shouted) else shouted


@functools.lru_cache(maxsize=65_536)
def pattern(phrase: str) -> str:
    """`phrase` as it stands in `Text.lower`; empty if it has no word."""
    lower = cut(phrase).lower
    return lower if lower.strip(f" {BREAK}") else ""


_TONES = "\u0300\u0301\u0303\u0309\u0323"
_OLD_TO_NEW = {
    unicodedata.normalize("NFC", f"{a}{tone}{b}"): unicodedata.normalize("NFC", f"{a}{b}{tone}")
    for a, b in ("oa", "oe", "uy")
    for tone in _TONES
}
_NEW_TO_OLD = {new: old for old, new in _OLD_TO_NEW.items()}
_OLD = re.compile("(?<!q)(" + "|".join(_OLD_TO_NEW) + r")(?= )")
_NEW = re.compile("(?<!q)(" + "|".join(_NEW_TO_OLD) + r")(?= )")


def spellings(words: str) -> set[str]:
    """A pattern with the tone mark where either school puts it (hòa, hoà).

    Examples
    --------
    >>> sorted(spellings(" khánh  hòa ")) == [" khánh  hoà ", " khánh  hòa "]
    True
    """
    return {
        words,
        _OLD.sub(lambda match: _OLD_TO_NEW[match[0]], words),
        _NEW.sub(lambda match: _NEW_TO_OLD[match[0]], words),
    }


def strip_marks(text: str) -> str:
    """`text` as typed without Vietnamese diacritics.

    Examples
    --------
    >>> strip_marks("Đắk Lắk, Thừa Thiên Huế")
    'Dak Lak, Thua Thien Hue'
    """
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return unicodedata.normalize("NFC", "".join(mark for mark in decomposed if not unicodedata.combining(mark)))
