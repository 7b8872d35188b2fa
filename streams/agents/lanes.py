"""Lanes: what comes for one partition is done in order, and the partitions do not wait for one another."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from types import TracebackType
from typing import Generic, Self, TypeVar

Job = TypeVar("Job")


class Lanes(Generic[Job]):
    """A queue and a task for each key, as long as the context is entered; the first error ends them all.

    The queues have no bound of their own: whoever fills them has one.

    Parameters
    ----------
    work
        Done for each job, one after the other within a key.

    Examples
    --------
    >>> async def two_lanes() -> list[str]:
    ...     done: list[str] = []
    ...     async def work(job: str) -> None:
    ...         done.append(job)
    ...     async with Lanes(work) as lanes:
    ...         for key, job in [(0, "a"), (1, "b"), (0, "c")]:
    ...             lanes.put(key, job)
    ...         while len(done) < 3:
    ...             await asyncio.sleep(0)
    ...     return sorted(done)
    >>> asyncio.run(two_lanes())
    ['a', 'b', 'c']
    """

    def __init__(self, work: Callable[[Job], Awaitable[None]]) -> None:
        self._work = work
        self._queues: dict[Hashable, asyncio.Queue[Job]] = {}
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []

    def put(self, key: Hashable, job: Job) -> None:
        """Have a job done after those that were put for the same key."""
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = asyncio.Queue()
            self._tasks.append(self._group.create_task(self._run(queue)))
        queue.put_nowait(job)

    async def _run(self, queue: "asyncio.Queue[Job]") -> None:
        while True:
            await self._work(await queue.get())

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the lanes; what one of them failed of is raised as it is."""
        for task in self._tasks:
            task.cancel()
        try:
            await self._group.__aexit__(kind, error, trace)
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
