"""Days that are unlike others: the lunar new year, public holidays, announced events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Spell:
    """Days of rest in a row: what is usual is put aside while they last.

    Attributes
    ----------
    name
        What people call it.
    first, last
        Its first and last day.
    times
        How many times the usual mentions come on such a day, until it shows itself.
    """

    name: str
    first: date
    last: date
    times: float = 0.7

    @property
    def first_day(self) -> int:
        """Its first day, counted from 1970."""
        return self.first.toordinal() - _EPOCH


@dataclass(frozen=True)
class Calendar:
    """Spells by day.

    Examples
    --------
    >>> tet = Spell("Tết", date(2026, 2, 16), date(2026, 2, 22))
    >>> calendar = Calendar([tet])
    >>> calendar.spell(20_500) is tet, calendar.spell(20_400)
    (True, None)
    """

    spells: Sequence[Spell] = ()
    _days: dict[int, Spell] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the days."""
        for spell in self.spells:
            for day in range(spell.first.toordinal(), spell.last.toordinal() + 1):
                self._days[day - _EPOCH] = spell

    def spell(self, day: int) -> Spell | None:
        """The spell that holds a day, counted from 1970, if any."""
        return self._days.get(day)


VIETNAMESE = Calendar(
    [
        Spell("Tết Ất Tỵ", date(2025, 1, 25), date(2025, 2, 2)),
        Spell("Tết Bính Ngọ", date(2026, 2, 14), date(2026, 2, 22)),
        Spell("Tết Đinh Mùi", date(2027, 2, 4), date(2027, 2, 11)),
    ]
)
