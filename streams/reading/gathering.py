"""Gathers the readings that are not negative by columns: nothing of them is shown, so they need no record each.

What comes with its sentiment and its organisations and is not negative needs neither text nor masks nor an object of
its own: it is checked by the batch. Wherever a check of the batch does not pass, all its records go the careful way,
one by one, which says what is wrong with which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import repeat
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from streams.mentions import END_OF_TIME, FUTURE_MS, MAX_TEXT_BYTES, Mention, identity
from streams.records import ParsedRecord
from streams.watching.columns import IDENTITY, LONG, POSITIVE, SHORT, Columns
from streams.watching.envelopes import Reading

if TYPE_CHECKING:  # importing the transports imports Faust
    from streams.reading.reader import Reader, Sources
    from streams.transports.batches import RecordLike

#: Fewer records are read one by one: columns cost more to begin with.
MANY = 32
#: So many records are asked first whether anything is given.
_SAMPLE = 8

_decode = msgspec.json.Decoder(Mention).decode


def milliseconds(times: Sequence[datetime]) -> NDArray[np.int64]:
    """Milliseconds since 1970 UTC of each, rounded down.

    A double holds microseconds exactly enough until the year 2100: what is added is less than one of them.
    """
    seconds = np.array([time.timestamp() for time in times], dtype=np.float64)
    return np.floor(seconds * 1000 + 0.0005).astype(np.int64)


class Gathering:
    """The readings of one batch that are not negative.

    Parameters
    ----------
    reader
        For its register and thresholds.
    sources
        Numbers the batch's sources.
    """

    def __init__(self, reader: Reader, sources: Sources) -> None:
        self._reader = reader
        self._sources = sources
        self._offsets: list[int] = []
        self._seen_at: list[int] = []
        self._published_at: list[int] = []
        self._identities: list[bytes] = []
        self.sources: list[int] = []
        self._groups: list[int] = []
        self._positive: list[bool] = []
        self._organisations: dict[tuple[str, ...], int] = {}

    def __len__(self) -> int:
        return len(self._offsets)

    def add(self, reading: Reading) -> None:
        """Take a reading that is not negative."""
        self._offsets.append(reading.offset)
        self._seen_at.append(reading.seen_at)
        self._published_at.append(reading.published_at)
        self._identities.append(reading.identity)
        self.sources.append(reading.source)
        self._groups.append(self._group(reading.organisations))
        self._positive.append(reading.counts == -1)

    def _group(self, organisations: tuple[str, ...]) -> int:
        return self._organisations.setdefault(organisations, len(self._organisations))

    def take(self, records: Sequence[RecordLike]) -> Sequence[RecordLike]:
        """Take the mentions that are given whole and are not negative; returns the records that are left."""
        if isinstance(records[0], ParsedRecord):
            return records
        try:
            if not any(_is_given(_decode(record.value or b"")) for record in records[:_SAMPLE]):
                return records
            mentions = [_decode(record.value or b"") for record in records]
        except (ValueError, RecursionError):
            return records
        limit, default = self._reader.thresholds.get, self._reader.default_threshold
        chosen = [
            _is_given(mention) and -(mention.sentiment or 0.0) < limit(mention.source.kind, default)
            for mention in mentions
        ]
        pairs = [pair for pair, one in zip(zip(records, mentions, strict=True), chosen, strict=True) if one]
        if not self._take([record for record, _ in pairs], [mention for _, mention in pairs]):
            return records
        return [record for record, one in zip(records, chosen, strict=True) if not one]

    def _take(self, records: list[RecordLike], mentions: list[Mention]) -> bool:
        """Take these, if all of them pass."""
        if not mentions:
            return True
        seen_at = np.array([record.timestamp for record in records], dtype=np.int64)
        try:
            published_at = milliseconds([mention.published for mention in mentions])
        except (OverflowError, OSError):
            return False
        given = {mention.organisations or () for mention in mentions}
        times_fit = (published_at >= 0) & (published_at < END_OF_TIME) & (published_at <= seen_at + FUTURE_MS)
        if not (times_fit.all() and self._all_known(given) and _all_written(records, mentions)):
            return False
        self._offsets += [record.offset for record in records]
        self._seen_at += seen_at.tolist()
        self._published_at += published_at.tolist()
        self._identities += [identity(m.source.kind, m.source.name, m.id) for m in mentions]
        number = self._sources.number
        self.sources += [number(mention.source.kind, mention.source.name) for mention in mentions]
        self._groups += self._groups_of(given, mentions, seen_at)
        limit, default = self._reader.thresholds.get, self._reader.default_threshold
        self._positive += [(m.sentiment or 0.0) >= limit(m.source.kind, default) for m in mentions]
        return True

    def _all_known(self, given: set[tuple[str, ...]]) -> bool:
        known = self._reader.register.codes
        return all(known.issuperset(organisations) for organisations in given)

    def _groups_of(self, given: set[tuple[str, ...]], mentions: list[Mention], seen_at: NDArray[np.int64]) -> list[int]:
        """Number of the organisations of each, with their ancestors as of when it was seen."""
        register, first = self._reader.register, int(seen_at.min())
        if register.is_steady(first, int(seen_at.max())):
            numbers = {codes: self._group(register.with_ancestors(frozenset(codes), first)) for codes in given}
            return [numbers[mention.organisations or ()] for mention in mentions]
        return [
            self._group(register.with_ancestors(frozenset(mention.organisations or ()), at))
            for mention, at in zip(mentions, seen_at.tolist(), strict=True)
        ]

    def seen(self) -> Iterator[tuple[int, int, int, bool]]:
        """Offset, seen_at and source of each, and that it is not negative."""
        return zip(self._offsets, self._seen_at, self.sources, repeat(False))

    def totals(self) -> Mapping[int, int]:
        """How many of each source."""
        return Counter(self.sources)

    def columns(self, watched: Callable[[tuple[str, ...]], bool]) -> Columns | None:
        """Columns of those whose organisations are `watched`, in the order of offsets; `None` where there are none."""
        if not self._offsets:
            return None
        offsets, groups = np.array(self._offsets, LONG), np.array(self._groups, SHORT)
        wanted = np.array([watched(organisations) for organisations in self._organisations], dtype=np.bool_)
        order = np.argsort(offsets, kind="stable")
        order = order[wanted[groups[order]]]
        if not len(order):
            return None
        return Columns(
            offsets[order].tobytes(),
            np.array(self._seen_at, LONG)[order].tobytes(),
            np.array(self._published_at, LONG)[order].tobytes(),
            np.frombuffer(b"".join(self._identities), IDENTITY)[order].tobytes(),
            (np.array(self.sources, SHORT) + POSITIVE * np.array(self._positive, SHORT))[order].tobytes(),
            groups[order].tobytes(),
            tuple(self._organisations),
        )


def _is_given(mention: Mention) -> bool:
    return mention.sentiment is not None and mention.organisations is not None


def _all_written(records: Sequence[RecordLike], mentions: Sequence[Mention]) -> bool:
    """Whether all have a text that is not too long, an id and a source's name, and no NUL."""
    values = [record.value or b"" for record in records]
    # A character takes in JSON at least as many bytes as in UTF-8.
    return (
        max(map(len, values)) <= MAX_TEXT_BYTES
        and b"\\u0000" not in b"".join(values)
        and all(m.title or m.text for m in mentions)
        and not any(m.id.isspace() or m.source.name.isspace() for m in mentions)
    )
