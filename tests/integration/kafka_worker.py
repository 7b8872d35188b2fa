"""A worker process for `test_kafka_workers.py`: applies numbered records exactly once, by a state kept with offsets.

The state is one SQLite file: each partition's position, and the numbers applied. A batch is applied in one transaction,
from the position on, and acknowledged after it. What must never be seen is noted as a fault.
"""

import asyncio
import random
import signal
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import faust
from faust.types import TP

from streams.transports.batches import Assignment, Batch, BatchTopic
from tests.contracts.transport_contract import Harness

SCHEMA = """
CREATE TABLE IF NOT EXISTS positions (partition INTEGER PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS applied (partition INTEGER, number INTEGER, PRIMARY KEY (partition, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS faults (what TEXT);
CREATE TABLE IF NOT EXISTS repeats (records INTEGER);
"""


def open_state(path: Path) -> sqlite3.Connection:
    """The state, with its tables; every statement outside a transaction commits by itself."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.executescript(SCHEMA)
    return connection


def position(state: sqlite3.Connection, partition: int) -> int:
    """Where reading of a partition goes on."""
    row = state.execute("SELECT position FROM positions WHERE partition = ?", (partition,)).fetchone()
    return 0 if row is None else int(row[0])


def apply(state: sqlite3.Connection, batch: Batch, *, current: bool) -> None:
    """Apply what of a batch is new; note what must not be."""
    partition = batch.tp.partition
    state.execute("BEGIN IMMEDIATE")
    at = position(state, partition)
    if not current:
        state.execute("COMMIT")
        return
    if batch.start > at:
        state.execute("INSERT INTO faults VALUES (?)", (f"{batch.tp}: {batch.start} handed over, state at {at}",))
    else:
        new = [(partition, int(r.value.split()[0])) for r in batch.records if r.offset >= at and r.value is not None]
        state.executemany("INSERT INTO applied VALUES (?, ?)", new)
        state.execute("INSERT INTO repeats VALUES (?)", (len(batch) - len(new),))
        state.execute("INSERT OR REPLACE INTO positions VALUES (?, ?)", (partition, max(at, batch.end)))
    state.execute("COMMIT")


def application(broker: str, topic: str, group: str, state: sqlite3.Connection, seed: int) -> faust.App:
    """The worker's application; now and then it takes its time before it applies a batch."""
    # The harness's client of the log is not needed here.
    app = Harness(broker, None).app(group)  # type: ignore[arg-type] # as said
    chance, epoch = random.Random(seed), 0

    async def resume(assignment: Assignment) -> Mapping[TP, int | None]:
        nonlocal epoch
        epoch = assignment.epoch
        return {tp: position(state, tp.partition) for tp in assignment.partitions}

    async def agent(stream: Any) -> None:
        async for event in stream.noack().events():
            await asyncio.sleep(chance.choice((0, 0, 0.05, 0.2)))
            apply(state, event.value, current=event.value.epoch == epoch)
            await stream.ack(event)

    app.agent(BatchTopic(app, topics=[topic], resume=resume), name="apply")(agent)
    return app


async def run(broker: str, topic: str, group: str, path: str, seed: str) -> None:
    """Work until SIGTERM."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    with closing(open_state(Path(path))) as state:
        app = application(broker, topic, group, state, int(seed))
        await app.start()
        await app.wait_first(stopping.wait())
        await app.stop()
        if app.crash_reason is not None:
            raise app.crash_reason


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
