"""Mentions into the log: validated, each to its partition, appended in batches and counted."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from alerts.ports import Refused
from streams.log import Log
from streams.masking import stored
from streams.mentions import InvalidMention, Mention, RefusalReason, identity_of, parse, partition_of
from streams.sources.lines import Line, Unreadable
from streams.transports.batches import NewRecord

#: Lines parsed before other tasks of the process get a turn.
_TURN = 500


@dataclass(slots=True)
class Published:
    """What became of the lines so far: how many were appended, and how many refused, by reason."""

    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def lines(self) -> int:
        """All lines taken."""
        return self.accepted + self.refused.total()


def parsed(line: Line | Unreadable, known: frozenset[str], seen_at: int | None) -> Mention | Refused:
    """Parse one line; says why if it is refused.

    Examples
    --------
    >>> parsed(Line(7, b"[]"), frozenset(), None).reason
    'not_object'
    """
    if isinstance(line, Unreadable):
        return Refused(line.number, line.reason, line.detail)
    try:
        return parse(line.data, known, seen_at)
    except InvalidMention as error:
        return Refused(line.number, error.reason.value, error.detail)


class Publisher:
    """Appends mentions to a live run's topic.

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
    clock
        Milliseconds since 1970 UTC: mentions of the future are refused here already.
    batch
        Mentions appended at once, over all partitions.
    batch_bytes
        Or so many bytes.
    """

    def __init__(
        self,
        log: Log,
        topic: str,
        known: frozenset[str],
        partitions: int,
        *,
        clock: Callable[[], int],
        batch: int = 5000,
        batch_bytes: int = 8 * 1024 * 1024,
    ) -> None:
        self._log = log
        self._topic = topic
        self._known = known
        self._partitions = partitions
        self._clock = clock
        self._batch = batch
        self._batch_bytes = batch_bytes
        self._waiting: dict[int, list[NewRecord]] = {}
        self._count = 0
        self._bytes = 0
        self.published = Published()

    async def put(
        self, lines: Iterable[Line | Unreadable], *, allowed_sources: frozenset[str] | None = None
    ) -> list[Refused]:
        """Take lines; those accepted are durable after `flush`, at the latest.

        Returns
        -------
        What was refused, in order. Raises `LogError` if the log cannot take more.
        """
        refused: list[Refused] = []
        for turn, line in enumerate(lines, 1):
            taken = self._take(line, allowed_sources)
            if taken is not None:
                refused.append(taken)
                self.published.refused[taken.reason] += 1
            if self._count >= self._batch or self._bytes >= self._batch_bytes:
                await self.flush()
            elif turn % _TURN == 0:
                await asyncio.sleep(0)
        return refused

    async def flush(self) -> None:
        """Append what waits, and return when it is acknowledged."""
        waiting, self._waiting = self._waiting, {}
        count, self._count, self._bytes = self._count, 0, 0
        await asyncio.gather(
            *(self._log.append(self._topic, partition, records) for partition, records in sorted(waiting.items()))
        )
        self.published.accepted += count

    async def finish(self) -> None:
        """All is told: append what waits."""
        await self.flush()

    def _take(self, line: Line | Unreadable, allowed: frozenset[str] | None) -> Refused | None:
        mention = parsed(line, self._known, self._clock())
        if isinstance(mention, Refused):
            return mention
        if allowed is not None and mention.source.name not in allowed:
            return Refused(line.number, "source_not_allowed", f"this token may not publish as {mention.source.name!r}")
        if not isinstance(line, Line):  # what could not be read was refused by `parsed`
            return Refused(line.number, RefusalReason.BUG.value, "the line was not read")
        identity = identity_of(mention)
        data = stored(line.data, mention)
        record = NewRecord(data, key=identity)
        self._waiting.setdefault(partition_of(identity, self._partitions), []).append(record)
        self._count += 1
        self._bytes += len(data)
        return None


def chunked(lines: Iterable[Line | Unreadable], size: int) -> Iterator[list[Line | Unreadable]]:
    """Cut lines into lists of at most `size`, so that progress can be shown between them.

    Examples
    --------
    >>> [len(part) for part in chunked([Line(1, b"a")] * 5, 2)]
    [2, 2, 1]
    """
    part: list[Line | Unreadable] = []
    for line in lines:
        part.append(line)
        if len(part) >= size:
            yield part
            part = []
    if part:
        yield part
