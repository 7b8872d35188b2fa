"""The rules for homonyms: the lines of ``contexts*.tsv`` as functions that decide about one hit in a text.

A line names an alias (or ``@province`` for all of a kind, or a list), what is decided, and when: if one of its words
stands directly before or after the name, or anywhere in the text, or always. Of the lines for a name the first that
fits decides. ``mask`` makes a phrase nobody's, ``whole`` says that a name without all its marks is not that name unless
the whole text has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from streams.reading.register import KINDS, Alias, Context, Register
from streams.reading.text import Text, as_written, pattern, spellings, strip_marks

#: Asked about a hit in a text: where the name before it ends, its start and its end. The answer is a code, an empty
#: string (nobody's), or `None`: the rule does not fit.
Rule = Callable[[Text, int, int, int], "str | None"]


def rules_of(register: Register) -> dict[str, tuple[Rule, ...]]:
    """The rules of every alias, by its pattern, in the order of the files."""
    found: dict[str, list[Rule]] = {}
    by_kind: dict[str, list[str]] = {}
    owners: dict[str, str] = {}
    for alias in register.aliases:
        owners.setdefault(pattern(alias.text), alias.code)
        if alias.part != "commune":
            by_kind.setdefault(_kind(register, alias), []).append(pattern(alias.text))
    for context in register.contexts:
        if context.action not in {"mask", "whole"}:
            for key in _keys(context, by_kind):
                found.setdefault(key, []).append(_rule(context, owners[key]))
    return {key: tuple(rules) for key, rules in found.items()}


def _kind(register: Register, alias: Alias) -> str:
    organisation = register.organisation(alias.code)
    return "" if organisation is None else organisation.kind


def _keys(context: Context, by_kind: Mapping[str, Sequence[str]]) -> Iterable[str]:
    if context.alias[0] == "@" and context.alias[1:] in KINDS:
        return dict.fromkeys(by_kind.get(context.alias[1:], ()))
    return [pattern(context.alias)]


def _rule(context: Context, owner: str) -> Rule:
    answer = {"keep": owner, "drop": ""}.get(context.action, context.action)
    return _CONDITIONS[context.where](answer, context.words)


class _Words(NamedTuple):
    """Phrases to look for as written, and those to look for in any case."""

    cased: tuple[str, ...]
    lower: tuple[str, ...]

    def occur(self) -> Callable[[Text], bool]:
        """Whether any of them stands in a text; remembers the last one, which often names several provinces."""
        any_case = AhoCorasick(
            [*self.lower, *{phrase.lower() for phrase in self.cased}], implementation=Implementation.ContiguousNFA
        ).find_matches_as_indexes
        last: tuple[Text | None, bool] = None, False

        def decide(text: Text) -> bool:
            nonlocal last
            if last[0] is not text:
                last = text, bool(any_case(text.lower)) and self._stand_in(text)
            return last[1]

        return decide

    def _stand_in(self, text: Text) -> bool:
        return any(phrase in text.lower for phrase in self.lower) or any(phrase in text.cased for phrase in self.cased)

    def edges(self, place: int) -> frozenset[str]:
        """The first (0) or last (-1) words of all phrases in small letters: most neighbours are none of them."""
        return frozenset(phrase.lower().split()[place] for phrase in (*self.cased, *self.lower))


@cache
def _forms(words: tuple[str, ...]) -> _Words:
    cased: set[str] = set()
    lower: set[str] = set()
    for word in words:
        written = as_written(word)
        into = lower if written == written.lower() else cased
        into.update(spellings(written) | {strip_marks(written)})
    return _Words(tuple(sorted(cased)), tuple(sorted(lower)))


@cache
def _before(answer: str, words: tuple[str, ...]) -> Rule:
    forms = _forms(words)
    (cased, lower), ends = forms, forms.edges(-1)

    def decide(text: Text, floor: int, start: int, _end: int) -> str | None:
        small = text.lower
        if small[small.rfind(" ", floor, start - 1) + 1 : start - 1] not in ends:
            return None
        fits = text.cased.endswith(cased, floor, start) or small.endswith(lower, floor, start)
        return answer if fits else None

    return decide


@cache
def _after(answer: str, words: tuple[str, ...]) -> Rule:
    forms = _forms(words)
    (cased, lower), starts = forms, forms.edges(0)

    def decide(text: Text, _floor: int, _start: int, end: int) -> str | None:
        small = text.lower
        if small[end + 1 : small.find(" ", end + 1)] not in starts:
            return None
        fits = text.cased.startswith(cased, end) or small.startswith(lower, end)
        return answer if fits else None

    return decide


@cache
def _anywhere(answer: str, words: tuple[str, ...]) -> Rule:
    occur = _forms(words).occur()

    def decide(text: Text, _floor: int, _start: int, _end: int) -> str | None:
        return answer if occur(text) else None

    return decide


def _always(answer: str, _words: tuple[str, ...]) -> Rule:
    def decide(_text: Text, _floor: int, _start: int, _end: int) -> str | None:
        return answer

    return decide


_CONDITIONS: dict[str, Callable[[str, tuple[str, ...]], Rule]] = {
    "before": _before,
    "after": _after,
    "text": _anywhere,
    "always": _always,
}
