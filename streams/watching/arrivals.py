"""Readings in the order in which detection sees them, by columns, whichever way they came."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.watching.columns import IDENTITY, POSITIVE, Block, Ints
from streams.watching.envelopes import Reading, Source

#: Milliseconds of seen_at between ticks.
TICK = 250


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


class _Numbers(dict[object, int]):
    """Numbers things in order of appearance."""

    def __missing__(self, thing: object) -> int:
        number = self[thing] = len(self)
        return number


class Arrivals:
    """Readings of some ticks, sorted by (seen_at, partition, offset).

    Parameters
    ----------
    entries
        Readings one by one.
    blocks
        Readings by columns, each with its `mentions` partition.
    """

    def __init__(self, entries: Sequence[Entry], blocks: Iterable[tuple[int, Block]] = ()) -> None:
        sources, groups = _Numbers(), _Numbers()
        parts = [_of_entries(entries, sources, groups)] if entries else []
        parts += [_of_block(partition, block, sources, groups) for partition, block in blocks]
        seen, partition, offset, published, source, group, entry, positive = (
            np.concatenate([part.numbers[row] for part in parts]) for row in range(8)
        )
        order = np.lexsort((offset, partition, seen))
        self.seen_at, self.published_at = seen[order], published[order]
        self.source, self.group = source[order], group[order]
        self.positive = positive[order]
        #: Index into `entries`, -1 for what came by columns.
        self.entry = entry[order]
        self.entries = entries
        self.identities: list[bytes] = np.concatenate([part.identities for part in parts])[order].tolist()
        self.sources: list[tuple[str, str]] = list(sources)  # type: ignore[arg-type] # what was numbered
        self.organisations: list[tuple[str, ...]] = list(groups)  # type: ignore[arg-type] # what was numbered
        self.negative = np.zeros(len(order), dtype=np.int64)
        negatives = np.array([one.reading.counts == 1 for one in entries], dtype=np.int64)
        here = np.flatnonzero(self.entry >= 0)
        self.negative[here] = negatives[self.entry[here]]
        self._lists: tuple[list[int], ...] | None = None
        self._rows: Mapping[str, int] | None = None
        self._row_lists: list[list[int]] = []

    def ticks(self) -> Iterator[tuple[int, slice]]:
        """Each tick at which something arrived, and what."""
        ticks = self.seen_at - self.seen_at % TICK + TICK
        starts = [0, *(np.flatnonzero(np.diff(ticks)) + 1).tolist(), len(ticks)]
        for start, stop in pairwise(starts):
            yield int(ticks[start]), slice(start, stop)

    def negative_at(self, number: int) -> Entry | None:
        """The entry of a number of column `entry`, if it is negative: what comes by columns is not."""
        entry = self.entries[number] if number >= 0 else None
        return entry if entry is not None and entry.reading.counts == 1 else None

    def lists(self) -> tuple[list[int], ...]:
        """Columns seen_at, published_at, source, group and entry as plain numbers: for a few it is faster."""
        if self._lists is None:
            columns = (self.seen_at, self.published_at, self.source, self.group, self.entry)
            self._lists = tuple(column.tolist() for column in columns)
        return self._lists

    def rows(self, rows: Mapping[str, int]) -> list[list[int]]:
        """Rows of each set of organisations, of those that are watched here."""
        if self._rows is not rows:
            self._rows = rows
            self._row_lists = [[rows[code] for code in codes if code in rows] for codes in self.organisations]
        return self._row_lists


class _Part(NamedTuple):
    numbers: tuple[NDArray[np.int64], ...]
    identities: NDArray[np.void]


def _of_entries(entries: Sequence[Entry], sources: _Numbers, groups: _Numbers) -> _Part:
    rows = [
        (
            one.seen_at,
            one.partition,
            one.offset,
            one.reading.published_at,
            sources[one.source.kind, one.source.name],
            groups[one.reading.organisations],
            number,
            int(one.reading.counts == -1),
        )
        for number, one in enumerate(entries)
    ]
    identities = np.frombuffer(b"".join([one.reading.identity for one in entries]), IDENTITY)
    return _Part(tuple(np.array(rows, dtype=np.int64).T), identities)


def _of_block(partition: int, block: Block, sources: _Numbers, groups: _Numbers) -> _Part:
    source = np.array([sources[one] for one in block.sources_of], dtype=np.int64)[block.sources % POSITIVE]
    positive = (block.sources // POSITIVE).astype(np.int64)
    group = np.array([groups[one] for one in block.organisations], dtype=np.int64)[block.groups]
    same: Ints = np.full(len(block), partition, dtype=np.int64)
    none: Ints = np.full(len(block), -1, dtype=np.int64)
    return _Part(
        (block.seen_at, same, block.offsets, block.published_at, source, group, none, positive), block.identities
    )
