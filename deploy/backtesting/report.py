"""What a backtest prints: a line an alert on standard output; table, sums and comparison on standard error."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from alerts.words import VIETNAM_TIME, clean
from deploy.backtesting.asked import Asked
from deploy.backtesting.told import Told
from deploy.commands.common import say
from deploy.progress import Silent
from detectors.comparing import at_night, compare, later_by

FIRED, HELD_BACK = "fired", "held_back"


@dataclass(frozen=True, slots=True)
class Exposure:
    """Of which organisations alerts were counted, and over how many organisation-weeks.

    Examples
    --------
    >>> Exposure(frozenset({"19", "79"}), 8.0).rate(4)
    '0.500 an organisation and week'
    """

    organisations: frozenset[str]
    weeks: float

    def and_of(self, organisations: frozenset[str], begin: datetime, end: datetime, asked: Asked) -> "Exposure":
        """And of those too, as far as what is told lies between `begin` and `end`."""
        begin, end = max(begin, asked.begin or begin), min(end, asked.end or end)
        weeks = max((end - begin) / timedelta(days=7), 0.0) * len(organisations)
        return Exposure(self.organisations | organisations, self.weeks + weeks)

    @property
    def told(self) -> str:
        """In words."""
        many = len(self.organisations)
        return f"{many:,} organisation{'s' * (many != 1)}, {self.weeks:,.1f} organisation-weeks"

    def rate(self, alerts: int) -> str:
        """Alerts an organisation and week."""
        return f"{alerts / self.weeks:.3f} an organisation and week" if self.weeks > 0 else "in no time at all"


class _Id(msgspec.Struct):
    id: str


class Report:
    """Takes what was found, and prints it.

    A line is printed as soon as it is taken, unless it waits for the other setting or one moment is to be explained.
    """

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        #: Prints a line; another way is taken while a progress bar is on the same terminal.
        self.write: Callable[[bytes], None] = Silent().write
        self.told: list[Told] = []
        #: First firings and what was held back: what a picture marks.
        self.marked: list[Told] = []
        self.rivals: list[Told] = []

    def take(self, told: Told) -> None:
        """Something that the setting found."""
        if told.reason in {FIRED, HELD_BACK} and self._asked.holds(told.organisation, told.fired_at):
            self.marked.append(told)
        if self._wanted(told):
            self.told.append(told)
            if self._asked.rival is None and self._asked.why is None:
                self.write(told.line)

    def take_rival(self, told: Told) -> None:
        """Something that the other setting found."""
        if self._wanted(told):
            self.rivals.append(told)

    def _wanted(self, told: Told) -> bool:
        shown = told.reason == FIRED or self._asked.all_changes
        return shown and self._asked.holds(told.organisation, told.fired_at)

    def fired(self) -> list[Told]:
        """First firings of the setting that is told."""
        return _fired(self.told)

    def end(self, exposure: Exposure, say: Callable[[str], None] = say) -> None:
        """Print what is left to say when everything was taken."""
        if self._asked.rival is not None:
            self._compare(exposure, say)
        if self._asked.table and self.told:
            _table(self.told)
        sys.stdout.flush()
        fired = self.fired()
        say(
            f"{len(fired):,} alert{'s' * (len(fired) != 1)}, {exposure.rate(len(fired))} ({exposure.told}), "
            f"{at_night(told.fired_at for told in fired):,} at night{self._held()}"
        )

    def _held(self) -> str:
        """How many alerts were held back at first, as `--all-changes` shows them."""
        held = len({msgspec.json.decode(told.line, type=_Id).id for told in self.marked if told.reason == HELD_BACK})
        return f"; {held:,} held back at first, see --all-changes" if held else ""

    def _compare(self, exposure: Exposure, say: Callable[[str], None]) -> None:
        first, second = self.fired(), _fired(self.rivals)
        mine, theirs = _places(first), _places(second)
        found = compare(mine, theirs)
        lines = [(first[place].fired_at, first[place].with_fields(comparison="lost")) for place in found.lost]
        lines += [(second[place].fired_at, second[place].with_fields(comparison="gained")) for place in found.gained]
        for a, b in found.kept:
            later = (second[b].fired_at - first[a].fired_at).total_seconds()
            more = {"comparison": "kept", "later_by_seconds": later}
            lines.append((first[a].fired_at, first[a].with_fields(**more)))
        for _, line in sorted(lines):
            self.write(line)
        later_than = later_by(found, mine, theirs)
        say(
            f"the other setting: {len(second):,} alerts, {exposure.rate(len(second))}, "
            f"{at_night(told.fired_at for told in second):,} at night; "
            f"{len(found.gained):,} gained, {len(found.lost):,} lost, {len(found.kept):,} kept{_told(later_than)}"
        )


def _told(later: timedelta | None) -> str:
    if later is None:
        return ""
    minutes = later.total_seconds() / 60
    return f", these {abs(minutes):,.0f} min {'later' if minutes >= 0 else 'earlier'} in the median"


def _fired(told: Sequence[Told]) -> list[Told]:
    return [one for one in told if one.reason == FIRED]


def _places(told: Sequence[Told]) -> list[tuple[str, datetime]]:
    return [(one.organisation, one.fired_at) for one in told]


def _table(told: Sequence[Told]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, side in (
        ("at (Vietnam)", "left"), ("organisation", "left"), ("", "left"), ("severity", "left"), ("observed", "right"),
        ("expected", "right"), ("once in weeks", "right"),
    ):  # fmt: skip
        table.add_column(name, justify="right" if side == "right" else "left", no_wrap=True)
    for one in told:
        rare = f"{1.0 / one.probability:,.0f}" if one.probability > 1e-6 else "> 1,000,000"
        when = f"{one.fired_at.astimezone(VIETNAM_TIME):%Y-%m-%d %H:%M}"
        table.add_row(
            when, clean(one.name, 40), one.reason, one.severity, f"{one.observed:,}", f"{one.expected:,.2f}", rare
        )
    Console(stderr=True, width=None if sys.stderr.isatty() else 140, markup=False, highlight=False).print(table)
