"""A file of counts: read line by line, checked, and refused with the line's number and the reason."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from detectors.layout import Grid

COLUMNS = ["organisation", "window_start", "mentions", "negative"]
MINUTE = timedelta(minutes=1)
#: More windows between the first and the last than this are a mistaken time: twenty years of minutes.
MOST_WINDOWS = 20 * 366 * 1440
#: More mentions in one window than this are a mistaken count.
MOST_MENTIONS = 10**9
#: Characters of a name, and of a time as written.
MOST_CHARACTERS = 200
#: Texts of times and of counts that are remembered while a file is read.
_MOST_KNOWN = 100_000


class CountsError(ValueError):
    """A line of a counts file that is refused.

    Examples
    --------
    >>> str(CountsError(7, "mentions is not a whole number"))
    'line 7: mentions is not a whole number'
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(slots=True)
class Series:
    """Rows of one organisation.

    Attributes
    ----------
    first
        Start of its first window.
    places
        Windows since the first, ascending; one a row.
    negative, mentions
        Counts of the rows.
    written
        Starts of the rows' windows as they stand in the file.
    """

    first: datetime
    places: list[int] = field(default_factory=list)
    negative: list[int] = field(default_factory=list)
    mentions: list[int] = field(default_factory=list)
    written: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Counts:
    """A checked file of counts.

    Attributes
    ----------
    step
        Minutes a window.
    names
        The organisations in the order of their first rows.
    rows
        How many rows were read.
    """

    step: int
    names: tuple[str, ...]
    rows: int
    series: tuple[Series, ...]


def read_counts(lines: Iterable[str], step: int = 1) -> Counts:
    r"""Read and check CSV lines, header first.

    Windows need not begin on whole steps: each organisation's grid begins at its first row. Organisations may be mixed
    or follow one another.

    Raises
    ------
    CountsError
        With the line's number, if rows of an organisation are out of order, double or off its grid, if a count is
        negative, no whole number or greater than the mentions, or a time has no offset.

    Examples
    --------
    >>> text = "organisation,window_start,mentions,negative\nA,2025-01-01T00:00:07Z,4,1\n"
    >>> read_counts(text.splitlines(keepends=True)).names
    ('A',)
    """
    Grid(step)  # refuses an impossible step
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, [])
        if [name.strip().removeprefix("\ufeff") for name in header] != COLUMNS:
            raise CountsError(1, f"the header must be {','.join(COLUMNS)}")
        found = _Rows(step)
        rows = 0
        for cells in reader:
            if cells:
                found.take(cells, reader.line_num)
                rows += 1
    except csv.Error as error:
        raise CountsError(reader.line_num, f"this is no CSV ({error})") from error
    except UnicodeDecodeError as error:
        raise CountsError(reader.line_num + 1, "this is not UTF-8") from error
    return Counts(step, tuple(found.series), rows, tuple(found.series.values()))


class _Rows:
    """Checks row after row. Times and counts come again and again: each is read once."""

    def __init__(self, step: int) -> None:
        self.series: dict[str, Series] = {}
        self._step = step
        self._width = step * MINUTE
        self._times: dict[str, datetime] = {}
        self._counts: dict[str, int] = {}

    def take(self, cells: list[str], line: int) -> None:
        if len(cells) != len(COLUMNS):
            raise CountsError(line, f"{len(COLUMNS)} columns are needed, not {len(cells)}")
        name, written = cells[0], cells[1]
        start = self._times.get(written) or self._time(written, line)
        mentions, negative = self._counts.get(cells[2]), self._counts.get(cells[3])
        if mentions is None:
            mentions = self._count(cells[2], "mentions", line)
        if negative is None:
            negative = self._count(cells[3], "negative", line)
        if negative > mentions:
            raise CountsError(line, f"negative ({negative}) is more than mentions ({mentions})")
        series = self.series.get(name) or self._new(name, start, line)
        place, off = divmod(start - series.first, self._width)
        if off or place > MOST_WINDOWS or (series.places and place <= series.places[-1]):
            self._refuse(series, name, written, place, line, off=bool(off))
        series.places.append(place)
        series.negative.append(negative)
        series.mentions.append(mentions)
        series.written.append(written)

    def _new(self, name: str, start: datetime, line: int) -> Series:
        if not name.strip() or len(name) > MOST_CHARACTERS:
            raise CountsError(line, f"organisation needs 1 to {MOST_CHARACTERS} characters")
        return self.series.setdefault(name, Series(start))

    def _refuse(self, series: Series, name: str, written: str, place: int, line: int, *, off: bool) -> None:
        if off:
            step = f"steps of {self._step} min after {name}'s first"
            raise CountsError(line, f"window_start is not a whole number of {step}")
        if series.places and place <= series.places[-1]:
            what = "is there twice" if place == series.places[-1] else "is before the row above it"
            raise CountsError(line, f"the window {written} of {name} {what}")
        raise CountsError(line, f"window_start is more than {MOST_WINDOWS} windows after {name}'s first")

    def _time(self, written: str, line: int) -> datetime:
        if len(self._times) >= _MOST_KNOWN:
            self._times.clear()
        return self._times.setdefault(written, _time(written, line))

    def _count(self, written: str, what: str, line: int) -> int:
        if len(self._counts) >= _MOST_KNOWN:
            self._counts.clear()
        return self._counts.setdefault(written, _count(written, what, line))


def _time(text: str, line: int) -> datetime:
    try:
        time = datetime.fromisoformat(text.strip()) if len(text) <= MOST_CHARACTERS else None
        if time is None or time.tzinfo is None:
            raise CountsError(line, "window_start must be an RFC 3339 time with its offset, such as Z or +07:00")
        time = time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, CountsError):
            raise
        raise CountsError(line, "window_start must be an RFC 3339 time with its offset, such as Z or +07:00") from error
    if not 1971 <= time.year <= 2900:
        raise CountsError(line, "window_start must lie between the years 1971 and 2900")
    return time


def _count(text: str, what: str, line: int) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12 and int(digits) <= MOST_MENTIONS):
        raise CountsError(line, f"{what} must be a whole number from 0 to {MOST_MENTIONS}")
    return int(digits)
