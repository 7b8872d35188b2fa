"""How fast the embedded log appends, reads and tells of news: `python -m tests.bench.sqlite_log [DIRECTORY]`.

Prints minimum, median and maximum of several rounds. A record is 300 bytes.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from faust.types import TP

from streams.log import TopicSpec
from streams.transports.batches import NewRecord
from streams.transports.sqlite.client import SqliteLogClient
from streams.transports.sqlite.store import LogStore

ROUNDS = 7
VALUE = b"x" * 300

#: Another process, appending 100 records at a time as fast as it can.
_NEIGHBOUR = """
import sys
from pathlib import Path
from streams.transports.batches import NewRecord
from streams.transports.sqlite.store import LogStore
store, new = LogStore(Path(sys.argv[1])), [NewRecord(b"x" * 300)] * 100
print("ready", flush=True)
while True:
    store.append("noise", 0, new)
"""


def report(what: str, unit: str, figures: list[float]) -> None:
    """One line: minimum, median, maximum."""
    low, middle, high = min(figures), statistics.median(figures), max(figures)
    print(f"{what:<58} {low:>10,.1f} {middle:>10,.1f} {high:>10,.1f}  {unit}")


def rate(do: Callable[[], int]) -> float:
    """Records a second."""
    start = time.perf_counter()
    return do() / (time.perf_counter() - start)


def appends(store: LogStore, size: int, rounds: int) -> int:
    """Append batches to four partitions in turn; returns how many records."""
    new = [NewRecord(VALUE)] * size
    for n in range(rounds):
        store.append("t", n % 4, new)
    return size * rounds


def reads(store: LogStore) -> int:
    """Read everything in batches of up to 4 MiB; returns how many records."""
    count = 0
    for number in range(4):
        partition, offset = store.partition(TP("t", number)), 0
        while True:
            records, _ = store.read(partition, offset, limit=10_000, most_bytes=4 << 20)
            if not records:
                break
            count += len(records)
            offset = records[-1].offset + 1
    return count


async def delays(path: Path, count: int) -> list[float]:
    """Milliseconds from an append's acknowledgement to another client's having read it."""
    writer, reader = (SqliteLogClient(f"sqlite:///{path}") for _ in range(2))
    await writer.start()
    await reader.start()
    _, offset = await writer.bounds("t", 0)
    figures = []
    for n in range(count):
        waiting = asyncio.create_task(reader.read("t", 0, offset + n, wait=timedelta(seconds=10)))
        await asyncio.sleep(0.003)
        await writer.append("t", 0, [NewRecord(VALUE)])
        start = time.perf_counter()
        await waiting
        figures.append((time.perf_counter() - start) * 1000)
    await writer.stop()
    await reader.stop()
    return figures


async def single_appends(path: Path, at_once: int) -> float:
    """Acknowledged single appends a second, so many under way at once."""
    client = SqliteLogClient(f"sqlite:///{path}")
    await client.start()
    start = time.perf_counter()
    for _ in range(5):
        await asyncio.gather(*(client.append("t", 0, [NewRecord(VALUE)]) for _ in range(at_once)))
    seconds = time.perf_counter() - start
    await client.stop()
    return 5 * at_once / seconds


def waits(store: LogStore, count: int) -> list[float]:
    """Milliseconds an append takes."""
    figures = []
    for _ in range(count):
        start = time.perf_counter()
        store.append("t", 0, [NewRecord(VALUE)])
        figures.append((time.perf_counter() - start) * 1000)
        time.sleep(0.002)
    return figures


def main() -> None:
    """Run everything."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as directory:
        path = Path(directory) / "log.db"
        store = LogStore(path)
        store.create(TopicSpec("t", 4), TopicSpec("noise"))
        print(f"{'':<58} {'min':>10} {'median':>10} {'max':>10}")
        for size, rounds in ((1, 300), (100, 300), (1000, 60)):
            figures = [rate(lambda size=size, rounds=rounds: appends(store, size, rounds)) for _ in range(ROUNDS)]  # type: ignore[misc]  # mypy cannot infer a lambda with defaults
            report(f"appended, synchronous=FULL, batches of {size}", "records/s", figures)
        report("read, batches of up to 4 MiB", "records/s", [rate(lambda: reads(store)) for _ in range(ROUNDS)])
        report("append acknowledged -> read by another client", "ms", asyncio.run(delays(path, 200)))
        figures = [asyncio.run(single_appends(path, 1000)) for _ in range(ROUNDS)]
        report("single appends, 1000 under way at once", "appends/s", figures)
        report("one append alone", "ms", waits(store, 200))
        neighbour = subprocess.Popen([sys.executable, "-c", _NEIGHBOUR, str(path)], stdout=subprocess.PIPE)
        assert neighbour.stdout is not None
        neighbour.stdout.readline()
        report("one append beside a process that never stops appending", "ms", waits(store, 200))
        neighbour.kill()
        neighbour.communicate()
        store.close()


if __name__ == "__main__":
    main()
