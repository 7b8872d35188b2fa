"""Replay series of counts: what would have fired."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from detectors.bank import Bank, Decision, Kind
from detectors.baseline import Ints
from detectors.policy import Policy

COLUMNS = ["organisation", "window_start", "mentions", "negative"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
#: More windows between the first and the last than this are a mistaken time: twenty years of minutes.
MOST_WINDOWS = 20 * 366 * 1440
#: More mentions in one window than this are a mistaken count.
MOST_MENTIONS = 10**9
#: Characters of a name, and of a time as written.
MOST_CHARACTERS = 200


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


@dataclass(frozen=True, slots=True)
class CountAlert:
    """A change of an alert in a replay of counts.

    Attributes
    ----------
    organisation
        Its name as in the file.
    window_start, fired_at
        Start of the last window tested, written as in the file; its end, in UTC.
    observed, mentions, expected
        Of that window.
    decision
        What the detector decided, with the wider window that told most.
    """

    organisation: str
    window_start: str
    fired_at: datetime
    observed: int
    mentions: int
    expected: float
    decision: Decision


@dataclass(slots=True)
class _Series:
    """Rows of one organisation; places are windows since its first row."""

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
    series: tuple[_Series, ...]


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
    Bank(Policy(), 0, step)  # refuses an impossible step
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, [])
        if [name.strip().removeprefix("\ufeff") for name in header] != COLUMNS:
            raise CountsError(1, f"the header must be {','.join(COLUMNS)}")
        found: dict[str, _Series] = {}
        rows = 0
        for cells in reader:
            if cells:
                _take(found, cells, step, reader.line_num)
                rows += 1
    except csv.Error as error:
        raise CountsError(reader.line_num, f"this is no CSV ({error})") from error
    except UnicodeDecodeError as error:
        raise CountsError(reader.line_num + 1, "this is not UTF-8") from error
    return Counts(step, tuple(found), rows, tuple(found.values()))


def _take(found: dict[str, _Series], cells: list[str], step: int, line: int) -> None:
    if len(cells) != len(COLUMNS):
        raise CountsError(line, f"{len(COLUMNS)} columns are needed, not {len(cells)}")
    name, written = cells[0], cells[1]
    if not name.strip() or len(name) > MOST_CHARACTERS:
        raise CountsError(line, f"organisation needs 1 to {MOST_CHARACTERS} characters")
    start = _time(written, line)
    mentions, negative = _count(cells[2], "mentions", line), _count(cells[3], "negative", line)
    if negative > mentions:
        raise CountsError(line, f"negative ({negative}) is more than mentions ({mentions})")
    series = found.setdefault(name, _Series(start))
    place, off = divmod(start - series.first, step * MINUTE)
    if off:
        raise CountsError(line, f"window_start is not a whole number of steps of {step} min after {name}'s first")
    if series.places and place <= series.places[-1]:
        what = "is there twice" if place == series.places[-1] else "is before the row above it"
        raise CountsError(line, f"the window {written} of {name} {what}")
    if place > MOST_WINDOWS:
        raise CountsError(line, f"window_start is more than {MOST_WINDOWS} windows after {name}'s first")
    series.places.append(place)
    series.negative.append(negative)
    series.mentions.append(mentions)
    series.written.append(written)


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


def replay(counts: Counts, policy: Policy, *, all_changes: bool = False) -> Iterator[CountAlert]:
    """Run a fresh bank over the counts and yield what fires, in time order; escalations and ends if asked.

    A missing window is zero, also before an organisation's first row and after its last within the file's span.

    Raises
    ------
    CountsError
        If the file's span has more windows than can be meant.
    """
    if not counts.series:
        return
    step = counts.step * MINUTE
    base = min(series.first for series in counts.series).replace(second=0, microsecond=0)
    offsets = [(series.first - base) // step for series in counts.series]
    events = _events(counts, offsets)
    if events[0][-1] > MOST_WINDOWS:
        raise CountsError(counts.rows + 1, f"the file spans more than {MOST_WINDOWS} windows")
    bank = Bank(policy, len(counts.series), counts.step)
    first = (base - EPOCH) // MINUTE
    for place, decisions in _run(bank, first, events):
        for made in decisions:
            if made.kind is Kind.FIRED or all_changes:
                yield _alert(counts, offsets, bank, place, made)


def _events(counts: Counts, offsets: list[int]) -> tuple[Ints, Ints, Ints, Ints]:
    """Windows, rows of the bank, negatives, mentions: in order of window, then row."""
    joined = [
        np.concatenate([np.asarray(getattr(series, name), dtype=np.int64) for series in counts.series])
        for name in ("places", "negative", "mentions")
    ]
    rows = np.repeat(np.arange(len(offsets)), [len(series.places) for series in counts.series])
    windows = joined[0] + np.repeat(np.array(offsets, dtype=np.int64), [len(s.places) for s in counts.series])
    order = np.lexsort((rows, windows))
    return windows[order], rows[order], joined[1][order], joined[2][order]


def _run(bank: Bank, first: int, events: tuple[Ints, Ints, Ints, Ints]) -> Iterator[tuple[int, list[Decision]]]:
    """Close every window; yields its place and what was decided."""
    windows, rows, all_negative, all_mentions = events
    negative, mentions = np.zeros(bank.size, dtype=np.int64), np.zeros(bank.size, dtype=np.int64)
    starts = np.flatnonzero(np.diff(windows, prepend=-1)).tolist()
    for start, end in zip(starts, [*starts[1:], len(windows)], strict=True):
        place = int(windows[start])
        minute = first + place * bank.grid.step
        if bank.next_minute is not None and bank.next_minute < minute:
            idle = bank.close_idle(minute)
            if idle:
                yield place - 1, idle
        touched = rows[start:end]
        negative[touched], mentions[touched] = all_negative[start:end], all_mentions[start:end]
        decisions = bank.close(minute, negative, mentions)
        negative[touched], mentions[touched] = 0, 0
        if decisions:
            yield place, decisions


def _alert(counts: Counts, offsets: list[int], bank: Bank, place: int, made: Decision) -> CountAlert:
    """Name the window tested; a change at a window without a row names the organisation's last row before it."""
    row = made.index
    series = counts.series[row]
    at = int(np.searchsorted(series.places, place - offsets[row], side="right")) - 1
    start = series.first + series.places[at] * counts.step * MINUTE
    return CountAlert(
        organisation=counts.names[row],
        window_start=series.written[at],
        fired_at=start + counts.step * MINUTE,
        observed=series.negative[at],
        mentions=series.mentions[at],
        expected=float(bank.nearest(np.array([row])).expected[0]),
        decision=made,
    )
