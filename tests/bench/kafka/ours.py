"""The project: the worker as it is served, both stages, on Kafka or on the embedded log."""

import asyncio
import tempfile
import time
from pathlib import Path

from streams.app import make_worker, prepare
from streams.log import open_log
from streams.reading.register import Register
from streams.running import run_until, settle_memory
from streams.settings import StreamSettings
from tests.bench.kafka.work import PARTITIONS


def clock() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


async def both_stages(settings: StreamSettings, mentions: int) -> tuple[float, int]:
    """Read, watch and find as the service does: seconds from the first batch read to the last mention counted.

    Returns
    -------
    With the seconds, the negatives read.
    """
    log = open_log(settings.log_url)
    await log.start()
    config, versions = await prepare(log, settings, Register.load(settings.register_directory), clock())
    with tempfile.TemporaryDirectory(prefix="canhbao-bench-") as scratch:
        worker = make_worker(settings, config, versions, log, name="bench", clock=clock, scratch=Path(scratch))
        settle_memory()
        stopping = asyncio.Event()
        running = asyncio.create_task(run_until(worker.app, stopping, worker.failure))

        def tally(name: str) -> float:
            return sum(worker.tallies.values.get(name, {}).values())

        began = time.perf_counter()
        while not tally("mentions_read") and not running.done():
            began = time.perf_counter()
            await asyncio.sleep(0.002)
        while tally("mentions_counted") < mentions and not running.done():
            await asyncio.sleep(0.002)
        took = time.perf_counter() - began
        stopping.set()
        await running
    await log.stop()
    return took, int(tally("mentions_negative"))


def settings_of(log_url: str, run: str, directory: Path, **more: object) -> StreamSettings:
    """Of a live run over the register in `directory`."""
    return StreamSettings(
        log_url=log_url,
        run=run,
        voice_secret="a secret that voices are keyed with",
        mentions_partitions=PARTITIONS,
        register_directory=directory / "register",
    ).model_copy(update=more)
