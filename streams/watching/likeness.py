"""Whether two texts are copies of one story: their fingerprints, helped by their titles."""

from __future__ import annotations

import functools
import re

#: Two texts whose titles share nothing are copies if at most so many of 128 bits differ, and with the very same title
#: words if so many more do.
BITS = 23.0
TITLE_BITS = 14.0
#: Half of the bits that may differ at most, with room for chance: whatever differs more in the first half is no copy.
HALF = 30
_WORD = re.compile(r"\w+")


def is_copy(one: tuple[int, int], title: str, other: tuple[int, int], other_title: str) -> float | None:
    """How far two texts are from each other in bits, less what their titles allow; `None` if they are no copies.

    The very same title is a copy whatever stands below it. Titles whose numbers differ are none: forecasts, results and
    series repeat themselves word by word, but for a number.

    Parameters
    ----------
    one, other
        Both halves of each fingerprint. (0, 0), a text without words, is near to nothing.

    Examples
    --------
    >>> round(is_copy((0b1111, 0), "Vỡ đê ở Kim Sơn", (0b1000, 0), "Vỡ đê tại Kim Sơn"), 1)
    -29.3
    >>> is_copy((0b1111, 0), "Điểm chuẩn năm 2025", (0b1111, 0), "Điểm chuẩn năm 2026") is None
    True
    """
    if title and title == other_title:
        return -BITS - TITLE_BITS
    first = (one[0] ^ other[0]).bit_count()
    if first > HALF or not any(one) or not any(other):
        return None
    beyond = first + (one[1] ^ other[1]).bit_count() - BITS
    if beyond > TITLE_BITS:
        return None
    (words, numbers), (others, other_numbers) = _words(title), _words(other_title)
    if not (numbers <= others or other_numbers <= words):
        return None  # each has a number that the other has not
    shared = len(words & others)
    beyond -= TITLE_BITS * shared / max(1, len(words) + len(others) - shared)
    return beyond if beyond <= 0 else None


@functools.lru_cache(maxsize=16_384)
def _words(title: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words of a title, and those of them that hold a number."""
    words = frozenset(_WORD.findall(title.lower()))
    return words, frozenset(word for word in words if any(sign.isdigit() for sign in word))
