"""A worker on an embedded log of its own, run in the test's event loop."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streams.app import make_worker, prepare
from streams.duties import Worker
from streams.log import Log, open_log
from streams.reading.register import Register
from streams.running import run_until
from streams.settings import StreamSettings
from streams.snapshots import newest_snapshot
from streams.topics import Topics
from streams.transports.batches import NewRecord

TOPICS = Topics("")


def now_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def settings_of(tmp_path: Path, **changes: object) -> StreamSettings:
    """Of a live run with two mentions partitions that keeps its state at stop only."""
    return StreamSettings(
        log_url=f"sqlite:///{tmp_path / 'log.db'}",
        voice_secret="a secret that voices are keyed with",
        mentions_partitions=2,
        snapshot_every=timedelta(hours=1),
    ).model_copy(update=changes)


def mention(number: int, **fields: object) -> NewRecord:
    """A negative mention of one body."""
    published = datetime.now(UTC).isoformat(timespec="milliseconds")
    source = {"kind": "news", "name": "Báo Thử"}
    line = {"id": f"m{number}", "published_at": published, "source": source, "title": f"Tin thử {number}"}
    return NewRecord(json.dumps({**line, "organisations": ["19"], "sentiment": -0.9, **fields}).encode())


@dataclass
class Stand:
    """A worker under way."""

    log: Log
    worker: Worker
    stopping: asyncio.Event
    task: "asyncio.Task[None]"

    async def stop(self, within: float = 10.0) -> float:
        """Ask it to stop; returns the seconds that it took, and raises what it failed of."""
        begun = time.perf_counter()
        self.stopping.set()
        await self.ended(within)
        return time.perf_counter() - begun

    async def ended(self, within: float = 10.0) -> None:
        """Wait for its end; raises what it failed of."""
        async with asyncio.timeout(within):
            await self.task

    async def kept(self) -> int:
        """The position of the newest snapshot, 0 without one."""
        snapshot, _ = await newest_snapshot(self.log, TOPICS.states, 0)
        return 0 if snapshot is None else snapshot.position

    async def committed(self, topic: str, partition: int = 0) -> int:
        """What the group has committed, 0 before that."""
        return await self.log.committed(TOPICS.group, topic, partition) or 0

    def counted(self, name: str) -> float:
        """A tally's sum over its labels."""
        return sum(self.worker.tallies.values.get(name, {}).values())


@asynccontextmanager
async def working(settings: StreamSettings, scratch: str = "scratch") -> AsyncIterator[Stand]:
    """A worker, started, and stopped at the end whatever became of it; `scratch` is its own."""
    log, register = open_log(settings.log_url), Register.load()
    await log.start()
    config, versions = await prepare(log, settings, register, now_ms())
    place = Path(settings.log_url.removeprefix("sqlite:///")).parent / scratch
    worker = make_worker(settings, config, versions, log, name="w1", clock=now_ms, scratch=place)
    stopping = asyncio.Event()
    task = asyncio.create_task(run_until(worker.app, stopping, worker.failure))
    try:
        yield Stand(log, worker, stopping, task)
    finally:
        stopping.set()
        await asyncio.wait({task}, timeout=10)
        await log.stop()
