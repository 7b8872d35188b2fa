"""Two worker processes that come, go and are killed in turn: everything is applied exactly once."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from streams.log import TopicSpec
from streams.transports.batches import NewRecord
from streams.transports.kafka_log import KafkaLog
from tests.contracts.transport_contract import eventually
from tests.integration.kafka_worker import open_state

pytestmark = pytest.mark.integration

PARTITIONS, RECORDS, PORTION = 4, 120_000, 15_000
#: Which of the two workers ends how, before it is started again.
ENDS = [(0, "SIGKILL"), (1, "SIGTERM"), (1, "SIGKILL"), (0, "SIGTERM"), (0, "SIGKILL"), (1, "SIGKILL")]


@pytest.fixture
async def log(kafka_url: str) -> AsyncIterator[KafkaLog]:
    """A started client of the log."""
    client = KafkaLog(kafka_url)
    await client.start()
    yield client
    await client.stop()


class Crew:
    """Two worker processes of one group."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._starts = 0
        self.processes = [self._start(), self._start()]

    def _start(self) -> "subprocess.Popen[bytes]":
        self._starts += 1
        command = [sys.executable, "-m", "tests.integration.kafka_worker", *self._arguments, str(self._starts)]
        return subprocess.Popen(command)

    def end(self, which: int, how: str) -> None:
        """End one as told, check that it ended so, and start another in its place."""
        process = self.processes[which]
        assert process.poll() is None
        process.send_signal(signal.Signals[how])
        status = process.wait(15)
        assert status == (-signal.SIGKILL if how == "SIGKILL" else 0)
        self.processes[which] = self._start()

    def stop(self) -> None:
        """End both, whatever state they are in."""
        for process in self.processes:
            process.kill()
            process.wait()


@contextmanager
def crew(*arguments: str) -> Iterator[Crew]:
    """Two workers that are gone at the end."""
    both = Crew(*arguments)
    try:
        yield both
    finally:
        both.stop()


async def publish(log: KafkaLog, topic: str, first: int, count: int) -> None:
    """Append numbers to the partitions in turn, in chunks, so that the workers read while it goes on."""
    for start in range(first, first + count, 2000):
        for partition in range(PARTITIONS):
            numbers = range(start + partition, min(start + 2000, first + count), PARTITIONS)
            await log.append(topic, partition, [NewRecord(b"%d " % n + bytes(200)) for n in numbers])


@pytest.mark.timeout(170)
async def test_workers_that_are_killed_and_stopped_in_turn_apply_everything_exactly_once(
    kafka_url: str, log: KafkaLog, tmp_path: Path
) -> None:
    topic, group = f"t-{uuid4().hex[:12]}", f"g-{uuid4().hex[:12]}"
    await log.create(TopicSpec(topic, PARTITIONS))
    broker = kafka_url.replace("kafka://", "kafka-batch://")
    path = tmp_path / "state.db"
    with closing(open_state(path)) as state, crew(broker, topic, group, str(path)) as workers:

        def applied() -> int:
            return int(state.execute("SELECT count(*) FROM applied").fetchone()[0])

        done = 0
        for which, how in ENDS:
            publishing = asyncio.create_task(publish(log, topic, done, PORTION))
            await eventually(lambda done=done: applied() > done + PORTION // 4, within=60)
            await asyncio.to_thread(workers.end, which, how)
            await publishing
            done += PORTION
        await publish(log, topic, done, RECORDS - done)
        await eventually(lambda: applied() == RECORDS, within=60)
        assert state.execute("SELECT what FROM faults").fetchall() == []
        assert state.execute("SELECT DISTINCT number % 4 = partition FROM applied").fetchall() == [(1,)]

        async def all_committed() -> bool:
            ends = [await log.committed(group, topic, partition) for partition in range(PARTITIONS)]
            return ends == [RECORDS // PARTITIONS] * PARTITIONS

        await eventually(all_committed)
