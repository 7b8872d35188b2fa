"""The names of a register by their folded form: what the automaton looks for, and whose each spelling is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from streams.reading.name_rules import Rule, rules_of
from streams.reading.register import Alias, Register, last_of
from streams.reading.spelling import fold, resembles, variants
from streams.reading.text import BREAK, as_written, pattern

#: How papers shorten the kind of a unit before its name, with or without a full stop and a space.
_SHORT_UNITS = {
    "phường": "p",
    "xã": "x",
    "quận": "q",
    "huyện": "h",
    "thị  xã": "tx",
    "thành  phố": "tp",
}
#: Spellings of one name that are remembered beside the right ones.
_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Name:
    """What a spelling stands for.

    Attributes
    ----------
    code
        Empty for a phrase that is nobody's.
    alias
        The name as the register has it.
    case
        See `streams.reading.register.Alias`.
    capitals
        Which of its words must begin with a capital where the text has capitals, counted from the end.
    acronym
        Is one word that must be written as it is.
    place, theme, part
        Whether it is a province's or city's, or a theme's; what part of it, if any.
    until
        The last millisecond at which this was the name of the body that is responsible.
    whole
        Must have all its marks, unless the text has none at all. So must the names of communes: without marks
        *phường* is a direction and *xã* is far.
    loose
        This spelling lacks marks.
    """

    code: str
    alias: str = ""
    case: str = "any"
    capitals: tuple[int, ...] = ()
    acronym: str = ""
    place: bool = False
    theme: bool = False
    part: str = ""
    until: int = 2**62
    whole: bool = False
    loose: bool = False
    rules: tuple[Rule, ...] = ()


@dataclass(slots=True)
class Group:
    """All names that are the same when folded; `spelled` says whose a spelling is."""

    names: list[tuple[str, Name]] = field(default_factory=list)
    spelled: dict[str, Name | None] = field(default_factory=dict)

    def whose(self, spelling: str) -> Name | None:
        """The name that `spelling` is, or lacks marks of; `None` if it is none, or those of two organisations."""
        try:
            return self.spelled[spelling]
        except KeyError:
            found = self._weigh(spelling)
            if len(self.spelled) < len(self.names) + _REMEMBERED:
                self.spelled[spelling] = found
            return found

    def _weigh(self, spelling: str) -> Name | None:
        alike = [name for form, name in self.names if resembles(spelling, form) and not _is_number(form, name)]
        return replace(alike[0], loose=True) if len({name.code for name in alike}) == 1 else None


def _is_number(form: str, name: Name) -> bool:
    """Whether a district has a number for a name: ``quan 10`` is a part of *bình quân 10* as well."""
    return name.part == "commune" and len(form.split()) < 3


def table_of(register: Register) -> dict[str, Group]:
    """Every folded form of the register's names and masks with its group."""
    groups: dict[str, Group] = {}
    for key, name in _names(register):
        for form in _shortened(key):
            for spelling in variants(form):
                group = groups.setdefault(fold(spelling), Group())
                group.names.append((spelling, name))
                group.spelled.setdefault(spelling, name)
    return groups


def _names(register: Register) -> Iterator[tuple[str, Name]]:
    """Every pattern with its name; masks go first."""
    for context in register.contexts:
        if context.action == "mask":
            yield pattern(context.alias), Name("")
    whole = {pattern(context.alias) for context in register.contexts if context.action == "whole"}
    rules = rules_of(register)
    for alias in _last_said(register.aliases):
        key = pattern(alias.text)
        words = as_written(alias.text).split()
        body = register.organisation(alias.code)
        yield (
            key,
            Name(
                code=alias.code,
                alias=alias.text,
                case=alias.case,
                capitals=_capitals(alias.case, words),
                acronym=words[0] if alias.case == "always" and len(words) == 1 else "",
                place=body is not None and body.kind in {"province", "city"},
                theme=body is not None and body.kind == "theme",
                part=alias.part,
                until=last_of(alias.until if body is None or body.successor is None else body.until),
                whole=key in whole or alias.part == "commune",
                rules=rules.get(key, ()),
            ),
        )


def _capitals(case: str, words: Sequence[str]) -> tuple[int, ...]:
    asked = {"any": 0, "first": 1}.get(case, len(words))
    return tuple(number - len(words) for number, word in enumerate(words[:asked]) if word[0].isupper())


def _last_said(aliases: Iterable[Alias]) -> Iterable[Alias]:
    """Of lines that name the same for the same body the last holds: it may change the case."""
    return {(pattern(alias.text), alias.code): alias for alias in aliases}.values()


def _shortened(key: str) -> Iterator[str]:
    yield key
    for unit, short in _SHORT_UNITS.items():
        for start in (unit, short):
            if key.startswith(f" {start} "):
                rest = key[len(start) + 2 :]
                yield f" {short} {rest}"
                yield f" {short}  {BREAK} {rest}"
