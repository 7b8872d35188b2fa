"""A hundred times the usual volume for a minute, on Kafka: `python -m tests.bench.storm [--usual 200] [--seconds 60]`.

One worker, 10,000 organisations of which 5 % are spoken of. Measured are the worker's memory, how far detection falls
behind, how long it takes to catch up and to start again, and whether every mention was counted once.
"""

import argparse
import asyncio
import signal
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from deploy.kafka.broker import Broker
from deploy.kafka.jars import download
from streams.log import Log, open_log
from streams.settings import StreamSettings
from streams.status import Report, newest_reports
from streams.topics import Topics, topic_specs
from streams.transports.batches import NewRecord
from tests.bench.kafka.mentions import code, instant, write_register
from tests.bench.kafka.ours import clock, settings_of
from tests.bench.kafka.work import PARTITIONS
from tests.rig import Rig

ORGANISATIONS, ACTIVE, TIMES = 10_000, 500, 100
TOPICS = Topics("storm")
#: What is asked: seconds until caught up and until it watches after a restart; megabytes in the storm and before it.
CAUGHT_UP, RESTARTED, MOST, USUAL_MOST = 300.0, 20.0, 1000.0, 600.0


class Found(NamedTuple):
    """What was measured: megabytes before and at most, seconds behind at most, until caught up and restarted, sums."""

    before: float
    most: float
    behind: float
    caught_up: float
    restarted: float
    sent: int
    counted: int


def line(number: int, published: str) -> bytes:
    """A mention of about 300 bytes; one in ten is negative."""
    sentiment = -0.8 if number % 10 == 0 else 0.1
    title = f"Tin thử số {number % 5000} về thủ tục, hồ sơ và lịch tiếp dân của cơ quan trong tuần này ở các xã, phường"
    source = f'{{"kind":"news","name":"Nguồn {number % 40}"}}'
    organisation = code(number * 7919 % ACTIVE)
    return (
        f'{{"id":"s{number}","published_at":"{published}","source":{source},"title":"{title}",'
        f'"organisations":["{organisation}"],"sentiment":{sentiment}}}'
    ).encode()


class Sender:
    """Sends at a rate and counts."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.sent = 0
        self.ended = False

    async def send(self, rate: int, seconds: float) -> None:
        """Send so many a second, a tenth of a second's at once."""
        began, first = time.perf_counter(), self.sent
        while not self.ended and (passed := time.perf_counter() - began) < seconds:
            due = first + int((passed + 0.1) * rate)
            published = instant(clock())
            records = [NewRecord(line(number, published)) for number in range(self.sent, due)]
            await asyncio.gather(
                *(self.log.append(TOPICS.mentions, p, records[p::PARTITIONS]) for p in range(PARTITIONS) if records[p:])
            )
            self.sent = due
            await asyncio.sleep(max(0.0, passed + 0.1 - (time.perf_counter() - began)))


async def report(log: Log) -> Report:
    """The worker's newest."""
    return max((await newest_reports(log, TOPICS.status)).values(), key=lambda one: one.at)


def memory(pid: int, what: str) -> float:
    """Megabytes of a process: `VmRSS` now, `VmHWM` at most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(one.split()[1]) for one in lines if one.startswith(what)) / 1024


async def measure(directory: Path, url: str, usual: int, seconds: float) -> Found:
    """Usual volume, the storm, and the time after it."""
    settings: StreamSettings = settings_of(url, TOPICS.run, directory)
    register = {"CANHBAO_STREAMS__REGISTER_DIRECTORY": str(directory / "register")}
    cut = {"CANHBAO_STREAMS__READINGS_PARTITIONS": "1", "CANHBAO_STREAMS__SNAPSHOT_EVERY": "PT60S"}
    rig, log = Rig(directory, url, TOPICS.run, register | cut, replay=False), open_log(url)
    await log.start()
    await log.create(*topic_specs(settings))
    sender = Sender(log)
    worker = rig.start_worker()
    try:
        await sender.send(usual, 30)
        before = memory(worker.pid, "VmRSS")
        storm = asyncio.create_task(sender.send(usual * TIMES, seconds))
        behind = 0.0
        while not storm.done():
            await asyncio.sleep(2)
            one = await report(log)
            behind = max(behind, (one.at - min(one.watermarks.values(), default=one.at)) / 1000)
        over = time.perf_counter()
        after = asyncio.create_task(sender.send(usual, 400))
        while time.perf_counter() - over < 400:
            one = await report(log)
            late = (clock() - min(one.watermarks.values(), default=0)) / 1000
            behind = max(behind, late)
            if late < 5:
                break
            await asyncio.sleep(0.5)
        caught_up = time.perf_counter() - over
        sender.ended = True
        await after
        await asyncio.sleep(8)
        most = memory(worker.pid, "VmHWM")
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=30)
        one = await report(log)
        counted = sum(one.counters.get("mentions_counted", {}).values())
        moment = clock()
        rig.start_worker()
        while min((one := await report(log)).watermarks.values(), default=0) < moment and clock() < moment + 90_000:
            await asyncio.sleep(0.1)
        restarted = (clock() - moment) / 1000
        return Found(before, most, behind, caught_up, restarted, sender.sent, int(counted))
    finally:
        rig.stop()
        await log.stop()


def main() -> None:
    """Measure and print; exit status 1 where anything was lost or took more than is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--usual", type=int, default=200, help="mentions a second before and after")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the storm lasts")
    options = parser.parse_args()
    download()
    with tempfile.TemporaryDirectory(prefix="canhbao-bench-") as name:
        directory = Path(name)
        write_register(directory, ORGANISATIONS)
        with Broker(directory / "kafka", heap="400m") as broker:
            found = asyncio.run(measure(directory, broker.url, options.usual, options.seconds))
    print(
        f"{options.usual * TIMES:,} mentions/s for {options.seconds:.0f} s over {options.usual:,}: {found.sent:,} sent"
    )
    print(f"memory {found.before:.0f} MB before, {found.most:.0f} MB at most")
    print(f"detection {found.behind:.0f} s behind at most, caught up {found.caught_up:.0f} s after the storm")
    print(f"started again with that state it watches after {found.restarted:.1f} s")
    print(f"{found.counted:,} counted, {found.sent - found.counted:,} missing")
    well = found.sent == found.counted and found.caught_up <= CAUGHT_UP and found.restarted <= RESTARTED
    raise SystemExit(int(not (well and found.most <= MOST and found.before <= USUAL_MOST)))


if __name__ == "__main__":
    main()
