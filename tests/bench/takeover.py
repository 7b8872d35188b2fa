"""How long partitions stand still when a worker dies, leaves or joins: `python -m tests.bench.takeover`.

Two workers on Kafka share four `mentions` and two `readings` partitions while mentions come all the time. One is
killed, started again, and asked to stop. Measured is, in the log itself, the longest time in which no envelope of a
`mentions` partition came; and from the workers' reports, when the watermark of every `readings` partition had passed
the moment.
"""

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

from deploy.kafka.broker import Broker
from deploy.kafka.jars import download
from streams.log import Log, open_log
from streams.settings import StreamSettings
from streams.status import newest_reports
from streams.topics import Topics
from streams.watching.envelopes import Envelope, Marks, decode
from tests.bench.kafka.mentions import mentions, publish, write_register
from tests.bench.kafka.ours import clock, settings_of
from tests.bench.kafka.work import PARTITIONS
from tests.rig import Rig

RATE, READINGS = 2_000, 2
#: What is asked: seconds after a kill, and after a clean stop.
AFTER_KILL, AFTER_STOP = 15.0, 5.0
TOPICS = Topics("takeover")


@contextlib.asynccontextmanager
async def traffic(log: Log, settings: StreamSettings) -> AsyncIterator[None]:
    """Mentions all the time, a tenth of a second's at once."""

    async def send() -> None:
        number = 0
        while True:
            number += 1
            await publish(log, settings, mentions(RATE // 10, 60, clock(), text=False, seed=number), each=50)
            await asyncio.sleep(0.1)

    task = asyncio.create_task(send())
    try:
        yield
    finally:
        task.cancel()


async def arrivals(log: Log) -> list[tuple[int, int]]:
    """Time (ms) and `mentions` partition of every envelope and mark in the first `readings` partition."""
    found: list[tuple[int, int]] = []
    offset = 0
    while records := await log.read(TOPICS.readings, 0, offset, limit=2000):
        for record in records:
            match decode(record.value or b""):
                case Envelope() as envelope:
                    found.append((record.timestamp, envelope.partition))
                case Marks() as marks:
                    found += [(record.timestamp, partition) for partition, _, _ in marks.idle]
        offset = records[-1].offset + 1
    return found


def longest(found: list[tuple[int, int]], since: int, until: int) -> dict[int, float]:
    """For each partition the longest time between two signs of it, in seconds."""
    gaps: dict[int, float] = {}
    for partition in range(PARTITIONS):
        times = [since, *(at for at, one in found if one == partition and since <= at <= until), until]
        gaps[partition] = max(after - before for before, after in pairwise(times)) / 1000
    return gaps


async def watched(log: Log, since: int) -> float:
    """Seconds until every `readings` partition has been folded past `since`, by the reports."""
    while clock() - since < 60_000:
        reports = (await newest_reports(log, TOPICS.status)).values()
        marks = [r.watermarks.get(str(p), 0) for p in range(READINGS) for r in reports if r.at >= since]
        if sum(mark > since for mark in marks) >= READINGS:
            break
        await asyncio.sleep(0.1)
    return (clock() - since) / 1000


async def measure(directory: Path, url: str) -> dict[str, tuple[dict[int, float], float]]:
    """By what happened, the longest gaps by partition, and the seconds until watching went on."""
    settings = settings_of(url, TOPICS.run, directory, readings_partitions=READINGS)
    register = {"CANHBAO_STREAMS__REGISTER_DIRECTORY": str(directory / "register")}
    rig = Rig(directory, url, TOPICS.run, register | {"CANHBAO_STREAMS__SNAPSHOT_EVERY": "PT10S"}, replay=False)
    log = open_log(url)
    await log.start()
    found: dict[str, tuple[dict[int, float], float]] = {}
    moments: list[tuple[str, int, float]] = []
    try:
        async with traffic(log, settings):
            rig.start_worker("1")
            second = rig.start_worker("2")
            await asyncio.sleep(25)
            for what, signalled in (("kill -9", signal.SIGKILL), ("join", None), ("clean stop", signal.SIGTERM)):
                moment = clock()
                if signalled is None:
                    second = rig.start_worker("2")
                else:
                    second.send_signal(signalled)
                moments.append((what, moment, await watched(log, moment)))
                await asyncio.sleep(18)
        seen = await arrivals(log)
        for what, moment, seconds in moments:
            found[what] = longest(seen, moment, moment + 18_000), seconds
    finally:
        rig.stop()
        await log.stop()
    return found


def main() -> None:
    """Measure and print; exit status 1 where it took longer than asked."""
    download()
    with tempfile.TemporaryDirectory(prefix="canhbao-bench-") as name:
        directory = Path(name)
        write_register(directory, 60)
        with Broker(directory / "kafka", heap="400m") as broker:
            found = asyncio.run(measure(directory, broker.url))
    late = False
    for what, (gaps, seconds) in found.items():
        each = ", ".join(f"{partition}: {gap:.1f} s" for partition, gap in gaps.items())
        print(f"{what:>10}: longest silence of each mentions partition {each}; watched again after {seconds:.1f} s")
        late |= max(gaps.values()) > (AFTER_STOP if what == "clean stop" else AFTER_KILL)
    raise SystemExit(int(late))


if __name__ == "__main__":
    main()
