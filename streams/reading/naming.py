"""What a reading says of the organisations it names: codes with their ancestors, roles, and former names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from streams.reading.names import Found, NameFinder
from streams.reading.register import Register
from streams.reading.roles import Role, RoleFinder
from streams.reading.text import Text


class Named(NamedTuple):
    """The organisations of a reading; see `streams.watching.envelopes.Reading`."""

    organisations: tuple[str, ...]
    roles: tuple[int, ...]
    former: tuple[tuple[str, str], ...]


NOBODY = Named((), (), ())


class Namer:
    """Names what texts are about, in batches.

    Examples
    --------
    >>> from streams.reading.text import cut_all
    >>> namer = Namer(Register.load())
    >>> namer.named(cut_all(["Cựu thứ trưởng Bộ TT&TT nhận hối lộ"]), [1_767_000_000_000])
    [Named(organisations=('BKHCN',), roles=(3,), former=(('BKHCN', 'Bộ TT&TT'),))]
    """

    def __init__(self, register: Register) -> None:
        self._register = register
        self._names = NameFinder(register)
        self._roles = RoleFinder()

    def named(self, texts: Sequence[Text], seen_at: Sequence[int]) -> list[Named]:
        """What each text names at the moment (ms) at which it was seen."""
        found = self._names.find_all(texts)
        roles = self._roles.roles(texts, found)
        return [
            self._told(one, of_one, moment) if one.hits else NOBODY
            for one, of_one, moment in zip(found, roles, seen_at, strict=True)
        ]

    def given(self, codes: Sequence[str], seen_at: int) -> Named:
        """What a sender says that a mention names."""
        named = frozenset(codes)
        former = [code for code in sorted(named) if self._register.ends(code) < seen_at]
        names = tuple([(self._responsible(code, seen_at), self._register.name(code)) for code in former])
        return Named(self._register.with_ancestors(named, seen_at), (), tuple(pair for pair in names if pair[0]))

    def _told(self, found: Found, roles: Mapping[str, Role], seen_at: int) -> Named:
        organisations = self._register.with_ancestors(found.codes, seen_at)
        former = dict.fromkeys(
            (self._responsible(hit.code, seen_at), hit.name.alias)
            for hit in found.hits
            if hit.name.until < seen_at and hit.name.part != "commune"
        )
        return Named(organisations, self._rolled(organisations, roles, seen_at), tuple(former))

    def _responsible(self, code: str, seen_at: int) -> str:
        return next(iter(self._register.in_force(code, seen_at)), "")

    def _rolled(self, organisations: Sequence[str], roles: Mapping[str, Role], seen_at: int) -> tuple[int, ...]:
        """The role of each, in their order; a body has the strongest of its own and its parts'. Empty if all are 0."""
        if not any(roles.values()):
            return ()
        if len(organisations) == 1:
            return (int(max(roles.values())),)
        strongest = dict.fromkeys(organisations, 0)
        for code, role in roles.items():
            for above in self._register.with_ancestors(frozenset({code}), seen_at):
                strongest[above] = max(strongest[above], int(role))
        return tuple(strongest.values())
