"""The log in one SQLite file: topics, partitions, records, committed offsets. Synchronous; the async shells wrap it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec
from faust.types import TP

from streams.log import LogError, TopicSpec, UnknownTopicError
from streams.transports.batches import NewRecord, Record
from streams.transports.sqlite import schema

#: A chunk holds at most this much and this many, unless a single record is larger.
CHUNK_BYTES = 1 << 20
CHUNK_RECORDS = 1000
OFFSET_BITS = 40
LAST_OFFSET = (1 << OFFSET_BITS) - 1
_LARGEST_TIME = 1 << 53

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Record])


def clock_ms() -> int:
    """Milliseconds since 1970 UTC: the clock that stamps appends unless another is given."""
    return time.time_ns() // 1_000_000


class Appended(NamedTuple):
    """Where an append ended: offset and timestamp (ms) of its last record."""

    offset: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Append:
    """Records for one partition (by id), appended all or none. `LogStore.prepare` makes one."""

    partition: int
    publisher_time: bool
    records: Sequence[NewRecord]
    size: int


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is kept; `partitions` are the ids of its partitions, by number."""

    id: int
    retention: int | None
    compacted: bool
    publisher_time: bool
    partitions: tuple[int, ...]


_Row = tuple[int, int, bytes | None, bytes | None, Sequence[tuple[str, bytes]]]


@dataclass(slots=True)
class _Head:
    next: int
    newest: int
    rows: list[_Row] = field(default_factory=list)
    size: int = 0


def _checked_size(records: Sequence[NewRecord]) -> int:
    size = 16 * len(records)
    for record in records:
        for data in (record.key, record.value):
            if data is not None:
                if not isinstance(data, bytes):
                    raise TypeError(f"a record's key and value are bytes or None, not {type(data).__name__}")
                size += len(data)
        if record.headers:
            for name, data in record.headers:
                if not isinstance(data, bytes):
                    raise TypeError(f"a header's value is bytes, not {type(data).__name__}")
                size += len(name.encode()) + len(data)
        if record.timestamp is not None and not 0 <= record.timestamp < _LARGEST_TIME:
            raise ValueError(f"a timestamp is in milliseconds since 1970, not {record.timestamp}")
    return size


