"""Ways in which the same text is typed: decomposed, without diacritics, in capitals, with other signs in it."""

import unicodedata
from collections.abc import Callable, Mapping

from streams.reading.text import strip_marks


def _zero_width(text: str) -> str:
    return "\u200b".join(text)


def _emoji(text: str) -> str:
    return text.replace(" ", " 😡 ")


def _look_alike(text: str) -> str:
    return text.translate(str.maketrans("aceopxy", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443"))


def _mixed(text: str) -> str:
    return f"越南 {text} Вьетнам"


WAYS: Mapping[str, Callable[[str], str]] = {
    "decomposed (NFD)": lambda text: unicodedata.normalize("NFD", text),
    "without diacritics": strip_marks,
    "all capitals": str.upper,
    "emoji between all words": _emoji,
    "zero-width characters between all letters": _zero_width,
    "Cyrillic look-alikes": _look_alike,
    "Chinese and Russian words beside": _mixed,
}
