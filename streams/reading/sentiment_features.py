"""Texts -> rows of the model's table: syllables and pairs of them in two forms, names of places and bodies masked.

The forms are the syllable as written and without its marks, so that a text typed without diacritics is still read. The
rows are hashes (BLAKE2b of the syllable, mixed for pairs), so they are the same in every process and every run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from streams.reading.languages import SYLLABLE, word_flags
from streams.reading.register import Register
from streams.reading.spelling import fold, variants
from streams.reading.teencode import teencode
from streams.reading.text import BREAK, Text, pattern, strip_marks

#: Rows of the table; one more stands for nothing.
BITS = 18
ROWS = 1 << BITS
#: Planes of `Features.rows`: syllables and pairs as written, syllables and pairs without marks.
PLANES = 4
#: Letters after which a text is not read on: what it says of a body is said by then.
LONGEST = 6_000
#: Syllables remembered.
_CACHED = 200_000
_END = "|"
_PLACE, _BODY = "<place>", "<body>"
_OF_NONE = frozenset({"<", BREAK})
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(64 - BITS)

Rows = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]


class Features(NamedTuple):
    """A batch of texts, one after the other, each ended by a word that stands for nothing.

    Attributes
    ----------
    rows
        Shape (`PLANES`, words): rows of the table; `ROWS` where there is none.
    starts
        Where each text begins.
    lengths
        Words of each text, without its end.
    plain
        Which texts are written without any diacritics: of them only the second form counts, twice.
    languages
        Sums of `streams.reading.languages.word_flags` of each text.
    """

    rows: Rows
    starts: Ints
    lengths: Ints
    plain: npt.NDArray[np.bool_]
    languages: Ints

    def of(self, place: int) -> Rows:
        """The rows of one text, without those that stand for nothing; a plain one's second form twice."""
        start, end = self.starts[place], self.starts[place] + self.lengths[place]
        rows = self.rows[2:, start:end] if self.plain[place] else self.rows[:, start:end]
        flat = rows.ravel()
        flat = flat[flat != ROWS]
        return np.concatenate([flat, flat]) if self.plain[place] else flat


class _Words(dict[str, int]):
    """Numbers words, and keeps what is computed once for each: its hashes, rows and what it says of its language."""

    def __init__(self, names: _Names) -> None:
        super().__init__()
        self.hashes = np.zeros((2, 1024), dtype=np.uint64)
        self.rows = np.full((2, 1024), ROWS, dtype=np.int32)
        self.flags = np.zeros(1024, dtype=np.int64)
        self.is_name = np.zeros(1024, dtype=np.bool_)
        self._singles = names.singles
        self[_END] = 0

    def __missing__(self, word: str) -> int:
        number = len(self)
        if number == len(self.flags):
            self.hashes, self.rows = np.tile(self.hashes, 2), np.tile(self.rows, 2)
            self.flags, self.is_name = np.tile(self.flags, 2), np.tile(self.is_name, 2)
        for form, text in enumerate(_forms(word)):
            hashed = _hash(text)
            self.hashes[form, number] = hashed
            self.rows[form, number] = hashed >> (64 - BITS)
        # The end of a clause and a masked name are of no language.
        self.flags[number] = SYLLABLE if word[0] in _OF_NONE else word_flags(word)
        self.is_name[number] = word in self._singles
        self[word] = number
        return number


class _Names:
    """The names to be masked, by their first two words: where no name begins with a pair, nothing is compared.

    Attributes
    ----------
    singles
        Words that are a name by themselves, and the mask of each.
    begins
        Whether a name may begin with a pair of words, by the first bits of the pair's hash.
    """

    def __init__(self, masks: Mapping[str, str]) -> None:
        self.singles: dict[str, str] = {}
        self.begins = np.zeros(ROWS, dtype=np.bool_)
        self._longer: dict[tuple[str, str], list[tuple[list[str], str]]] = {}
        for name, mask in masks.items():
            words = name.split()
            if len(words) == 1:
                self.singles[words[0]] = mask
            else:
                self._longer.setdefault((words[0], words[1]), []).append((words, mask))
        for (one, two), longer in self._longer.items():
            longer.sort(key=lambda each: -len(each[0]))
            hashes = np.array([_hash(_forms(one)[0]), _hash(_forms(two)[0])], dtype=np.uint64)
            self.begins[int(_mixed(hashes)[0] >> _SHIFT)] = True

    def at(self, tokens: Sequence[str], place: int) -> tuple[int, str]:
        """How many words the longest name has that begins there, and its mask; 0 where none does."""
        for words, mask in self._longer.get((tokens[place], tokens[place + 1]), ()):
            if tokens[place : place + len(words)] == words:
                return len(words), mask
        mask = self.singles.get(tokens[place], "")
        return (1, mask) if mask else (0, "")


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(errors="replace"), digest_size=8).digest(), "little")


