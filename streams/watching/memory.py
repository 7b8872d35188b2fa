"""What is remembered of mentions: each is counted once, and leaves its source, its story and its words."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from detectors.flows import Flows
from streams.reading.placing import BACKFILL_MS, place
from streams.reading.placing import MINUTE_MS as MINUTE
from streams.watching.arrivals import Arrivals, Entry
from streams.watching.caps import SourceCaps
from streams.watching.columns import Ints
from streams.watching.counts import HOUR_MINUTES, OpenMinutes, SourceCounts
from streams.watching.crowd import Crowd
from streams.watching.envelopes import UNATTRIBUTED
from streams.watching.findings import AlertBook
from streams.watching.guarding import Guarding
from streams.watching.identities import Identities
from streams.watching.output import Output
from streams.watching.proposing import Proposer
from streams.watching.standing import Standing
from streams.watching.stories import Stories
from streams.watching.suspicions import BURST
from streams.watching.words import Words

#: Fewer than this are counted one by one: numpy takes longer to begin.
FEW = 24


class Memory:
    """Counts and what stands behind them, for the organisations of one partition.

    Parameters
    ----------
    codes
        Organisations watched, row by row.
    names
        Organisations' names by code.
    flows
        What every source sends.
    row_of
        Row of an organisation.
    """

    def __init__(
        self,
        codes: Sequence[str],
        names: Mapping[str, str],
        flows: Callable[[], Flows],
        row_of: Callable[[str], int],
    ) -> None:
        self.codes = codes
        self.identities = Identities()
        self.counts = OpenMinutes(len(codes))
        #: Positive mentions of every row in the hours that may still be open, by whether the hour is even.
        self.positive: Ints = np.zeros((2, len(codes)), dtype=np.int64)
        self.sources = SourceCounts()
        self.caps = SourceCaps()
        self.stories: dict[str, Stories] = {}
        self.words: dict[str, Words] = {}
        self.standing = Standing()
        self.proposer = Proposer()
        self.crowd = Crowd()
        #: Of the newest tick: negative mentions of stories that are repeated often, for `Suspicions`.
        self.repeated: list[tuple[str, Entry, int]] = []
        self.guarding = Guarding(self.sources, self.crowd, flows, row_of, len(codes))
        self.book = AlertBook(names, self.sources, self.stories, self.words, self.standing, self.guarding)

    def fold(
        self, arrivals: Arrivals, here: slice, rows: Mapping[str, int], lateness: int, output: Output
    ) -> list[int]:
        """Count the readings seen before a tick; returns the rows with a new negative.

        Parameters
        ----------
        arrivals, here
            The readings, and those of the tick among them.
        rows
            Row of each organisation that is watched here.
        lateness
            How far before it was seen a mention may be placed, in milliseconds.
        """
        self.repeated.clear()
        few = here.stop - here.start < FEW
        count = self._one_by_one if few else self._together
        touched = count(arrivals, here, rows, lateness, output)
        for proposal, texts in self.proposer.taken():
            output.proposals.append(proposal)
            output.excerpts.extend(texts)
        return touched

    def _one_by_one(
        self, arrivals: Arrivals, here: slice, rows: Mapping[str, int], lateness: int, output: Output
    ) -> list[int]:
        touched: set[int] = set()
        seen, published, sources, groups, entries = arrivals.lists()
        of_group = arrivals.rows(rows)
        for place_in in range(here.start, here.stop):
            seen_at = seen[place_in]
            if not self.identities.is_new(arrivals.identities[place_in], seen_at):
                output.count("mentions_duplicate")
                continue
            start, delayed, backfill = place(seen_at, published[place_in], lateness)
            if backfill:
                output.count("mentions_backfilled")
                continue
            output.count("mentions_counted")
            if delayed:
                output.count("mentions_delayed")
            minute, source = start // MINUTE, arrivals.sources[sources[place_in]]
            entry = arrivals.negative_at(entries[place_in])
            positive = int(arrivals.positive[place_in]) if entry is None else 0
            for row in of_group[groups[place_in]]:
                code = self.codes[row]
                self.counts.add(row, minute, negative=entry is not None)
                self.sources.add(code, minute, source, negative=int(entry is not None))
                self.book.count(code, minute, negative=entry is not None)
                if positive:
                    self.positive[minute // HOUR_MINUTES % 2, row] += 1
                if entry is not None:
                    self._remember(code, minute, entry)
                    touched.add(row)
        return sorted(touched)

    def _together(
        self, arrivals: Arrivals, here: slice, rows: Mapping[str, int], lateness: int, output: Output
    ) -> list[int]:
        """The same as `_one_by_one`, for many at once."""
        seen, published = arrivals.seen_at[here], arrivals.published_at[here]
        fresh = self.identities.are_new(arrivals.identities[here], int(seen[0]))
        counted = fresh & (published >= seen - BACKFILL_MS)
        output.count("mentions_duplicate", len(seen) - int(np.count_nonzero(fresh)))
        output.count("mentions_backfilled", int(np.count_nonzero(fresh & ~counted)))
        output.count("mentions_counted", int(np.count_nonzero(counted)))
        output.count("mentions_delayed", int(np.count_nonzero(counted & (published < seen - lateness))))
        which = np.flatnonzero(counted)
        minutes = np.minimum(seen, np.maximum(published, seen - lateness))[which] // MINUTE
        which += here.start
        one, row = _spread(arrivals.rows(rows), arrivals.group[which])
        which, minutes = which[one], minutes[one]
        negative = arrivals.negative[which]
        self.counts.add_many(row, minutes, negative)
        np.add.at(self.positive, (minutes // HOUR_MINUTES % 2, row), arrivals.positive[which])
        self._count_sources(arrivals, row, minutes, which)
        self.book.count_many({code: rows[code] for code in self.book.active if code in rows}, row, minutes, negative)
        for at in np.flatnonzero(negative).tolist():
            entry = arrivals.entries[arrivals.entry[which[at]]]
            self._remember(self.codes[row[at]], int(minutes[at]), entry)
        touched: list[int] = np.unique(row[negative == 1]).tolist()
        return touched

    def _count_sources(self, arrivals: Arrivals, row: Ints, minutes: Ints, which: Ints) -> None:
        """Count by source; keys in the order in which each first came, since what is over a bound has no name."""
        if not len(row):
            return
        first, many = int(minutes.min()), len(arrivals.sources)
        span = int(minutes.max()) - first + 1
        keys = (row * span + minutes - first) * many + arrivals.source[which]
        negatives = Counter(keys[arrivals.negative[which] == 1].tolist())
        for key, mentions in Counter(keys.tolist()).items():
            rest, source = divmod(key, many)
            of_row, minute = divmod(rest, span)
            self.sources.add(
                self.codes[of_row],
                first + minute,
                arrivals.sources[source],
                negative=negatives.get(key, 0),
                mentions=mentions,
            )

    def grow(self, size: int) -> None:
        """Add organisations of which nothing is known yet."""
        self.counts.grow(size)
        self.guarding.expectations.grow(size)
        more = np.zeros((2, size - self.positive.shape[1]), dtype=np.int64)
        self.positive = np.concatenate([self.positive, more], axis=1)

    def positives(self, hour: int) -> Ints:
        """Take out the positive mentions of every row in the hour that begins at a minute."""
        place = hour // HOUR_MINUTES % 2
        found: Ints = self.positive[place].copy()
        self.positive[place] = 0
        return found

    def _remember(self, code: str, minute: int, entry: Entry) -> None:
        """Take what a negative mention leaves behind."""
        reading, source = entry.reading, entry.source
        self.caps.add(code, minute, (source.kind, source.name))
        self.standing.add(code, minute, reading)
        if code not in self.stories:
            self.stories[code], self.words[code] = Stories([], {}), Words(0, {})
        told = self.stories[code].add(reading, source, entry.seen_at, minute)
        if told.is_new:  # what is copied was said once
            self.words[code].learn(reading.title)
        self.crowd.add(code, minute, reading, source, entry.seen_at, told.story)
        if told.copies >= BURST and code != UNATTRIBUTED:
            self.repeated.append((code, entry, told.story))
        if code == UNATTRIBUTED:
            self.proposer.add(reading, source, entry.seen_at)


def _spread(of_group: list[list[int]], groups: Ints) -> tuple[Ints, Ints]:
    """For each mention each of its rows: number of the mention, and row."""
    lengths = np.array([len(rows) for rows in of_group], dtype=np.int64)
    flat = np.array([row for rows in of_group for row in rows], dtype=np.int64)
    starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
    many = lengths[groups]
    one = np.repeat(np.arange(len(groups)), many)
    before = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(many)])
    return one, flat[starts[groups][one] + np.arange(len(one)) - before[one]]
