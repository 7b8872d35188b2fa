"""What is remembered of mentions: each is counted once, and leaves its source, its story and its words."""

from collections.abc import Mapping

from streams.reading.placing import MINUTE_MS as MINUTE
from streams.reading.placing import place
from streams.watching.caps import SourceCaps
from streams.watching.counts import OpenMinutes, SourceCounts
from streams.watching.findings import AlertBook
from streams.watching.identities import Identities
from streams.watching.output import Output
from streams.watching.pending import Entry
from streams.watching.standing import Standing
from streams.watching.stories import Stories
from streams.watching.words import Words


class Memory:
    """Counts and what stands behind them, for the organisations of one partition.

    Parameters
    ----------
    size
        Organisations watched.
    names
        Organisations' names by code.
    """

    def __init__(self, size: int, names: Mapping[str, str]) -> None:
        self.identities = Identities()
        self.counts = OpenMinutes(size)
        self.sources = SourceCounts()
        self.caps = SourceCaps()
        self.stories: dict[str, Stories] = {}
        self.words: dict[str, Words] = {}
        self.standing = Standing()
        self.book = AlertBook(names, self.sources, self.stories, self.words, self.standing)

    def fold(self, entries: list[Entry], rows: Mapping[str, int], lateness: int, output: Output) -> list[int]:
        """Count the readings seen before a tick; returns the rows with a new negative.

        Parameters
        ----------
        rows
            Row of each organisation that is watched here.
        lateness
            How far before it was seen a mention may be placed, in milliseconds.
        """
        touched: set[int] = set()
        for entry in entries:
            reading = entry.reading
            if not self.identities.is_new(reading.identity, entry.seen_at):
                output.count("mentions_duplicate")
                continue
            start, delayed, backfill = place(entry.seen_at, reading.published_at, lateness)
            if backfill:
                output.count("mentions_backfilled")
                continue
            output.count("mentions_counted")
            if delayed:
                output.count("mentions_delayed")
            for code in reading.organisations:
                row = rows.get(code)
                if row is not None:
                    self._count(code, row, start // MINUTE, entry)
                    if reading.counts == 1:
                        touched.add(row)
        return sorted(touched)

    def _count(self, code: str, row: int, minute: int, entry: Entry) -> None:
        reading, source = entry.reading, entry.source
        negative = reading.counts == 1
        self.counts.add(row, minute, negative=negative)
        self.sources.add(code, minute, (source.kind, source.name), negative=negative)
        self.book.count(code, minute, negative=negative)
        if negative:
            self.caps.add(code, minute, (source.kind, source.name))
            self.standing.add(code, minute, reading)
            if code not in self.stories:
                self.stories[code], self.words[code] = Stories([]), Words(0, {})
            self.stories[code].add(reading, source, entry.seen_at, minute)
            self.words[code].learn(reading.title)
