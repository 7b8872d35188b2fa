"""Background tasks that are started again when they fail, and stopped in time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from api.metrics import Metrics

logger = logging.getLogger(__name__)

_LONGEST_PAUSE = 30.0


class Supervisor:
    """Runs named tasks for as long as the service lives.

    A task that raises is logged, counted and started again after a pause that grows up to 30 s; one that ran for
    longer than that begins anew at one second.
    """

    def __init__(self, tasks: Mapping[str, Callable[[], Awaitable[None]]], metrics: Metrics) -> None:
        self.failing: dict[str, str] = {}
        self._factories = dict(tasks)
        self._metrics = metrics
        self._running: list[asyncio.Task[None]] = []
        metrics.show_tasks(tasks)

    def add(self, name: str, factory: Callable[[], Awaitable[None]]) -> None:
        """A further task, before `start`."""
        self._factories[name] = factory
        self._metrics.show_tasks([name])

    def start(self) -> None:
        """Start them all."""
        self._running = [
            asyncio.create_task(self._supervise(name, factory), name=f"api-{name}")
            for name, factory in self._factories.items()
        ]

    async def stop(self, patience: float = 2.5) -> None:
        """Cancel them all and wait, for `patience` seconds at most."""
        for task in self._running:
            task.cancel()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=patience)
            for task in late:
                logger.error("%s did not stop within %.1f s", task.get_name(), patience)
        self._running = []

    def well(self, name: str) -> None:
        """Said by a task that works again."""
        self.failing.pop(name, None)

    async def _supervise(self, name: str, factory: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        pause = 1.0
        while True:
            begun = loop.time()
            try:
                await factory()
                self.failing[name] = "ended"
            except Exception as error:  # a supervised loop is started again, whatever it ended of
                self.failing[name] = f"{type(error).__name__}: {error}"[:300]
                logger.exception("%s failed and is started again", name)
            self._metrics.failures.labels(name).inc()
            if loop.time() - begun > _LONGEST_PAUSE:
                pause = 1.0
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
