"""A replay into the log: every mention at its own time, with marks; one that was cut off goes on where it stood."""

import asyncio
from collections.abc import Iterable, Sequence

from alerts.ports import Refused
from streams.log import Log
from streams.mentions import InvalidMention
from streams.sources.lines import Line, Unreadable
from streams.sources.publisher import Published
from streams.sources.replaying import Appends, Replaying
from streams.transports.batches import NewRecord, RecordLike

_TURN = 500
_PAGE = 2000


class ReplayMismatchError(Exception):
    """The run already holds other mentions; the sentence says what to do."""


class ReplayPublisher:
    """Appends the lines of a replay to its run's topic.

    A run that holds the beginning of the same lines already (a publication that was cut off, or one that is done) is
    completed: what is there is compared and not sent again.

    Parameters
    ----------
    log
        Started client.
    topic
        Of the run's mentions.
    known
        Codes that mentions may name.
    partitions
        How many the topic has.
    batch
        Records appended at once, over all partitions.
    """

    def __init__(self, log: Log, topic: str, known: frozenset[str], partitions: int, *, batch: int = 5000) -> None:
        self._log = log
        self._topic = topic
        self._replaying = Replaying(known, partitions)
        self._there = [_There(log, topic, partition) for partition in range(partitions)]
        self._batch = batch
        self._waiting: dict[int, list[NewRecord]] = {}
        self._count = 0
        self.published = Published()

    async def put(self, lines: Iterable[Line | Unreadable]) -> list[Refused]:
        """Take lines, in the order in which they are to be seen; returns what was refused.

        Raises
        ------
        ReplayMismatchError
            If the run holds other mentions.
        LogError
            If the log cannot take more.
        """
        refused: list[Refused] = []
        for turn, line in enumerate(lines, 1):
            taken = self._parsed(line)
            if isinstance(taken, Refused):
                refused.append(taken)
                self.published.refused[taken.reason] += 1
                continue
            await self._append(taken)
            self.published.accepted += 1
            if turn % _TURN == 0:
                await asyncio.sleep(0)
        return refused

    async def finish(self) -> None:
        """Send the last marks; returns when everything is durable."""
        await self._append(self._replaying.end())
        await self._flush()
        for there in self._there:
            await there.check_end(self._topic)

    def _parsed(self, line: Line | Unreadable) -> Appends | Refused:
        if isinstance(line, Unreadable):
            return Refused(line.number, line.reason, line.detail)
        try:
            return self._replaying.take(line.data)
        except InvalidMention as error:
            return Refused(line.number, error.reason.value, error.detail)

    async def _append(self, appends: Appends) -> None:
        for partition, record in appends:
            if await self._there[partition].holds(record):
                continue
            self._waiting.setdefault(partition, []).append(record)
            self._count += 1
        if self._count >= self._batch:
            await self._flush()

    async def _flush(self) -> None:
        waiting, self._waiting, self._count = self._waiting, {}, 0
        await asyncio.gather(
            *(self._log.append(self._topic, partition, records) for partition, records in sorted(waiting.items()))
        )


class _There:
    """What a partition held before this publication, read along with what is to be sent."""

    def __init__(self, log: Log, topic: str, partition: int) -> None:
        self._log = log
        self._topic = topic
        self._partition = partition
        self._page: Sequence[RecordLike] = ()
        self._place = 0
        self._offset = 0
        self._end: int | None = None

    async def holds(self, record: NewRecord) -> bool:
        """Whether the next record that was there is this one. Raises `ReplayMismatchError` if it is another."""
        if self._end is None:
            _, self._end = await self._log.bounds(self._topic, self._partition)
        if self._offset >= self._end:
            return False
        if self._place >= len(self._page):
            limit = min(_PAGE, self._end - self._offset)
            self._page = await self._log.read(self._topic, self._partition, self._offset, limit=limit)
            self._place = 0
        found = self._page[self._place] if self._page else None
        same = found is not None and found.offset == self._offset and _same(found, record)
        if not same:
            raise ReplayMismatchError(_MISMATCH.format(topic=self._topic))
        self._place += 1
        self._offset += 1
        return True

    async def check_end(self, topic: str) -> None:
        """After the last record nothing may be left over."""
        if self._end is not None and self._offset < self._end:
            raise ReplayMismatchError(_MISMATCH.format(topic=topic))


_MISMATCH = "{topic} already holds a replay of other mentions; give this one another name"


def _same(found: RecordLike, record: NewRecord) -> bool:
    return (
        (found.value or b"") == (record.value or b"")
        and found.timestamp == record.timestamp
        and list(map(tuple, found.headers)) == list(map(tuple, record.headers))
    )
