"""Spellings of one name: marks left out wholly or in part, tone marks of either school, i for y, look-alike letters."""

from __future__ import annotations

import functools
import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

from streams.reading.text import spellings

#: Letters of other scripts that look like Latin ones, in small letters: they are written to hide a name.
_LOOK_ALIKES = dict(
    zip(
        "\u0430\u0432\u0435\u0456\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0433\u0458\u0455\u0501\u051b\u051d"
        "\u04bb\u03b1\u03b5\u03b9\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0131\u00f0\u0256",
        "abeikmhopctyxrjsdqwhaeivoptyxiđđ",
        strict=True,
    )
)
#: Where letters stand that fold to one of the alphabet; the rest, and all behind, is no letter of a name.
_BLOCKS = (range(0x2500), range(0xFF00, 0xFFF0), range(0x1D400, 0x1D800))
_FOLDED = 0x1D800
_UNKNOWN = ord("*")
_I_OR_Y = re.compile("(?<= )(h|k|l|m|s|t|qu|v)([iyíýìỳỉỷĩỹịỵ])(?= )")
_SWAPPED = dict(zip("iyíýìỳỉỷĩỹịỵ", "yiýíỳìỷỉỹĩỵị", strict=True))


@functools.cache
def _table() -> NDArray[np.uint8]:
    table = np.full(_FOLDED + 1, _UNKNOWN, dtype=np.uint8)
    for code in (code for block in _BLOCKS for code in block):
        parts = _letters(chr(code).lower())
        if len(parts) == 1 and len(parts[0][0]) == 1 and parts[0][0].isascii():
            table[code] = ord(parts[0][0])
    return table


def fold(text: str) -> str:
    """`text` in small ASCII letters without marks, letter for letter; what has no such letter becomes ``*``.

    Examples
    --------
    >>> fold("Đắk Lắk, Huế 水")
    'dak lak, hue *'
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    folded: NDArray[np.uint8] = _table()[np.minimum(codes, _FOLDED)]
    return str(folded.tobytes(), "ascii")


def variants(words: str) -> set[str]:
    """A pattern in every spelling that is right somewhere: the tone mark of either school, i or y.

    Examples
    --------
    >>> sorted(variants(" mỹ  tho "))
    [' mĩ  tho ', ' mỹ  tho ']
    """
    swapped = _I_OR_Y.sub(lambda match: match[1] + _SWAPPED[match[2]], words)
    return {form for each in (words, swapped) for form in spellings(each)}


def resembles(written: str, name: str) -> bool:
    """Whether `written` is `name` with marks left out, all or some, and otherwise letter for letter the same.

    Look-alike letters of other scripts count as the letters they stand for.

    Examples
    --------
    >>> [resembles(written, "hà nội") for written in ("ha nội", "hà nôi", "ha noi", "hạ nội", "h\u0430 n\u043ei")]
    [True, True, True, False, True]
    """
    one, other = _letters(written), _letters(name)
    return len(one) == len(other) and all(
        a == b and marks <= wanted for (a, marks), (b, wanted) in zip(one, other, strict=True)
    )


def _letters(text: str) -> list[tuple[str, frozenset[str]]]:
    """Each letter's base and marks; the stroke of đ counts as a mark."""
    found: list[tuple[str, frozenset[str]]] = []
    for letter in text:
        base, *marks = list(unicodedata.normalize("NFKD", _LOOK_ALIKES.get(letter, letter)))
        base = _LOOK_ALIKES.get(base, base)
        if base == "đ":
            base, marks = "d", ["đ"]
        if all(unicodedata.combining(mark) for mark in marks if mark != "đ"):
            found.append((base.lower(), frozenset(marks)))
        else:
            found.append((letter, frozenset()))
    return found