def _forms(word: str) -> tuple[str, str]:
    """A syllable as written, and without marks; abbreviations of social media in full, look-alike letters as Latin."""
    word = teencode().get(word, word)
    if word.isascii():
        return word, f"~{word}"
    folded = fold(word)
    return word, f"~{strip_marks(word)}" if "*" in folded else f"~{folded}"


class Featuriser:
    """Makes features of texts; remembers what it knows of words, and nothing else.

    Parameters
    ----------
    register
        Whose names of places and bodies are masked: what a text says must not depend on where it happened.

    Examples
    --------
    >>> from streams.reading.text import cut_all
    >>> featuriser = Featuriser(Register.load())
    >>> features = featuriser.features(cut_all(["Ngập nặng ở Huế", "Ngập nặng ở tỉnh Cà Mau"]))
    >>> features.of(0).tolist() == features.of(1).tolist(), features.lengths.tolist()
    (True, [4, 4])
    """

    def __init__(self, register: Register) -> None:
        self._names = _Names(_masks(register))
        self._words = _Words(self._names)

    def features(self, texts: Sequence[Text]) -> Features:
        """Features of each text."""
        if len(self._words) > _CACHED:
            self._words = _Words(self._names)
        words = self._words
        numbers = self._numbers(
            [text.lower if len(text.lower) <= LONGEST else _beginning(text.lower) for text in texts]
        )
        ends = np.flatnonzero(numbers == 0)
        starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1] + 1])[: len(texts)]
        rows = np.empty((PLANES, len(numbers)), dtype=np.int32)
        for form in (0, 1):
            rows[2 * form] = words.rows[form].take(numbers)
            if len(numbers):
                rows[2 * form + 1, :-1] = _mixed(words.hashes[form].take(numbers)) >> _SHIFT
        rows[1::2, ends] = ROWS
        rows[1::2, ends - 1] = ROWS  # a last word has no next; where a text is empty, that of the text before
        flags = words.flags.take(numbers)
        languages = np.add.reduceat(flags, starts) if len(texts) else flags
        plain = np.array([text.plain for text in texts], dtype=np.bool_)
        return Features(rows, starts, ends - starts, plain, languages)

    def _numbers(self, lowers: Sequence[str]) -> npt.NDArray[np.int32]:
        """The numbers of the texts' words, each text ended by 0, names masked."""
        words = self._words
        tokens = "".join([f"{lower} {_END} " for lower in lowers]).split()
        numbers = np.fromiter(map(words.__getitem__, tokens), dtype=np.int32, count=len(tokens))
        if not tokens:
            return numbers
        may_begin = words.is_name.take(numbers)
        may_begin[:-1] |= self._names.begins.take(_mixed(words.hashes[0].take(numbers)) >> _SHIFT)
        kept = np.ones(len(numbers), dtype=np.bool_)
        reached = 0
        for place in np.flatnonzero(may_begin).tolist():
            length, mask = self._names.at(tokens, place) if place >= reached else (0, "")
            if length:
                reached = place + length
                numbers[place] = words[mask]
                kept[place + 1 : reached] = False
        return numbers[kept] if reached else numbers


def _mixed(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A hash of each pair of neighbours."""
    mixed = (hashes[:-1] * _MULTIPLIER + hashes[1:]) * _MIX
    mixed ^= mixed >> np.uint64(32)
    mixed *= _MULTIPLIER
    return mixed


def _beginning(lower: str) -> str:
    return lower[: lower.rindex(" ", 0, LONGEST) + 1] if " " in lower[1:LONGEST] else ""


_BEFORE_PLACES = ("", "tỉnh ", "thành phố ", "tp ")


def _masks(register: Register) -> dict[str, str]:
    """Every name of a place or body, in every spelling, and its mask.

    Those of the 3,321 communes stay: none of them stands in enough texts to be learned.
    """
    names: dict[str, str] = {}
    bodies = (*register.organisations(), *register.ceased())
    kinds = {body.code: body.kind for body in bodies}
    written = [(body.name, body.kind) for body in bodies]
    written += [(alias.text, kinds[alias.code]) for alias in register.aliases if alias.part != "commune"]
    for name, kind in written:
        if kind == "theme":
            continue  # what a theme is called may be what is wrong
        is_place = kind in {"province", "city"}
        for before in _BEFORE_PLACES if is_place else ("",):
            for form in _spelled(pattern(before + name)):
                names.setdefault(form, _PLACE if is_place else _BODY)
    return names


def _spelled(key: str) -> Iterable[str]:
    return variants(key) | {strip_marks(key)} if key else ()
