"""Counts of the minutes that are still open, and by source of the day before."""

from collections import Counter

import msgspec
import numpy as np
from numpy.typing import NDArray

from alerts.model import SourceCount

Ints = NDArray[np.int64]

#: Columns of the ring of open minutes; more than the allowed lateness ever keeps open.
RING = 16
HOUR_MINUTES = 60
#: Hours for which counts by source are kept.
HOURS_KEPT = 26
#: Distinct (minute, source) of an organisation in an hour; what is over is counted under `OTHERS`. The bound is each
#: organisation's own, so that it does not depend on what else is watched in the partition.
HOUR_LIMIT = 3_000
OTHERS = ("other", "…")
#: A finding names at most so many sources.
SOURCES_SHOWN = 20


class OpenMinutes:
    """Negative and all mentions of every row in the minutes not yet closed."""

    def __init__(self, size: int) -> None:
        self.negative: Ints = np.zeros((size, RING), dtype=np.int64)
        self.mentions: Ints = np.zeros((size, RING), dtype=np.int64)
        #: Minutes with anything in them.
        self.busy: set[int] = set()
        self._columns = [np.arange(start, start + RING) % RING for start in range(RING)]

    def grow(self, size: int) -> None:
        """Add rows without mentions."""
        more = np.zeros((size - len(self.negative), RING), dtype=np.int64)
        self.negative = np.concatenate([self.negative, more])
        self.mentions = np.concatenate([self.mentions, more])

    def add(self, row: int, minute: int, *, negative: bool) -> None:
        """Count one mention."""
        column = minute % RING
        self.mentions[row, column] += 1
        if negative:
            self.negative[row, column] += 1
        self.busy.add(minute)

    def add_many(self, rows: Ints, minutes: Ints, negative: Ints) -> None:
        """Count mentions, each in its row and minute; `negative` is 1 or 0."""
        columns = minutes % RING
        np.add.at(self.mentions, (rows, columns), 1)
        np.add.at(self.negative, (rows, columns), negative)
        self.busy.update(np.unique(minutes).tolist())

    def window(self, rows: Ints, start: int, width: int) -> tuple[Ints, Ints]:
        """Counts so far of `rows` in the minutes from `start` on: negative and all."""
        columns = self._columns[start % RING][:width]
        where = (rows[:, None], columns)
        return self.negative[where], self.mentions[where]

    def close(self, minute: int) -> tuple[Ints, Ints]:
        """Take a minute's counts out: negative and all."""
        column = minute % RING
        negative, mentions = self.negative[:, column].copy(), self.mentions[:, column].copy()
        self.negative[:, column] = 0
        self.mentions[:, column] = 0
        self.busy.discard(minute)
        return negative, mentions

    def snapshot(self) -> bytes:
        """The busy minutes' counts."""
        minutes = sorted(self.busy)
        columns = [minute % RING for minute in minutes]
        return msgspec.msgpack.encode(
            (minutes, self.negative[:, columns].tobytes(), self.mentions[:, columns].tobytes())
        )

    @classmethod
    def restore(cls, size: int, data: bytes) -> "OpenMinutes":
        """Rebuild from `snapshot`."""
        counts = cls(size)
        minutes, negative, mentions = msgspec.msgpack.decode(data, type=tuple[list[int], bytes, bytes])
        columns = [minute % RING for minute in minutes]
        counts.busy.update(minutes)
        counts.negative[:, columns] = np.frombuffer(negative, dtype=np.int64).reshape(size, len(columns))
        counts.mentions[:, columns] = np.frombuffer(mentions, dtype=np.int64).reshape(size, len(columns))
        return counts


_Key = tuple[int, str, str]


class SourceCounts:
    """Mentions of each organisation by minute and source, for the hours in which an alert may look back."""

    def __init__(self) -> None:
        self._hours: dict[int, dict[str, dict[_Key, list[int]]]] = {}

    def add(self, organisation: str, minute: int, source: tuple[str, str], *, negative: int, mentions: int = 1) -> None:
        """Count mentions, and how many of them are negative."""
        hour = minute // HOUR_MINUTES
        of_hour = self._hours.get(hour)
        if of_hour is None:
            of_hour = self._hours[hour] = {}
        counts = of_hour.setdefault(organisation, {})
        key = (minute, *source)
        found = counts.get(key)
        if found is None:
            if len(counts) >= HOUR_LIMIT:
                key = (minute, *OTHERS)
            found = counts.setdefault(key, [0, 0])
        found[0] += mentions
        found[1] += negative

    def forget(self, before: int) -> None:
        """Forget the hours that ended more than `HOURS_KEPT` hours before the minute `before`."""
        for hour in [hour for hour in self._hours if hour < before // HOUR_MINUTES - HOURS_KEPT]:
            del self._hours[hour]

    def since(self, organisation: str, minute: int, now: int) -> tuple[SourceCount, ...]:
        """Counts of an organisation by source from a minute on, most negative first.

        Of hours over `HOURS_KEPT` before the minute `now` nothing is said, whether they are forgotten already or not:
        when that happens depends on what else is watched.
        """
        first = max(minute // HOUR_MINUTES, now // HOUR_MINUTES - HOURS_KEPT)
        mentions: Counter[tuple[str, str]] = Counter()
        negative: Counter[tuple[str, str]] = Counter()
        for hour, of_hour in self._hours.items():
            if hour < first:
                continue
            for (at, kind, name), (all_of_them, negatives) in of_hour.get(organisation, {}).items():
                if at >= minute:
                    mentions[kind, name] += all_of_them
                    negative[kind, name] += negatives
        found = (SourceCount(kind, name, mentions[kind, name], negative[kind, name]) for kind, name in mentions)
        return tuple(sorted(found, key=lambda s: (-s.negative, -s.mentions, s.kind, s.name)))

    def parts(self) -> dict[str, bytes]:
        """Contents by hour; an hour whose minutes are closed stays the same."""
        return {
            str(hour): msgspec.msgpack.encode([(code, list(counts.items())) for code, counts in of_hour.items()])
            for hour, of_hour in self._hours.items()
        }

    def take(self, parts: dict[str, bytes]) -> None:
        """Take over what `parts` wrote."""
        for hour, data in sorted(parts.items(), key=lambda item: int(item[0])):
            items = msgspec.msgpack.decode(data, type=list[tuple[str, list[tuple[_Key, list[int]]]]])
            self._hours[int(hour)] = {code: dict(counts) for code, counts in items}
