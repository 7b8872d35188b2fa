"""An open log shared by what one event loop does with it: appends that are under way at once are committed together."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from streams.log import LogError
from streams.transports.batches import NewRecord
from streams.transports.sqlite.keeping import keep
from streams.transports.sqlite.store import Append, Appended, LogStore, clock_ms

#: One transaction takes at most about this much of what is queued.
_GROUP_BYTES = 8 << 20
#: Who appends waits while this much is queued.
_QUEUE_BYTES = 32 << 20
#: How often the log is looked at for what other processes append: while something came lately, and otherwise.
_HOT_SECONDS, _IDLE_SECONDS, _STAYS_HOT = 0.002, 0.01, 1.0
#: Between two steps of retention and compaction.
_REST_SECONDS = 0.01

T = TypeVar("T")
_Waiting = tuple[Append, "asyncio.Future[Any]", Callable[[Appended], object]]


def _as_is(appended: Appended) -> Appended:
    return appended


class LogSession:
    """A log file opened by as many users of one event loop as `open` it; one thread writes, in groups.

    Parameters
    ----------
    path
        The log's file.
    clock
        Milliseconds since 1970 UTC.
    """

    def __init__(self, path: Path, clock: Callable[[], int] = clock_ms) -> None:
        self.path = path
        self._clock = clock
        self._users = 0
        self._store: LogStore | None = None
        self._writer: ThreadPoolExecutor | None = None
        self._queue: list[_Waiting] = []
        self._queued_bytes = self._submitted = self._finished = 0
        self._committing: asyncio.Future[Any] | None = None
        self._news: asyncio.Future[None] | None = None
        self._seen = -1
        self._hot_until = 0.0

    async def open(self) -> None:
        """Open the file for one more user. Raises `LogError`."""
        if self._users == 0:
            writer = ThreadPoolExecutor(1, thread_name_prefix="log-writer")
            try:
                self._store = await asyncio.get_running_loop().run_in_executor(writer, LogStore, self.path, self._clock)
            except BaseException:  # raised again; the thread would outlive a cancelled start
                writer.shutdown(wait=False)
                raise
            self._writer = writer
        self._users += 1

    async def close(self) -> None:
        """One user less; the last one's leaving writes what is queued and closes the file."""
        self._users = max(0, self._users - 1)
        if self._users == 0 and self._store is not None:
            await self.flush()
            store, writer = self._store, self._writer
            self._store = self._writer = None
            if writer is not None:
                await asyncio.get_running_loop().run_in_executor(writer, store.close)
                writer.shutdown()

    @property
    def store(self) -> LogStore:
        """The open file, for reading in the event loop's thread: a read takes some milliseconds at most.

        (SQLite lets go of the interpreter's lock at each row; a reading thread beside a busy event loop would wait
        for it 5 ms a row.)
        """
        if self._store is None:
            raise LogError(f"the log {self.path} is not open: start its client or worker first")
        return self._store

    # Writing

    async def room(self) -> None:
        """Wait while too much is queued."""
        while self._queued_bytes >= _QUEUE_BYTES and self._committing is not None:
            await asyncio.wait([self._committing])

    def submit(
        self,
        topic: str,
        partition: int,
        records: Sequence[NewRecord],
        result: Callable[[Appended], object] = _as_is,
    ) -> "asyncio.Future[Any]":
        """Queue an append; the future has its `result` when it is durable. Raises what `LogStore.prepare` raises."""
        append = self.store.prepare(topic, partition, records)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.append((append, future, result))
        self._submitted += 1
        self._queued_bytes += append.size
        if self._committing is None:
            self._commit_next()
        return future

    async def run(self, do: Callable[..., T], *args: Any) -> T:
        """Do something in the writing thread, between two transactions."""
        if self._writer is None:
            raise LogError(f"the log {self.path} is not open: start its client or worker first")
        return await asyncio.get_running_loop().run_in_executor(self._writer, do, *args)

    async def flush(self) -> None:
        """Wait until all that was queued before is durable, or has failed."""
        queued = self._submitted
        while self._committing is not None and self._finished < queued:
            await asyncio.wait([self._committing])

    async def keep(self) -> None:
        """Delete what retention and compaction no longer need, between the appends."""
        steps = keep(self.store)
        more = True
        while more and self._store is not None:
            more = await self.run(next, steps, self) is None
            await asyncio.sleep(_REST_SECONDS)

    def _commit_next(self) -> None:
        size = count = 0
        for append, _, _ in self._queue:
            if count and size + append.size > _GROUP_BYTES:
                break
            size += append.size
            count += 1
        group, self._queue = self._queue[:count], self._queue[count:]
        committing = asyncio.get_running_loop().run_in_executor(
            self._writer, self.store.append_all, [append for append, _, _ in group]
        )
        self._committing = committing
        committing.add_done_callback(lambda done: self._committed(group, size, done))

    def _committed(self, group: Sequence[_Waiting], size: int, done: "asyncio.Future[list[Appended]]") -> None:
        self._committing = None
        self._queued_bytes -= size
        self._finished += len(group)
        if self._queue and self._store is not None:
            self._commit_next()
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        for index, (_, future, result) in enumerate(group):
            if future.done():
                continue
            if error is None:
                future.set_result(result(done.result()[index]))
            else:
                future.set_exception(error)
        self.wake()

    # Waiting for news

    def version(self) -> int:
        """A number that changes whenever anything was written; a reader remembers what it saw before it read."""
        version = self.store.version()
        if version != self._seen:
            self._seen = version
            self._hot_until = asyncio.get_running_loop().time() + _STAYS_HOT
        return version

    def wake(self) -> None:
        """End a `pause` now."""
        news, self._news = self._news, None
        if news is not None and not news.done():
            news.set_result(None)

    async def pause(self) -> None:
        """Until the next look at the log is due: 2 ms while something came lately, otherwise 10 ms."""
        loop = asyncio.get_running_loop()
        if self._news is None or self._news.done():
            self._news = loop.create_future()
        news = self._news
        timer = loop.call_later(_HOT_SECONDS if loop.time() < self._hot_until else _IDLE_SECONDS, self.wake)
        try:
            await asyncio.shield(news)
        finally:
            timer.cancel()