class LogStore:
    """One open log file: a connection that writes and one that reads, each used by one thread at a time.

    Parameters
    ----------
    path
        Created with its directory if it does not exist.
    clock
        Milliseconds since 1970 UTC; stamps appends.

    Raises
    ------
    LogError
        If the file is not a log or of a newer version.
    LogUnavailableError
        If it cannot be opened or written.
    """

    def __init__(self, path: Path, clock: Callable[[], int] = clock_ms) -> None:
        self.path = path
        self.clock = clock
        self._topics: dict[str, Topic] = {}
        schema.prepare(path)
        with schema.translated(path):
            self.writer = schema.connect(path, timeout=0.0)
            self._reader = schema.connect(path, timeout=5.0)

    def close(self) -> None:
        """Close the file. The last to close it folds the write-ahead log back."""
        self._reader.close()
        self.writer.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A durable transaction: all of it, or none."""
        with schema.translated(self.path):
            schema.begin(self.writer)
            try:
                yield
                self.writer.execute("COMMIT")
            except BaseException:  # raised again; whatever it is, nothing of it may stay
                if self.writer.in_transaction:
                    self.writer.execute("ROLLBACK")
                raise

    # Topics

    def create(self, *topics: TopicSpec) -> None:
        """Create what does not exist; grow what has fewer partitions. Settings of what exists stay as they are."""
        with self.writing():
            for spec in topics:
                if spec.partitions < 1 or not spec.name:
                    raise LogError(f"topic {spec.name!r} needs a name and at least one partition")
                self.writer.execute(
                    "INSERT INTO topics (name, retention, compacted, publisher_time) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (name) DO NOTHING",
                    (spec.name, _kept_ms(spec), spec.compacted, spec.publisher_time),
                )
                (topic,) = self.writer.execute("SELECT id FROM topics WHERE name = ?", (spec.name,)).fetchone()
                self.writer.executemany(
                    "INSERT INTO partitions (topic, number) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    ((topic, number) for number in range(spec.partitions)),
                )
                self._topics.pop(spec.name, None)

    def alter(self, *topics: TopicSpec) -> None:
        """Set the settings of those that exist."""
        with self.writing():
            for spec in topics:
                self.writer.execute(
                    "UPDATE topics SET retention = ?, compacted = ?, publisher_time = ? WHERE name = ?",
                    (_kept_ms(spec), spec.compacted, spec.publisher_time, spec.name),
                )
                self._topics.pop(spec.name, None)

    def topic(self, name: str) -> Topic:
        """A topic as it is now. Raises `UnknownTopicError`."""
        with schema.translated(self.path):
            row = self._reader.execute(
                "SELECT id, retention, compacted, publisher_time FROM topics WHERE name = ?", (name,)
            ).fetchone()
            if row is None:
                raise UnknownTopicError(f"there is no topic {name}: create it first (canhbao topics create)")
            numbers = self._reader.execute("SELECT id FROM partitions WHERE topic = ? ORDER BY number", row[:1])
            topic = Topic(row[0], row[1], bool(row[2]), bool(row[3]), tuple(id_ for (id_,) in numbers))
        self._topics[name] = topic
        return topic

    def partition(self, tp: TP) -> int:
        """Id of a partition. Raises `UnknownTopicError`."""
        topic = self._topics.get(tp.topic)
        if topic is None or not 0 <= tp.partition < len(topic.partitions):
            topic = self.topic(tp.topic)
        if not 0 <= tp.partition < len(topic.partitions):
            raise UnknownTopicError(
                f"topic {tp.topic} has {len(topic.partitions)} partitions: there is no partition {tp.partition}"
            )
        return topic.partitions[tp.partition]

    # Writing

    def prepare(self, topic: str, partition: int, records: Sequence[NewRecord]) -> Append:
        """An append known to be storable, so that it cannot spoil those it will share a transaction with.

        Raises
        ------
        UnknownTopicError
            If the topic or partition does not exist.
        TypeError, ValueError
            If there is nothing to append, or a key, value, header or timestamp is not what `NewRecord` says.
        """
        if not records:
            raise ValueError(f"there is nothing to append to {topic}")
        id_ = self.partition(TP(topic, partition))
        return Append(id_, self._topics[topic].publisher_time, records, _checked_size(records))

    def append_all(self, appends: Sequence[Append]) -> list[Appended]:
        """Append in one transaction. Returns, durable and in order, where each ended."""
        with self.writing():
            now = self.clock()
            heads: dict[int, _Head] = {}
            results = []
            for append in appends:
                head = heads.get(append.partition)
                if head is None:
                    head = heads[append.partition] = self._head(append.partition)
                _extend(head, append, now)
                results.append(Appended(head.next - 1, head.newest))
            for partition, head in heads.items():
                self._store(partition, head, now)
        return results

    def append(self, topic: str, partition: int, records: Sequence[NewRecord]) -> Appended:
        """Append to one partition, durably. Raises what `prepare` raises."""
        return self.append_all([self.prepare(topic, partition, records)])[0]

    def _head(self, partition: int) -> _Head:
        row = self.writer.execute("SELECT next, newest FROM partitions WHERE id = ?", (partition,)).fetchone()
        return _Head(*row)

    def _store(self, partition: int, head: _Head, now: int) -> None:
        base = partition << OFFSET_BITS
        whole = head.size <= CHUNK_BYTES and len(head.rows) <= CHUNK_RECORDS
        for rows in [head.rows] if whole else chunks(head.rows):
            self.writer.execute("INSERT INTO chunks VALUES (?, ?, ?)", (base | rows[0][0], now, encoded(rows)))
        self.writer.execute(
            "UPDATE partitions SET next = ?, newest = ? WHERE id = ?", (head.next, head.newest, partition)
        )

    # Reading

    def version(self) -> int:
        """A number that changes when anybody else has written; cheap enough to ask every millisecond."""
        return int(self._reader.execute("PRAGMA data_version").fetchone()[0])

    def heads(self) -> dict[int, int]:
        """Next offset to be written, by partition id."""
        with schema.translated(self.path):
            return dict(self._reader.execute("SELECT id, next FROM partitions"))

    def bounds(self, partition: int) -> tuple[int, int]:
        """First offset that still exists (the next to be written if none does) and the next to be written."""
        base = partition << OFFSET_BITS
        with schema.translated(self.path):
            first, next_ = self._reader.execute(
                "SELECT (SELECT min(id) FROM chunks WHERE id BETWEEN ? AND ?), next FROM partitions WHERE id = ?",
                (base, base | LAST_OFFSET, partition),
            ).fetchone()
        return (next_ if first is None else first & LAST_OFFSET), next_

    def read(
        self, partition: int, offset: int, *, limit: int = 1000, most_bytes: int = CHUNK_BYTES
    ) -> tuple[list[Record], int]:
        """Records from `offset` on, or from the first that still exists, and their stored size.

        Parameters
        ----------
        limit
            Records at most.
        most_bytes
            Stored bytes at most; a first chunk that is larger comes nevertheless.
        """
        base, offset = partition << OFFSET_BITS, min(max(offset, 0), LAST_OFFSET)
        found: list[Record] = []
        size = 0
        with schema.translated(self.path):
            cursor = self._reader.execute(
                "SELECT data FROM chunks WHERE id BETWEEN"
                " coalesce((SELECT max(id) FROM chunks WHERE id BETWEEN ? AND ?), ?) AND ? ORDER BY id",
                (base, base | offset, base | offset, base | LAST_OFFSET),
            )
            for (data,) in cursor:
                if found and size + len(data) > most_bytes:
                    break
                records = decoded(data)
                if records[0].offset < offset:
                    records = [record for record in records if record.offset >= offset]
                if records:
                    found += records
                    size += len(data)
                if len(found) >= limit or size >= most_bytes:
                    break
            cursor.close()
        return found[:limit], size

    # Consumer groups

    def commit(self, consumer: str, offsets: Mapping[int, int]) -> None:
        """Store a group's committed offsets (the next to read) by partition id, durably."""
        rows = [(consumer, partition, offset) for partition, offset in offsets.items()]
        with self.writing():
            self.writer.executemany("INSERT OR REPLACE INTO committed VALUES (?, ?, ?)", rows)

    def committed(self, consumer: str, tp: TP) -> int | None:
        """A group's committed offset (the next to read), if any. Raises `UnknownTopicError`."""
        partition = self.partition(tp)
        with schema.translated(self.path):
            row = self._reader.execute(
                "SELECT next FROM committed WHERE consumer = ? AND partition = ?", (consumer, partition)
            ).fetchone()
        return None if row is None else int(row[0])

    def idle(self, expected: Mapping[int, int], floor: int = 0) -> tuple[int, frozenset[int]]:
        """Which partitions hold nothing from the offsets expected next, and the log's time when that was so.

        Asked while no append of any process is under way, so that what is appended later is stamped at that time or
        later, even where the machine's clock was set back below `floor`.

        Parameters
        ----------
        expected
            Offset to be read next, by partition id.
        floor
            Time (ms) of the last such answer.
        """
        with self.writing():
            now = self.clock()
            heads = dict(self.writer.execute("SELECT id, next FROM partitions"))
            still = frozenset(id_ for id_, next_ in expected.items() if heads.get(id_, 0) <= next_)
            if now < floor:
                self.writer.execute("UPDATE partitions SET newest = max(newest, ?)", (floor,))
                now = floor
        return now, still


