"""Which organisations and themes a text names: one automaton pass over all aliases, then the rules for homonyms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from streams.reading.register import KINDS, Alias, Context, Register
from streams.reading.text import Text, as_written, pattern, spellings, strip_marks

#: Asked about a hit in a text: where the name before it ends, its start and its end. The answer is a code, an empty
#: string (nobody's), or `None`: the rule does not fit.
_Rule = Callable[[Text, int, int, int], "str | None"]


@dataclass(slots=True)
class _Name:
    """What a pattern stands for; `code` is empty for a phrase that is nobody's."""

    code: str
    case: str
    written: frozenset[str]
    stripped: bool = False
    rules: tuple[_Rule, ...] = field(default=())


class NameFinder:
    """Finds the organisations a text names.

    Longest names win and whole words only are found. A text without diacritics is searched for names without them; in
    other texts such names count only if they have several words. Capitals are asked for as each alias says.

    Examples
    --------
    >>> from streams.reading.text import cut
    >>> finder = NameFinder(Register.load())
    >>> sorted(finder.find(cut("Bộ GD-ĐT nói gì về đề thi lộ ở TP.HCM?")))
    ['79', 'BGDDT']
    """

    def __init__(self, register: Register) -> None:
        names = _names(register)
        self._names = list(names.values())
        self._find = AhoCorasick(
            list(names), matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA
        ).find_matches_as_indexes

    def find(self, text: Text) -> frozenset[str]:
        """Codes of what `text` names."""
        hits = self._find(text.lower)
        if not hits:
            return _NOBODY
        codes = set()
        floor = 0
        for number, start, end in hits:
            code = self._judge(text, number, floor, start, end)
            if code:
                codes.add(code)
                floor = end
        return frozenset(codes)

    def _judge(self, text: Text, number: int, floor: int, start: int, end: int) -> str:
        name = self._names[number]
        if not name.code or not _is_cased(name, text, start, end):
            return ""
        for rule in name.rules:
            decided = rule(text, floor, start, end)
            if decided is not None:
                return decided
        return name.code


_NOBODY: frozenset[str] = frozenset()


def _is_cased(name: _Name, text: Text, start: int, end: int) -> bool:
    if name.stripped and not text.plain and "  " not in text.lower[start:end]:
        return False
    if name.case == "any":
        return True
    cased = text.cased[start:end]
    if cased in name.written:
        return True
    if name.case == "always" and len(next(iter(name.written)).split()) == 1:
        return False  # an acronym
    if name.case != "always" and text.cased == text.lower:
        return True
    first, *others = cased.split()
    return first[0].isupper() and (name.case == "first" or all(word[0].isupper() for word in others))


def _names(register: Register) -> dict[str, _Name]:
    """Every pattern with what it stands for; the forms with diacritics go before those without."""
    rules = _rules(register)
    names: dict[str, _Name] = {}
    stripped: dict[str, _Name | None] = {}
    for context in register.contexts:
        if context.action == "mask":
            for form in spellings(pattern(context.alias)):
                names[form] = _Name("", "any", frozenset())
    for alias in register.aliases:
        written = frozenset({as_written(alias.text)})
        key = pattern(alias.text)
        name = _Name(alias.code, alias.case, written, rules=rules.get(key, ()))
        for form in spellings(key):
            names.setdefault(form, name)
        bare = _Name(alias.code, alias.case, frozenset(map(strip_marks, written)), stripped=True, rules=name.rules)
        form = strip_marks(key)
        known = stripped.setdefault(form, bare)
        if known is not None and known.code != alias.code:
            stripped[form] = None  # two organisations are written alike without diacritics
    for form, found in stripped.items():
        if found is not None:
            names.setdefault(form, found)
    return names


def _rules(register: Register) -> dict[str, tuple[_Rule, ...]]:
    """The rules of every alias, by its pattern, in the order of the files."""
    found: dict[str, list[_Rule]] = {}
    by_kind: dict[str, list[Alias]] = {}
    for alias in register.aliases:
        organisation = register.organisation(alias.code)
        if organisation is not None:
            by_kind.setdefault(organisation.kind, []).append(alias)
    for context in register.contexts:
        if context.action != "mask":
            for key in _keys(context, by_kind):
                found.setdefault(key, []).append(_rule(context, key, register))
    return {key: tuple(rules) for key, rules in found.items()}


def _keys(context: Context, by_kind: dict[str, list[Alias]]) -> Iterable[str]:
    if context.alias[0] == "@" and context.alias[1:] in KINDS:
        return dict.fromkeys(pattern(alias.text) for alias in by_kind.get(context.alias[1:], ()))
    return [pattern(context.alias)]


def _rule(context: Context, key: str, register: Register) -> _Rule:
    answer = context.action
    if answer == "keep":
        answer = next(alias.code for alias in register.aliases if pattern(alias.text) == key)
    elif answer == "drop":
        answer = ""
    return _CONDITIONS[context.where](answer, context.words)


class _Words(NamedTuple):
    """Phrases to look for as written, and those to look for in any case."""

    cased: tuple[str, ...]
    lower: tuple[str, ...]

    def occur(self) -> Callable[[Text], bool]:
        """Whether any of them stands in a text; remembers the last one, which often names several provinces."""
        in_cased, in_lower = _searcher(self.cased), _searcher(self.lower)
        last: tuple[Text | None, bool] = None, False

        def decide(text: Text) -> bool:
            nonlocal last
            if last[0] is not text:
                last = text, bool(in_cased(text.cased) or in_lower(text.lower))
            return last[1]

        return decide


def _searcher(phrases: tuple[str, ...]) -> Callable[[str], Sequence[object]]:
    if not phrases:
        return lambda _text: ()
    automaton = AhoCorasick(list(phrases), implementation=Implementation.ContiguousNFA)
    return automaton.find_matches_as_indexes


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
def _before(answer: str, words: tuple[str, ...]) -> _Rule:
    cased, lower = _forms(words)

    def decide(text: Text, floor: int, start: int, _end: int) -> str | None:
        fits = text.cased.endswith(cased, floor, start) or text.lower.endswith(lower, floor, start)
        return answer if fits else None

    return decide


@cache
def _after(answer: str, words: tuple[str, ...]) -> _Rule:
    cased, lower = _forms(words)

    def decide(text: Text, _floor: int, _start: int, end: int) -> str | None:
        fits = text.cased.startswith(cased, end) or text.lower.startswith(lower, end)
        return answer if fits else None

    return decide


@cache
def _anywhere(answer: str, words: tuple[str, ...]) -> _Rule:
    occur = _forms(words).occur()

    def decide(text: Text, _floor: int, _start: int, _end: int) -> str | None:
        return answer if occur(text) else None

    return decide


def _always(answer: str, _words: tuple[str, ...]) -> _Rule:
    def decide(_text: Text, _floor: int, _start: int, _end: int) -> str | None:
        return answer

    return decide


_CONDITIONS: dict[str, Callable[[str, tuple[str, ...]], _Rule]] = {
    "before": _before,
    "after": _after,
    "text": _anywhere,
    "always": _always,
}
