"""The register of organisations and themes: dated data files, checked when they are loaded.

Four kinds of files, tab-separated with a header line; `#` starts a comment line:

- ``organisations*.tsv``: ``code name kind parent since until owners aliases successor``. One line a body or theme; a
  body that ceased has its last day and the body responsible since.
- ``aliases*.tsv``: ``alias code until case part``. Further names; `until` is the day a former name ceased, `part` says
  that it is the name of a part: ``town``, ``department``, or ``commune``, which counts only where the text names no
  other province.
- ``contexts*.tsv``: ``alias action where words``. When a name means something else; see `streams.reading.name_rules`.
- ``examples*.tsv``: ``text codes``. What must be found in a sentence; `streams.reading.names.failing` tries them.

A directory of one's own adds its files to the bundled ones; one with the name of a bundled file replaces it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from streams.watching.envelopes import UNATTRIBUTED

KINDS = ("province", "city", "ministry", "agency", "body", "theme")
CASES = ("", "any", "first", "all", "always")
PARTS = ("", "town", "department", "commune")
ACTIONS = ("keep", "drop", "mask", "whole")
PLACES = ("before", "after", "text", "always")


class RegisterError(ValueError):
    """A mistake in a register file, with file, line and reason."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A public body, or a theme, as watched from `since` to `until` (days, both included).

    `successor` is the body responsible since for one that ceased.
    """

    code: str
    name: str
    kind: str
    parent: str | None = None
    since: date | None = None
    until: date | None = None
    owners: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    successor: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """What `canhbao organisations --json` prints of it."""
        return {
            "code": self.code,
            "name": self.name,
            "kind": self.kind,
            "parent": self.parent,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "owners": list(self.owners),
            "aliases": list(self.aliases),
            "former_names": list(self.former_names),
            "successor": self.successor,
        }


class Alias(NamedTuple):
    """A name by which an organisation is found.

    `case` says which of its words must begin with a capital where the text has capitals: ``any`` none, ``first`` the
    first, ``all`` those that do in the alias, ``always`` those even in a text without capitals. `part` is one of
    `PARTS`.
    """

    text: str
    code: str
    case: str
    until: date | None = None
    part: str = ""


class Context(NamedTuple):
    """A rule that says when an alias means its organisation. The first rule that fits decides.

    `words` are phrases; those with a capital are looked for as written, the others in any case.
    """

    alias: str
    action: str
    where: str
    words: tuple[str, ...] = ()


class Example(NamedTuple):
    """A sentence, the codes that must be found in it, and where it is written."""

    text: str
    codes: frozenset[str]
    place: str


class Contents(NamedTuple):
    """What the files of a register say, and the digest of their content."""

    organisations: Sequence[Organisation]
    aliases: Sequence[Alias]
    contexts: Sequence[Context]
    examples: Sequence[Example]
    digest: str


class Register:
    """Organisations and themes, their names and the rules for homonyms.

    Build it with `load`.

    Examples
    --------
    >>> register = Register.load()
    >>> register.name("19"), "BYT" in register.codes
    ('Thái Nguyên', True)
    """

    def __init__(self, contents: Contents) -> None:
        self._organisations = {organisation.code: organisation for organisation in contents.organisations}
        self.aliases = tuple(contents.aliases)
        self.contexts = tuple(contents.contexts)
        self.examples = tuple(contents.examples)
        #: SHA-256 of the content of all files.
        self.digest = contents.digest
        #: Codes that a mention may name.
        self.codes = frozenset(self._organisations)
        self._ancestors = {code: tuple(self._climb(code)) for code in self._organisations}
        self._bounds = {code: _bounds(each) for code, each in self._organisations.items() if _is_dated(each)}
        self._rolled: dict[frozenset[str], tuple[str, ...]] = {}

    @classmethod
    def load(cls, directory: Path | str | None = None) -> Register:
        """Read the bundled files and those of `directory`, and check them.

        Raises
        ------
        RegisterError
            For the first mistake, with file, line and reason.
        """
        from streams.reading.register_files import read_files  # noqa: PLC0415 - it builds what is defined here

        return cls(read_files(None if directory is None else Path(directory)))

    def organisations(self) -> tuple[Organisation, ...]:
        """The bodies of today and all themes, in the order of the files."""
        return tuple(each for each in self._organisations.values() if each.successor is None)

    def ceased(self) -> tuple[Organisation, ...]:
        """The bodies that ceased, in the order of the files."""
        return tuple(each for each in self._organisations.values() if each.successor is not None)

    def organisation(self, code: str) -> Organisation | None:
        """The organisation with that code, if there is one."""
        return self._organisations.get(code)

    def name(self, code: str) -> str:
        """Name for people; the code itself where it is not (or no more) in the register."""
        if code == UNATTRIBUTED:
            return "Chưa rõ cơ quan"
        found = self._organisations.get(code)
        return found.name if found is not None else code

    def with_ancestors(self, codes: frozenset[str], seen_at: int) -> tuple[str, ...]:
        """The codes with their parents and parents' parents, sorted; without those not watched at `seen_at` (ms).

        A body that has ceased gives way to its successor; before, it counts for itself and for what succeeded it, so
        that the successor's past is that of all its parts.

        Examples
        --------
        >>> register = Register.load()
        >>> register.with_ancestors(frozenset({"BYT", "19"}), 1_760_000_000_000)
        ('19', 'BYT')
        >>> bac_kan = frozenset({"63-06"})
        >>> [register.with_ancestors(bac_kan, seen_at) for seen_at in (1_740_000_000_000, 1_760_000_000_000)]
        [('19', '63-06'), ('19',)]
        """
        if self._bounds and not self._bounds.keys().isdisjoint(codes):
            codes = frozenset(self._at(codes, seen_at))
        rolled = self._rolled.get(codes)
        if rolled is None:
            rolled = tuple(sorted(codes.union(*(self._ancestors.get(code, ()) for code in codes))))
            if len(self._rolled) < 10_000:
                self._rolled[codes] = rolled
        return rolled

    def is_steady(self, first: int, last: int) -> bool:
        """Whether what is watched is the same at every moment from `first` to `last` (ms)."""
        return not any(first < since <= last or first <= until < last for since, until in self._bounds.values())

    def of_today(self, codes: Iterable[str]) -> frozenset[str]:
        """The codes with the bodies responsible today in place of those that ceased.

        Examples
        --------
        >>> sorted(Register.load().of_today({"BTTTT", "19"}))
        ['19', 'BKHCN']
        """
        return frozenset(map(self._today, codes))

    def _today(self, code: str) -> str:
        successor = self._organisations[code].successor
        return code if successor is None else self._today(successor)

    def ends(self, code: str) -> int:
        """The last millisecond of a body that ceased, or of a theme; far away for all others."""
        return self._bounds.get(code, _ALWAYS)[1]

    def in_force(self, code: str, seen_at: int) -> frozenset[str]:
        """The body responsible at `seen_at` (ms) for what `code` was; empty for a theme that is not watched then."""
        return frozenset(self._at([code], seen_at))

    def _at(self, codes: Iterable[str], seen_at: int) -> Iterator[str]:
        for code in codes:
            first, last = self._bounds.get(code, _ALWAYS)
            successor = self._organisations[code].successor if last < seen_at else None
            if first <= seen_at <= last:
                yield code
            elif successor is not None:
                yield from self._at([successor], seen_at)

    def _climb(self, code: str) -> Iterator[str]:
        above = self._organisations[code].parent or self._organisations[code].successor
        while above is not None:
            yield above
            above = self._organisations[above].parent or self._organisations[above].successor


_ALWAYS = 0, 2**62


def _is_dated(organisation: Organisation) -> bool:
    return organisation.kind == "theme" or organisation.successor is not None


def _bounds(organisation: Organisation) -> tuple[int, int]:
    """First and last millisecond at which a theme is watched, or before which a body had not ceased.

    The dates of other bodies say since when they have their present form.
    """
    since = organisation.since if organisation.kind == "theme" else None
    return last_of(since - timedelta(days=1)) + 1 if since else 0, last_of(organisation.until)


def last_of(day: date | None) -> int:
    """The last millisecond of a day in Vietnam; far away for none.

    Examples
    --------
    >>> last_of(date(2025, 6, 30))
    1751302799999
    """
    return _vietnam_midnight(day + timedelta(days=1)) - 1 if day else _ALWAYS[1]


def _vietnam_midnight(day: date) -> int:
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=7)
    return int(instant.timestamp()) * 1000
