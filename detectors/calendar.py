"""Days that are unlike others: the lunar new year, public holidays, announced events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Spell:
    """Days in a row that are unlike others.

    Without organisations they are days of rest for all: the level of before is put aside while they last. With
    organisations they are an announced event, of which these are expected to be spoken more.

    Attributes
    ----------
    first, last
        Its first and last day, as in 2026-02-17.
    times
        How many times the usual mentions come on such a day; on days of rest until it shows itself.
    organisations
        Codes of those it concerns.
    name
        What people call it.
    """

    first: str
    last: str
    times: float
    organisations: tuple[str, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no spell."""
        if date.fromisoformat(self.first) > date.fromisoformat(self.last):
            raise ValueError(f"spells: {self.name or self.first} ends before it begins")
        if not 0.05 <= self.times <= 50.0:
            raise ValueError(f"spells: {self.name or self.first} cannot have {self.times} times the usual mentions")

    @property
    def first_day(self) -> int:
        """Its first day, counted from 1970."""
        return date.fromisoformat(self.first).toordinal() - _EPOCH

    @property
    def last_day(self) -> int:
        """Its last day, counted from 1970."""
        return date.fromisoformat(self.last).toordinal() - _EPOCH


class Calendar:
    """Spells by day.

    Examples
    --------
    >>> calendar = Calendar([Spell("2026-02-16", "2026-02-22", 0.6, name="Tết")])
    >>> calendar.rest(20_500).name, calendar.rest(20_400)
    ('Tết', None)
    """

    def __init__(self, spells: Iterable[Spell]) -> None:
        self._rest: dict[int, Spell] = {}
        self._events: dict[int, list[Spell]] = {}
        for spell in spells:
            for day in range(spell.first_day, spell.last_day + 1):
                if spell.organisations:
                    self._events.setdefault(day, []).append(spell)
                else:
                    self._rest[day] = spell

    def rest(self, day: int) -> Spell | None:
        """The days of rest that hold a day, counted from 1970, if any."""
        return self._rest.get(day)

    def events(self, day: int, codes: Sequence[str]) -> NDArray[np.float64] | float:
        """How many times as many mentions each organisation is expected to have on a day because of what is planned."""
        found = self._events.get(day)
        if found is None:
            return 1.0
        times = np.ones(len(codes))
        for spell in found:
            concerned = frozenset(spell.organisations)
            times *= [spell.times if code in concerned else 1.0 for code in codes]
        return times


@cache
def shipped() -> tuple[Spell, ...]:
    """Spells of the calendar file beside this module."""
    lines = resources.files("detectors").joinpath("calendar.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(_spell(line) for line in lines if line and not line.startswith("#"))


def _spell(line: str) -> Spell:
    first, last, times, organisations, name = line.split("\t")
    codes = tuple(code.strip() for code in organisations.split(";") if code.strip())
    return Spell(first, last, float(times), codes, name)
