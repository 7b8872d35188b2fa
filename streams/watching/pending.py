"""Readings that wait for the watermark, in the order in which detection sees them."""

import heapq
from collections import deque
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from streams.watching.envelopes import Reading, Source

#: Milliseconds of seen_at between ticks.
TICK = 250
#: Roughly what a waiting reading takes beside its texts, in bytes.
_OVERHEAD = 600


class Entry(NamedTuple):
    """A reading in its place: ordered by `seen_at`, `partition`, `offset`."""

    seen_at: int
    partition: int
    offset: int
    reading: Reading
    source: Source


def tick_of(seen_at: int) -> int:
    """The first tick at which a mention seen then is folded.

    Examples
    --------
    >>> tick_of(0), tick_of(249), tick_of(250)
    (250, 250, 500)
    """
    return seen_at - seen_at % TICK + TICK


class Pending:
    """Readings by partition, each partition's in order of time and offset."""

    def __init__(self) -> None:
        self.queues: dict[int, deque[Entry]] = {}
        #: Estimated memory, for back-pressure.
        self.bytes = 0

    def add(self, entry: Entry) -> None:
        """Let a reading wait; `seen_at` must not decrease within its partition."""
        self.queues.setdefault(entry.partition, deque()).append(entry)
        self.bytes += _size(entry.reading)

    def until(self, end: int) -> Iterator[tuple[int, list[Entry]]]:
        """Take out what was seen before `end`: tick by tick, in order of (seen_at, partition, offset)."""
        taken = heapq.merge(*(self._take(queue, end) for queue in self.queues.values()))
        for tick, entries in groupby(taken, key=_tick_of_entry):
            yield tick, list(entries)

    def _take(self, queue: deque[Entry], end: int) -> Iterator[Entry]:
        while queue and queue[0].seen_at < end:
            entry = queue.popleft()
            self.bytes -= _size(entry.reading)
            yield entry


def _tick_of_entry(entry: Entry) -> int:
    return tick_of(entry.seen_at)


def _size(reading: Reading) -> int:
    return _OVERHEAD + 2 * (len(reading.title) + len(reading.url) + len(reading.id))
