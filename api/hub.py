"""One hub for all readers of the alert stream: each change is read and encoded once, whoever follows.

The newest frames lie in a ring; a subscriber is a place in it. Whoever keeps up is written to directly; whoever does
not gets a task that catches up, from the ring or, further behind, from the store. Nobody has a queue of its own.
"""

import asyncio
import logging
from bisect import bisect_right
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from api.stepping import Waiting, begin, finish

logger = logging.getLogger(__name__)

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Dropped(StrEnum):
    """Why a subscriber's stream was ended by the service."""

    SLOW = "slow"
    CLOSING = "closing"
    FAILED = "failed"


class Log(Protocol):
    """What the hub follows: the alert changes, as frames."""

    async def frames(self, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """The next frames after a sequence, in order."""

    async def latest(self) -> int:
        """Sequence of the newest change."""

    def gap(self, sequence: int) -> bytes:
        """Frame that says: changes are missing here; fetch the present state and go on from `sequence`."""

    def hello(self, sequence: int) -> bytes:
        """First frame of a stream that begins at `sequence`."""


@dataclass(frozen=True, slots=True)
class HubPolicy:
    """Bounds of the hub.

    Parameters
    ----------
    ring
        Frames kept in memory.
    page
        Frames read from the store, or written to one subscriber, at once.
    reach
        Changes a reader may be behind; further back it is told of a gap instead.
    poll_seconds
        How often the store is asked for changes made by other processes.
    heartbeat_seconds
        A comment is sent to all at this interval, so that dead connections show.
    slow_seconds
        A subscriber that takes nothing for this long is dropped.
    breath
        Subscribers written to before the loop may do something else.
    """

    ring: int = 4096
    page: int = 256
    reach: int = 10_000
    poll_seconds: float = 1.0
    heartbeat_seconds: float = 15.0
    slow_seconds: float = 30.0
    breath: int = 200


@dataclass(eq=False, slots=True)
class Subscriber:
    """A stream being served: where it stands, and its way out."""

    send: Send
    cursor: int
    task: "asyncio.Task[Any] | None" = None
    catching_up: "asyncio.Task[None] | None" = None
    dropped: Dropped | None = None


@dataclass(eq=False, slots=True)
class HubCounts:
    """What the hub tells the metrics."""

    events: int = 0
    bytes: int = 0
    gaps: int = 0
    dropped: dict[Dropped, int] = field(default_factory=lambda: dict.fromkeys(Dropped, 0))


class Hub:
    """See the module. `run` must be running; `serve` is called by each stream's request."""

    def __init__(self, log: Log, policy: HubPolicy) -> None:
        self.counts = HubCounts()
        self.head = 0
        self._log = log
        self._policy = policy
        self._sequences: list[int] = []
        self._frames: list[bytes] = []
        self._floor = 0  # the ring holds every frame after this sequence
        self._chunks: dict[int, bytes] = {}
        self._subscribers: set[Subscriber] = set()
        self._changed = asyncio.Event()
        self._started = asyncio.Event()

    def __len__(self) -> int:
        return len(self._subscribers)

    def notify(self) -> None:
        """Say that the log has something new."""
        self._changed.set()

    async def started(self) -> None:
        """Wait until the hub knows where the log stands."""
        await self._started.wait()

    async def run(self) -> None:
        """Follow the log for ever."""
        if not self._started.is_set():
            self.head = self._floor = await self._log.latest()
            self._started.set()
        beat = asyncio.create_task(self._beat())
        try:
            while True:
                await self._pull()
                self._changed.clear()
                try:
                    async with asyncio.timeout(self._policy.poll_seconds):
                        await self._changed.wait()
                except TimeoutError:
                    pass
        finally:
            beat.cancel()

    def close(self) -> None:
        """End all streams; the readers come back to where they were."""
        for subscriber in list(self._subscribers):
            self._drop(subscriber, Dropped.CLOSING)

    async def serve(self, send: Send, receive: Callable[[], Awaitable[MutableMapping[str, Any]]], cursor: int) -> None:
        """Serve one stream from `cursor` until its reader goes; the response has been started already.

        Parameters
        ----------
        cursor
            Sequence of the last change the reader has; below 0 it wants only what comes from now on.
        """
        await self._started.wait()
        subscriber = Subscriber(send, self.head if cursor < 0 else cursor, asyncio.current_task())
        self._subscribers.add(subscriber)
        subscriber.catching_up = asyncio.create_task(self._welcome(subscriber, fresh=cursor < 0))
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if subscriber.dropped is None or task is None:
                raise
            task.uncancel()
        finally:
            self._subscribers.discard(subscriber)
            if subscriber.catching_up is not None:
                subscriber.catching_up.cancel()
        if subscriber.dropped is Dropped.CLOSING:
            goodbye = begin(_sending(subscriber, b"", more=False))
            if goodbye is not None:
                goodbye.close()

    async def _pull(self) -> None:
        while frames := await self._log.frames(self.head, self._policy.page):
            self._sequences += [sequence for sequence, _ in frames]
            self._frames += [frame for _, frame in frames]
            surplus = len(self._frames) - self._policy.ring
            if surplus > 0:
                self._floor = self._sequences[surplus - 1]
                del self._sequences[:surplus], self._frames[:surplus]
            self.head = frames[-1][0]
            self._chunks.clear()
            await self._spread()

    async def _spread(self) -> None:
        """Write what is new to everyone who keeps up."""
        for count, subscriber in enumerate(list(self._subscribers), 1):
            if subscriber.catching_up is None and subscriber.cursor < self.head:
                self._write(subscriber, self._chunk(subscriber.cursor), self.head)
            if count % self._policy.breath == 0:
                await asyncio.sleep(0)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._policy.heartbeat_seconds)
            for count, subscriber in enumerate(list(self._subscribers), 1):
                if subscriber.catching_up is None:
                    self._write(subscriber, b": heartbeat\n\n", subscriber.cursor)
                if count % self._policy.breath == 0:
                    await asyncio.sleep(0)

    def _write(self, subscriber: Subscriber, data: bytes, cursor: int) -> None:
        """Write without waiting; who cannot take it now becomes a laggard."""
        if subscriber.dropped is not None:
            return
        try:
            waiting = begin(_sending(subscriber, data))
        except Exception:  # one stream's fault must not stop the others; it is told in full
            logger.exception("a stream failed")
            self._drop(subscriber, Dropped.FAILED)
            return
        subscriber.cursor = cursor
        self._count(data)
        if waiting is not None:
            subscriber.catching_up = asyncio.create_task(self._catch_up(subscriber, waiting))

    async def _welcome(self, subscriber: Subscriber, *, fresh: bool) -> None:
        if not fresh and not 0 <= self.head - subscriber.cursor <= self._policy.reach:
            await self._catch_up(subscriber, begin(_sending(subscriber, self._skip(subscriber))))
            return
        hello = self._log.hello(subscriber.cursor)
        await self._catch_up(subscriber, begin(_sending(subscriber, hello)))

    async def _catch_up(self, subscriber: Subscriber, waiting: Waiting | None) -> None:
        """Bring a subscriber to the head in its own time, within bounds."""
        try:
            while True:
                if waiting is not None:
                    async with asyncio.timeout(self._policy.slow_seconds):
                        await finish(waiting)
                data, cursor = await self._next(subscriber)
                if not data:
                    break
                waiting = begin(_sending(subscriber, data))
                subscriber.cursor = cursor
                self._count(data)
                await asyncio.sleep(0)
            subscriber.catching_up = None
        except TimeoutError:
            self._drop(subscriber, Dropped.SLOW)
        except Exception:  # as in `_write`
            logger.exception("a stream failed while catching up")
            self._drop(subscriber, Dropped.FAILED)

    async def _next(self, subscriber: Subscriber) -> tuple[bytes, int]:
        """What a subscriber must be sent next, and where it stands then; nothing at the head."""
        cursor = subscriber.cursor
        if cursor >= self.head:
            return b"", cursor
        if self.head - cursor > self._policy.reach:
            return self._skip(subscriber), self.head
        if cursor >= self._floor:
            start = bisect_right(self._sequences, cursor)
            stop = min(start + self._policy.page, len(self._frames))
            return b"".join(self._frames[start:stop]), self._sequences[stop - 1]
        frames = await self._log.frames(cursor, self._policy.page)
        if not frames:
            return self._skip(subscriber), self.head
        return b"".join(frame for _, frame in frames), frames[-1][0]

    def _skip(self, subscriber: Subscriber) -> bytes:
        self.counts.gaps += 1
        subscriber.cursor = self.head
        return self._log.gap(self.head)

    def _chunk(self, cursor: int) -> bytes:
        """All frames after `cursor`, joined once for everyone who stands there."""
        chunk = self._chunks.get(cursor)
        if chunk is None:
            chunk = b"".join(self._frames[bisect_right(self._sequences, cursor) :])
            self._chunks[cursor] = chunk
        return chunk

    def _count(self, data: bytes) -> None:
        self.counts.events += 1
        self.counts.bytes += len(data)

    def _drop(self, subscriber: Subscriber, reason: Dropped) -> None:
        if subscriber.dropped is not None:
            return
        subscriber.dropped = reason
        self.counts.dropped[reason] += 1
        self._subscribers.discard(subscriber)
        if reason is not Dropped.CLOSING:
            logger.info("a stream was ended: %s, %d changes behind", reason, self.head - subscriber.cursor)
        if subscriber.task is not None:
            subscriber.task.cancel()


async def _sending(subscriber: Subscriber, data: bytes, *, more: bool = True) -> None:
    await subscriber.send({"type": "http.response.body", "body": data, "more_body": more})
