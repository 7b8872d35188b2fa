"""A hundred random faults in one run: 0 lost, 0 wrong, 0 stuck. `CANHBAO_FAULTS` says how many, `…_SEED` which."""

import asyncio
import os
import random
import time
from pathlib import Path

import pytest

from deploy.kafka.jars import missing
from tests.faults.audit import Audit
from tests.faults.faults import DISKS, OF_BROKERS, OF_WORKERS, clock_of_a_broker_jumps, clock_of_a_worker_jumps
from tests.faults.theatre import FAKETIME, Disk, theatre

FAULTS = int(os.environ.get("CANHBAO_FAULTS", "8"))
SEED = os.environ.get("CANHBAO_FAULTS_SEED", "2026")


@pytest.mark.integration
@pytest.mark.timeout(900)
async def test_after_random_faults_nothing_is_lost_wrong_or_stuck(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two at a time, one of a worker and one of a broker or its network, and a checkpoint after each two."""
    if sentence := missing():
        pytest.skip(sentence)
    rng, began = random.Random(SEED), time.monotonic()
    clocks = FAKETIME.exists()
    of_workers = (*OF_WORKERS, clock_of_a_worker_jumps) if clocks else OF_WORKERS
    of_brokers = (*OF_BROKERS, clock_of_a_broker_jumps) if clocks else OF_BROKERS
    of_brokers += DISKS if Disk.possible() else ()
    async with theatre(tmp_path, clocks=clocks, disks=Disk.possible()) as stage:
        audit = Audit(stage)
        await audit.begin()
        await audit.check("the beginning")
        for number in range(0, FAULTS, 2):
            chosen = rng.choice(of_workers), rng.choice(of_brokers)
            seeds = random.Random(f"{SEED}-{number}"), random.Random(f"{SEED}-{number + 1}")
            done = await asyncio.gather(*(fault(stage, own) for fault, own in zip(chosen, seeds, strict=True)))
            what = f"faults {number + 1} and {number + 2}, {done[0]} and {done[1]}"
            await audit.check(what)
            with capsys.disabled():
                print(f"{time.monotonic() - began:6.0f} s  {what}: well", flush=True)
        assert audit.excused() == 0, "no fault was so long that a partition had to be given up"
        found = audit.findings()
        assert len(found) > FAULTS // 10, "there must have been something to lose"
        ends = [f"{member.name}: {status}, {why}" for member in stage.members for status, why in member.ends]
    with capsys.disabled():
        print(
            f"{FAULTS} faults in {time.monotonic() - began:.0f} s (seed {SEED}): {len(stage.sent):,} mentions, "
            f"{len(found)} findings; 0 lost, 0 wrong, 0 stuck; ended by themselves: {len(ends)} {ends}"
        )
