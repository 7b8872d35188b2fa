"""Workers killed at random moments of a replay: the findings are the same, byte for byte, as without."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from streams.log import Log, open_log
from tests.rig import Rig, synthetic

KILLS = int(os.environ.get("CANHBAO_FAULT_KILLS", "3"))
MENTIONS = 60_000


@asynccontextmanager
async def rigged(directory: Path, log_url: str, run: str) -> AsyncIterator[tuple[Rig, Log]]:
    directory.mkdir(parents=True, exist_ok=True)
    rig = Rig(directory, log_url, run)
    log = open_log(log_url)
    rig.publish(synthetic(MENTIONS))
    await log.start()
    try:
        yield rig, log
    finally:
        rig.stop()
        await log.stop()


async def replayed(directory: Path, log_url: str, run: str, kills: int, seed: int) -> set[tuple[str, int, bytes]]:
    """Findings of a replay in which the worker is killed `kills` times, each time after some progress."""
    rng = random.Random(seed)
    async with rigged(directory, log_url, run) as (rig, log):
        for _ in range(kills):
            worker = rig.start_worker()
            before, goal = await rig.progress(log), rng.randrange(0, 60)
            waited = time.monotonic() + 30
            while await rig.progress(log) < before + goal and worker.poll() is None and time.monotonic() < waited:
                await asyncio.sleep(0.01)
            await asyncio.sleep(rng.random() * 0.5)
            assert worker.poll() is None, rig.complaints()
            rig.kill(worker)
        restarted = time.time_ns() // 1_000_000
        rig.start_worker()
        await rig.finished(log, restarted)
        return await rig.findings(log)


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_kills_change_nothing_on_the_embedded_log(tmp_path: Path) -> None:
    calm = await replayed(tmp_path / "calm", f"sqlite:///{tmp_path / 'calm.db'}", "calm", 0, 0)
    killed = await replayed(tmp_path / "killed", f"sqlite:///{tmp_path / 'killed.db'}", "killed", KILLS, 1)
    assert calm, "the replay must find something"
    assert killed == calm


@pytest.mark.integration
@pytest.mark.timeout(1800)
async def test_kills_change_nothing_on_kafka(kafka_url: str, tmp_path: Path) -> None:
    calm = await replayed(tmp_path / "calm", f"sqlite:///{tmp_path / 'calm.db'}", "calm", 0, 0)
    killed = await replayed(tmp_path / "killed", kafka_url, "killed", KILLS, 2)
    assert calm, "the replay must find something"
    assert killed == calm
