"""The records of a replay: one publisher gives every mention its `seen_at`, its partition, and says how far it is.

Pure, and the only place that knows: `canhbao publish` into a replay run and `canhbao backtest` both take their records
from here, so that they find the same.
"""

from collections.abc import Iterable, Iterator, Sequence

from alerts.ports import Refused
from streams.masking import stored
from streams.mentions import InvalidMention, Mention, RefusalReason, identity_of, mark_record, parse, partition_of
from streams.sources.lines import Line, Unreadable
from streams.transports.batches import NewRecord

_MINUTE = 60_000
#: A mention published so long after all before it is refused: it would make everything that follows too late to count.
_LONGEST_LEAP = 400 * 24 * 60 * _MINUTE
#: What seems older than the year 2000 is no time to measure a leap from.
_BEFORE_THE_WEB = 946_684_800_000

#: Records to append in this order, each with its partition.
Appends = Sequence[tuple[int, NewRecord]]


class Replaying:
    """Turns the lines of a replay, in input order, into records to append.

    A mention's `seen_at` is the running maximum of `published_at`. When that enters another minute, every partition
    first gets a mark record for the minute's start; `end` gives the last marks.

    Parameters
    ----------
    known
        Codes that mentions may name.
    partitions
        How many `mentions` has.

    Examples
    --------
    >>> replaying = Replaying(frozenset(), partitions=2)
    >>> line = b'{"id":"1","published_at":"1970-01-01T00:02:05Z","source":{"kind":"web","name":"a"},"title":"x"}'
    >>> [(partition, record.timestamp) for partition, record in replaying.take(line)]
    [(0, 120000), (1, 120000), (0, 125000)]
    >>> [(partition, record.timestamp) for partition, record in replaying.end()]
    [(0, 180000), (1, 180000)]
    """

    def __init__(self, known: frozenset[str], partitions: int) -> None:
        self._known = known
        self._partitions = partitions
        #: The running maximum of `published_at` in milliseconds; `None` before the first mention.
        self.seen_at: int | None = None
        #: The mention taken last: whoever goes on with it need not parse it again.
        self.mention: Mention | None = None

    def take(self, line: bytes) -> Appends:
        """Records for one mention. Raises `InvalidMention`."""
        mention = parse(line, self._known)
        before, now = self.seen_at, mention.published_at
        if before is not None and now - before > _LONGEST_LEAP and before >= _BEFORE_THE_WEB:
            raise InvalidMention(
                RefusalReason.FUTURE, "published_at is more than 400 days after all mentions before it in the replay"
            )
        if before is not None:
            now = max(now, before)
        appends: list[tuple[int, NewRecord]] = []
        if before is None or now // _MINUTE > before // _MINUTE:
            appends += self._marks(now - now % _MINUTE)
        self.seen_at, self.mention = now, mention
        identity = identity_of(mention)
        record = NewRecord(stored(line, mention), key=identity, timestamp=now)
        appends.append((partition_of(identity, self._partitions), record))
        return appends

    def end(self) -> Appends:
        """The last marks: there is no more. Nothing, where there was no mention."""
        if self.seen_at is None:
            return ()
        return self._marks(self.seen_at - self.seen_at % _MINUTE + _MINUTE, final=True)

    def _marks(self, mark: int, *, final: bool = False) -> list[tuple[int, NewRecord]]:
        record = mark_record(mark, final=final)
        return [(partition, record) for partition in range(self._partitions)]


def replay(lines: Iterable[Line | Unreadable], replaying: Replaying) -> Iterator[Appends | Refused]:
    """Records for each line, or why it is refused; the last marks at the end.

    Examples
    --------
    >>> [found.reason for found in replay([Line(1, b"[]")], Replaying(frozenset(), 2))]
    ['not_object']
    """
    for line in lines:
        if isinstance(line, Unreadable):
            yield Refused(line.number, line.reason, line.detail)
            continue
        try:
            yield replaying.take(line.data)
        except InvalidMention as error:
            yield Refused(line.number, error.reason.value, error.detail)
    last = replaying.end()
    if last:
        yield last
