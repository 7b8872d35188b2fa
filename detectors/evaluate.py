"""Replay series of counts: what would have fired."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from detectors.bank import Bank, Decision, Kind
from detectors.counts import MINUTE, MOST_WINDOWS, Counts, CountsError
from detectors.layout import Ints
from detectors.policy import Policy

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


#: Told each window that was closed, by its place since the file's first, and the bank as it is then.
Follow = Callable[[int, Bank], None]


def replay(
    counts: Counts,
    policy: Policy,
    *,
    all_changes: bool = False,
    follow: Follow | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[CountAlert]:
    """Run a fresh bank over the counts and yield what fires, in time order; escalations and ends if asked.

    A missing window is zero, also before an organisation's first row and after its last within the file's span.

    Parameters
    ----------
    follow
        Called after every window, idle ones too: they are then closed one by one, which finds the same, only slower.
    progress
        Called with the rows done so far.

    Raises
    ------
    CountsError
        If the file's span has more windows than can be meant.
    """
    if not counts.series:
        return
    base, offsets = origin(counts)
    events = _events(counts, offsets)
    if events[0][-1] > MOST_WINDOWS:
        raise CountsError(counts.rows + 1, f"the file spans more than {MOST_WINDOWS} windows")
    bank = Bank(policy, len(counts.series), counts.step)
    first = (base - EPOCH) // MINUTE
    for place, decisions in _run(bank, first, events, follow, progress):
        for made in decisions:
            if made.kind is Kind.FIRED or all_changes:
                yield _alert(counts, offsets, bank, place, made)


def origin(counts: Counts) -> tuple[datetime, list[int]]:
    """The file's first whole minute, and how many windows after it each organisation's first one begins."""
    base = min(series.first for series in counts.series).replace(second=0, microsecond=0)
    return base, [(series.first - base) // (counts.step * MINUTE) for series in counts.series]


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


def _run(
    bank: Bank,
    first: int,
    events: tuple[Ints, Ints, Ints, Ints],
    follow: Follow | None,
    progress: Callable[[int], None] | None,
) -> Iterator[tuple[int, list[Decision]]]:
    """Close every window; yields its place and what was decided."""
    windows, rows, all_negative, all_mentions = events
    negative, mentions = np.zeros(bank.size, dtype=np.int64), np.zeros(bank.size, dtype=np.int64)
    starts = np.flatnonzero(np.diff(windows, prepend=-1)).tolist()
    for start, end in zip(starts, [*starts[1:], len(windows)], strict=True):
        place = int(windows[start])
        yield from _idle(bank, first, place, follow)
        touched = rows[start:end]
        negative[touched], mentions[touched] = all_negative[start:end], all_mentions[start:end]
        decisions = bank.close(first + place * bank.grid.step, negative, mentions)
        negative[touched], mentions[touched] = 0, 0
        if follow is not None:
            follow(place, bank)
        if progress is not None:
            progress(end)
        if decisions:
            yield place, decisions


def _idle(bank: Bank, first: int, until: int, follow: Follow | None) -> Iterator[tuple[int, list[Decision]]]:
    """Close the windows without rows before place `until`."""
    step = bank.grid.step
    while bank.next_minute is not None and bank.next_minute < first + until * step:
        place = (bank.next_minute - first) // step + 1 if follow is not None else until
        decisions = bank.close_idle(first + place * step)
        if follow is not None:
            follow(place - 1, bank)
        if decisions:
            yield place - 1, decisions


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
