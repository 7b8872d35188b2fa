"""Stock Faust: an agent that counts in memory, and one that counts in a tumbling window of a table."""

import asyncio
import tempfile
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import faust

from tests.bench.kafka.work import PARTITIONS, Counts, count, keys


class Progress:
    """Notes when the first record came and when the last was counted."""

    def __init__(self, mentions: int) -> None:
        self.left = mentions
        self.negatives = 0
        self.began = self.ended = 0.0
        self.done = asyncio.Event()

    def note(self, negatives: int) -> None:
        """Count one mention."""
        self.began = self.began or time.perf_counter()
        self.negatives += negatives
        self.left -= 1
        if not self.left:
            self.ended = time.perf_counter()
            self.done.set()


async def stock(servers: str, topic: str, mentions: int, *, table: bool) -> tuple[float, int]:
    """Seconds from the first record to the last, and the negatives counted."""
    app = faust.App(
        f"bench-{uuid4().hex}",
        broker=f"kafka://{servers}",
        store="memory://",
        datadir=f"{tempfile.gettempdir()}/canhbao-bench-stock",
        web_enabled=False,
        topic_disable_leader=True,
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        broker_max_poll_records=100_000,
        consumer_max_fetch_size=4 << 20,
        consumer_auto_offset_reset="earliest",
    )
    progress = Progress(mentions)
    add = _windows(app, progress) if table else _memory(progress)

    async def agent(stream: Any) -> None:
        async for value in stream:
            if value:
                add(value)

    app.agent(app.topic(topic, value_serializer="raw", key_serializer="raw"), name="count")(agent)
    await app.start()
    await progress.done.wait()
    await app.stop()
    return progress.ended - progress.began, progress.negatives


def _memory(progress: Progress) -> Any:
    counts = Counts()

    def add(value: bytes) -> None:
        count((value,), counts)
        progress.note(0)
        if not progress.left:
            progress.negatives = counts.total()

    return add


def _windows(app: faust.App, progress: Progress) -> Any:
    """Counts in a table of one-minute windows, by the minute that a mention names."""
    at = 0.0
    table = app.Table("negatives", default=int, partitions=PARTITIONS)
    untyped: Any = table.tumbling(timedelta(minutes=1), expires=timedelta(hours=1))
    windows = untyped.relative_to(lambda _: at)

    def add(value: bytes) -> None:
        nonlocal at
        found = keys(value)
        for organisation, minute in found:
            at = minute * 60.0
            windows[organisation] += 1
        progress.note(len(found))

    return add