def _extend(head: _Head, append: Append, now: int) -> None:
    newest = head.newest
    if append.publisher_time:
        for offset, record in enumerate(append.records, head.next):
            newest = max(newest, now if record.timestamp is None else record.timestamp)
            head.rows.append((offset, newest, record.key, record.value, record.headers))
    else:
        newest = max(newest, now)
        head.rows += [(at, newest, one.key, one.value, one.headers) for at, one in enumerate(append.records, head.next)]
    head.newest = newest
    head.next += len(append.records)
    head.size += append.size


def encoded(rows: Sequence[_Row]) -> bytes:
    """A chunk's bytes."""
    return _encoder.encode(rows)


def decoded(data: bytes) -> list[Record]:
    """Records of a chunk. Raises `LogError` if it is damaged."""
    try:
        return _decoder.decode(data)
    except msgspec.DecodeError as error:
        raise LogError(f"the log is damaged ({error}): restore its file, or point to another one") from error


def chunks(all_rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Cut rows into chunks of bounded size."""
    rows: list[_Row] = []
    size = 0
    for row in all_rows:
        weight = 32 + len(row[2] or b"") + len(row[3] or b"") + sum(len(n) + len(v) for n, v in row[4])
        if rows and (size + weight > CHUNK_BYTES or len(rows) == CHUNK_RECORDS):
            yield rows
            rows, size = [], 0
        rows.append(row)
        size += weight
    if rows:
        yield rows


def _kept_ms(spec: TopicSpec) -> int | None:
    return None if spec.retention is None else int(spec.retention.total_seconds() * 1000)
