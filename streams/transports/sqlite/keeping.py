"""What is deleted from the log, and when: retention by age, compaction by key. A generator of small transactions."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from streams.transports.batches import Record
from streams.transports.sqlite.store import LAST_OFFSET, OFFSET_BITS, LogStore, chunks, decoded, encoded

#: One transaction deletes or rewrites about this much, so that appends wait some milliseconds at most.
_STEP_BYTES = 4 << 20
_STEP_CHUNKS = 256
#: A partition is compacted when what came since the last time is at least this much, and as much as all that was kept.
_WORTHWHILE_BYTES = 1 << 20
#: How long a tombstone stays, for readers who have seen the value it deletes.
TOMBSTONE_AGE = timedelta(hours=24)


def keep(store: LogStore, *, worthwhile: int = _WORTHWHILE_BYTES) -> Iterator[None]:
    """Delete what retention and compaction no longer need; each step is a transaction of its own.

    To be advanced where the store's writes are made. Stopped half way, it has done what its steps did.

    Parameters
    ----------
    store
        Its clock says what is old. Age is counted from the append, also where the publisher's time is kept.
    worthwhile
        Bytes that must have come since a partition was last compacted.
    """
    with store.writing():
        partitions = store.writer.execute(
            "SELECT partitions.id, retention, compacted FROM partitions JOIN topics ON topics.id = partitions.topic"
        ).fetchall()
    for partition, retention, compacted in partitions:
        if retention is not None:
            yield from _expire(store, partition, retention)
        if compacted:
            yield from _compact(store, partition, worthwhile)


def _expire(store: LogStore, partition: int, retention: int) -> Iterator[None]:
    base = partition << OFFSET_BITS
    oldest = store.clock() - retention
    while True:
        with store.writing():
            rows = store.writer.execute(
                "SELECT id, appended, length(data) FROM chunks WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
                (base, base | LAST_OFFSET, _STEP_CHUNKS),
            ).fetchall()
            size, expired = 0, []
            for id_, appended, length in rows:
                if appended >= oldest or size >= _STEP_BYTES:
                    break
                expired.append((id_,))
                size += length
            store.writer.executemany("DELETE FROM chunks WHERE id = ?", expired)
        yield
        if not expired:
            return


def _compact(store: LogStore, partition: int, worthwhile: int) -> Iterator[None]:
    base = partition << OFFSET_BITS
    sizes = "SELECT coalesce(sum(length(data)), 0) FROM chunks WHERE id >= ? AND id < ?"
    with store.writing():
        next_, clean_to = store.writer.execute(
            "SELECT next, clean_to FROM partitions WHERE id = ?", (partition,)
        ).fetchone()
        (clean,) = store.writer.execute(sizes, (base, base | clean_to)).fetchone()
        (dirty,) = store.writer.execute(sizes, (base | clean_to, base | next_)).fetchone()
    if dirty < max(worthwhile, clean):
        return
    newest: dict[bytes | None, int] = {}
    for _, _, records in _scan(store, base, clean_to, next_):
        newest.update((record.key, record.offset) for record in records if record.key is not None)
        yield
    oldest_tombstone = store.clock() - int(TOMBSTONE_AGE.total_seconds() * 1000)

    def is_kept(record: Record, appended: int) -> bool:
        if newest.get(record.key, -1) > record.offset:
            return False
        # The last record stays whatever it is: who recovers a table waits until it has seen it.
        return record.value is not None or appended >= oldest_tombstone or record.offset == next_ - 1

    at = 0
    while at < next_:
        at = _rewrite(store, base, at, next_, is_kept)
        yield
    with store.writing():
        store.writer.execute("UPDATE partitions SET clean_to = ? WHERE id = ?", (next_, partition))


def _scan(store: LogStore, base: int, first: int, end: int) -> Iterator[tuple[int, int, list[Record]]]:
    """Chunks that begin in `[first, end)`, with their id and time of append; each is a query of its own."""
    id_ = base | first
    while True:
        row = store.writer.execute(
            "SELECT id, appended, data FROM chunks WHERE id >= ? AND id < ? ORDER BY id LIMIT 1", (id_, base | end)
        ).fetchone()
        if row is None:
            return
        yield row[0], row[1], decoded(row[2])
        id_ = row[0] + 1


def _rewrite(store: LogStore, base: int, at: int, end: int, is_kept: Callable[[Record, int], bool]) -> int:
    """Write some chunks anew with what is kept of them. Returns the offset to go on at."""
    old: list[int] = []
    kept: list[Record] = []
    size = seen = newest = 0
    with store.writing():
        for id_, appended, records in _scan(store, base, at, end):
            old.append(id_)
            seen += len(records)
            newest = max(newest, appended)
            kept += [record for record in records if is_kept(record, appended)]
            size += sum(len(record.value or b"") + len(record.key or b"") for record in records)
            if size >= _STEP_BYTES or len(old) >= _STEP_CHUNKS:
                break
        else:
            at = end
        if old and at != end:
            at = (old[-1] & LAST_OFFSET) + 1
        if len(kept) < seen or len(old) > 1:
            store.writer.executemany("DELETE FROM chunks WHERE id = ?", ((id_,) for id_ in old))
            for rows in chunks(kept):
                store.writer.execute("INSERT INTO chunks VALUES (?, ?, ?)", (base | rows[0][0], newest, encoded(rows)))
    return at
