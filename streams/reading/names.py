"""Which organisations and themes a text names: one automaton pass over a batch, then the rules for homonyms.

The automaton looks for names without their marks in texts without their marks; whether a hit is the name, lacks some
of its marks, or is another word, its spelling in the text says. So a name is found in whatever way its marks are left
out, in one pass, whose cost does not depend on how many names there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from streams.reading.name_table import Name, table_of
from streams.reading.register import Example, Register
from streams.reading.spelling import fold
from streams.reading.text import Text, cut_all


class Hit(NamedTuple):
    """An organisation named in a text: its code, the name by which it was found, and where that stands."""

    code: str
    name: Name
    start: int
    end: int


class Found(NamedTuple):
    """What a text names."""

    codes: frozenset[str]
    hits: tuple[Hit, ...]


NOTHING = Found(frozenset(), ())


class NameFinder:
    """Finds the organisations a text names.

    Longest names win and whole words only are found. In a text with diacritics a name without any must have several
    words. Capitals are asked for as each alias says. The name of a commune counts only where the text names no other
    province, since communes of one name are many.

    Examples
    --------
    >>> from streams.reading.text import cut
    >>> finder = NameFinder(Register.load())
    >>> sorted(finder.find(cut("Bộ GD-ĐT nói gì về đề thi lộ ở TP.HCM?")))
    ['79', 'BGDDT']
    """

    def __init__(self, register: Register) -> None:
        table = table_of(register)
        self._groups = list(table.values())
        self._search = AhoCorasick(list(table), implementation=Implementation.ContiguousNFA).find_matches_as_indexes

    def find(self, text: Text) -> frozenset[str]:
        """Codes of what `text` names."""
        return self.find_all([text])[0].codes

    def find_all(self, texts: Sequence[Text]) -> list[Found]:
        """What each text names."""
        found = [NOTHING] * len(texts)
        for number, hits in self._by_text(texts):
            kept = _settled(hits)
            if kept:
                found[number] = Found(frozenset([hit.code for hit in kept]), kept)
        return found

    def _by_text(self, texts: Sequence[Text]) -> Iterator[tuple[int, list[Hit]]]:
        """The hits of each text that has any, in order."""
        joined = "\n".join([text.lower for text in texts])
        matches = self._search(fold(joined), overlapping=True)
        ordered = sorted([(start, -end, group) for group, start, end in matches])  # of those at one place the longest
        number, base, limit = -1, 0, 0
        text, hits, taken = _EMPTY, list[Hit](), 0
        for start, minus_end, group in ordered:
            if start >= limit:
                if hits:
                    yield number, hits
                while start >= limit:
                    number += 1
                    base, limit = limit, limit + len(texts[number].lower) + 1
                text, hits, taken = texts[number], [], 0
            if start < taken:
                continue
            name = self._groups[group].whose(joined[start:-minus_end])
            if name is None or not _is_written(name, text, start - base, -minus_end - base):
                continue
            taken = -minus_end
            code = _decided(name, text, hits[-1].end if hits else 0, start - base, taken - base)
            if code:
                hits.append(Hit(code, name, start - base, taken - base))
        if hits:
            yield number, hits


_EMPTY = Text("", "", plain=True)


def _settled(hits: list[Hit]) -> tuple[Hit, ...]:
    """Without the communes that the named provinces speak against."""
    if len(hits) > 1:
        places = {hit.code for hit in hits if hit.name.place and hit.name.part != "commune"}
        if places:
            return tuple([hit for hit in hits if hit.name.part != "commune" or hit.code in places])
    return tuple(hits)


def _decided(name: Name, text: Text, floor: int, start: int, end: int) -> str:
    for rule in name.rules:
        decided = rule(text, floor, start, end)
        if decided is not None:
            return decided
    return name.code


def _is_written(name: Name, text: Text, start: int, end: int) -> bool:
    """Whether the name stands there with the marks and capitals it must have."""
    if name.loose and not text.plain and (name.whole or "  " not in text.lower[start:end]):
        return False
    if not name.capitals or (text.cased == text.lower and name.case != "always"):
        return True
    words = text.cased[start:end].split()
    if name.acronym:
        return words[0] == name.acronym
    return all(words[place][0].isupper() for place in name.capitals)


def failing(register: Register, examples: Iterable[Example] | None = None) -> list[str]:
    """A sentence for every example that the register does not hold to, with its place.

    The codes of an example are those of the bodies responsible today.

    Examples
    --------
    >>> failing(Register.load())
    []
    """
    asked = list(register.examples if examples is None else examples)
    found = NameFinder(register).find_all(cut_all([example.text for example in asked]))
    given = [register.of_today(one.codes) for one in found]
    return [
        f"{example.place}: {example.text!r} must name {' '.join(sorted(example.codes)) or 'nobody'}, "
        f"not {' '.join(sorted(codes)) or 'nobody'}"
        for example, codes in zip(asked, given, strict=True)
        if codes != example.codes
    ]
