"""The register of organisations and themes: dated data files, checked when they are loaded.

Three kinds of files, tab-separated with a header line; `#` starts a comment line:

- ``organisations*.tsv``: ``code name kind parent since until owners aliases``. One line a body or theme.
- ``aliases*.tsv``: ``alias code until case``. Further names; `until` is the day a former name ceased.
- ``contexts*.tsv``: ``alias action where words``. When a name means something else; see `streams.reading.names`.

A directory of one's own adds its files to the bundled ones; one with the name of a bundled file replaces it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from streams.watching.envelopes import UNATTRIBUTED

KINDS = ("province", "city", "ministry", "agency", "body", "theme")
CASES = ("", "any", "first", "all", "always")
ACTIONS = ("keep", "drop", "mask")
PLACES = ("before", "after", "text", "always")


class RegisterError(ValueError):
    """A mistake in a register file, with file, line and reason."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A public body, or a theme, as watched from `since` to `until` (days, both included)."""

    code: str
    name: str
    kind: str
    parent: str | None = None
    since: date | None = None
    until: date | None = None
    owners: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()

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
        }


class Alias(NamedTuple):
    """A name by which an organisation is found.

    `case` says which of its words must begin with a capital where the text has capitals: ``any`` none, ``first`` the
    first, ``all`` those that do in the alias, ``always`` those even in a text without capitals.
    """

    text: str
    code: str
    case: str
    until: date | None = None


class Context(NamedTuple):
    """A rule that says when an alias means its organisation. The first rule that fits decides.

    `words` are phrases; those with a capital are looked for as written, the others in any case.
    """

    alias: str
    action: str
    where: str
    words: tuple[str, ...] = ()


class Register:
    """Organisations and themes, their names and the rules for homonyms.

    Build it with `load`.

    Examples
    --------
    >>> register = Register.load()
    >>> register.name("19"), "BYT" in register.codes
    ('Thái Nguyên', True)
    """

    def __init__(
        self, organisations: Iterable[Organisation], aliases: Iterable[Alias], contexts: Iterable[Context], digest: str
    ) -> None:
        self._organisations = {organisation.code: organisation for organisation in organisations}
        self.aliases = tuple(aliases)
        self.contexts = tuple(contexts)
        #: SHA-256 of the content of all files.
        self.digest = digest
        #: Codes that a mention may name.
        self.codes = frozenset(self._organisations)
        self._ancestors = {code: tuple(self._climb(code)) for code in self._organisations}
        self._bounds = {code: _bounds(each) for code, each in self._organisations.items() if each.since or each.until}
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

        return cls(*read_files(None if directory is None else Path(directory)))

    def organisations(self) -> tuple[Organisation, ...]:
        """All bodies and themes, in the order of the files."""
        return tuple(self._organisations.values())

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

        Examples
        --------
        >>> Register.load().with_ancestors(frozenset({"BYT", "19"}), 1_760_000_000_000)
        ('19', 'BYT')
        """
        if self._bounds and not self._bounds.keys().isdisjoint(codes):
            codes = frozenset(code for code in codes if self._is_watched(code, seen_at))
        rolled = self._rolled.get(codes)
        if rolled is None:
            rolled = tuple(sorted(codes.union(*(self._ancestors.get(code, ()) for code in codes))))
            if len(self._rolled) < 10_000:
                self._rolled[codes] = rolled
        return rolled

    def _is_watched(self, code: str, seen_at: int) -> bool:
        first, last = self._bounds.get(code, (seen_at, seen_at))
        return first <= seen_at <= last

    def _climb(self, code: str) -> Iterator[str]:
        parent = self._organisations[code].parent
        while parent is not None:
            yield parent
            parent = self._organisations[parent].parent


def _bounds(organisation: Organisation) -> tuple[int, int]:
    """First and last millisecond at which a theme is watched; a body's dates say since when it has its present form."""
    if organisation.kind != "theme":
        return 0, 2**62
    since = organisation.since or date(1970, 1, 1)
    until = organisation.until or date(2200, 1, 1)
    return _vietnam_midnight(since), _vietnam_midnight(until + timedelta(days=1)) - 1


def _vietnam_midnight(day: date) -> int:
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=7)
    return int(instant.timestamp()) * 1000
