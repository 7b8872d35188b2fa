"""Each fault once, and a checkpoint after it: nothing lost, nothing wrong, nothing stuck."""

import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.kafka.jars import missing
from tests.faults.audit import Audit
from tests.faults.faults import CLOCKS, DISKS, OF_BROKERS, OF_WORKERS, Fault
from tests.faults.theatre import FAKETIME, Disk, theatre

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def audit(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Audit]:
    """Everything running, and an auditor."""
    if sentence := missing():
        pytest.skip(sentence)
    async with theatre(tmp_path_factory.mktemp("faults"), clocks=FAKETIME.exists(), disks=Disk.possible()) as stage:
        made = Audit(stage)
        await made.begin()
        await made.check("the beginning")
        yield made
        assert len(made.findings()) > 5, "there must have been something to lose"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("fault", [*OF_WORKERS, *OF_BROKERS, *DISKS, *CLOCKS], ids=lambda fault: fault.__name__)
async def test_nothing_is_lost_wrong_or_stuck_when(fault: Fault, audit: Audit) -> None:
    if fault in CLOCKS and not audit.stage.clocks:
        pytest.skip("setting clocks needs libfaketime (Debian: libfaketime)")
    if fault in DISKS and not audit.stage.disks:
        pytest.skip("filling a disk needs root, to mount a small one")
    what = await fault(audit.stage, random.Random(fault.__name__))
    await audit.check(what)
    assert audit.excused() == 0, f"after {what} a partition was given up"
