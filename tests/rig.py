"""A rig for tests that start the program as a user would: processes, a log, and what came out of it."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from alerts.model import Finding
from streams.log import Log, UnknownTopicError
from streams.mentions import identity, partition_of
from streams.settings import StreamSettings
from streams.status import newest_reports
from streams.topics import Topics, topic_specs
from streams.transports.batches import NewRecord
from streams.transports.sqlite.client import SqliteLogClient

ORGANISATIONS = ("01", "19", "79", "48", "BYT", "BGDDT", "BXD", "NHNN")


def synthetic(count: int, *, days: int = 8, seed: int = 7, bursts: int = 4) -> Iterator[bytes]:
    """Mentions as NDJSON lines in order of time: a daily rhythm over some bodies, and a few bursts of anger."""
    rng = random.Random(seed)
    start = datetime(2025, 9, 1, tzinfo=UTC)
    minutes = days * 1440
    heat = [(rng.randrange(3 * 1440, minutes - 600), rng.choice(ORGANISATIONS)) for _ in range(bursts)]
    drawn: list[tuple[float, str, bool]] = []
    for _ in range(count * 9 // 10):
        minute = rng.random() * minutes
        drawn.append((minute, rng.choice(ORGANISATIONS), rng.random() < 0.15))
    for begin, body in heat:
        drawn += [(begin + rng.expovariate(1 / 90), body, rng.random() < 0.9) for _ in range(count // 10 // bursts)]
    for number, (minute, body, negative) in enumerate(sorted(drawn)):
        at = start + timedelta(minutes=minute)
        mention = {
            "id": f"m{number if rng.random() > 0.01 else max(0, number - 1)}",
            "published_at": at.isoformat(timespec="milliseconds"),
            "source": {"kind": "news", "name": f"Báo {number % 5}"},
            "title": f"Tin thử số {number % 97} về cơ quan {body}",
            "organisations": [body],
            "sentiment": -0.8 if negative else 0.1,
        }
        yield json.dumps(mention, ensure_ascii=False).encode() + b"\n"


@dataclass
class Rig:
    """One run of the program on one log.

    Parameters
    ----------
    directory
        For state and files.
    log_url
        Where the log is.
    run
        Name of the run.
    replay
        Whether it is a replay.
    """

    directory: Path
    log_url: str
    run: str = "rig"
    settings: Mapping[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    replay: bool = True

    @property
    def environment(self) -> dict[str, str]:
        """What the processes are told."""
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith("CANHBAO_")},
            "CANHBAO_STATE_DIR": str(self.directory / "state"),
            "CANHBAO_LOG_URL": self.log_url,
            "CANHBAO_STREAMS__MENTIONS_PARTITIONS": "4",
            "CANHBAO_STREAMS__READINGS_PARTITIONS": "2",
            "CANHBAO_STREAMS__SNAPSHOT_EVERY": "PT0.5S",
            **self.settings,
        }

    def publish(self, lines: Iterator[bytes]) -> None:
        """Publish mentions as the replay run."""
        file = self.directory / "mentions.ndjson"
        file.write_bytes(b"".join(lines))
        self.publish_file(file)

    def publish_file(self, file: Path) -> None:
        """Publish a file of mentions as the replay run."""
        command = [sys.executable, "-m", "deploy.cli", "publish", "--replay", self.run, str(file)]
        done = subprocess.run(command, env=self.environment, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def start_worker(self, name: str = "1") -> subprocess.Popen[bytes]:
        """Start a worker of the run."""
        environment = {
            **self.environment,
            "CANHBAO_STREAMS__RUN": self.run,
            "CANHBAO_STREAMS__REPLAY": str(self.replay).lower(),
            "CANHBAO_STREAMS__WORKER": name,
        }
        with (self.directory / f"worker-{name}.log").open("ab") as output:
            worker = subprocess.Popen(
                [sys.executable, "-m", "deploy.cli", "worker"], env=environment, stdout=output, stderr=output
            )
        self.processes.append(worker)
        return worker

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill -9 one of our own workers."""
        worker.send_signal(signal.SIGKILL)
        worker.wait(timeout=10)

    def stop(self) -> None:
        """End what still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=10)

    def complaints(self) -> str:
        """What the workers wrote."""
        return "\n".join(path.read_text(errors="replace")[-4000:] for path in self.directory.glob("worker-*.log"))

    async def progress(self, log: Log) -> int:
        """How many `readings` records there are."""
        topic = Topics(self.run).readings
        try:
            return sum([(await log.bounds(topic, p))[1] for p in range(await log.partitions(topic))])
        except UnknownTopicError:
            return 0

    async def finished(self, log: Log, since_ms: int, *, timeout: float = 120.0) -> None:
        """Wait until everything published is read and folded, as reported after `since_ms`."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if await self._is_finished(log, since_ms):
                return
            assert any(p.poll() is None for p in self.processes), f"no worker is left:\n{self.complaints()}"
            await asyncio.sleep(0.1)
        raise AssertionError(f"not finished after {timeout} s:\n{self.complaints()}")

    async def _is_finished(self, log: Log, since_ms: int) -> bool:
        topics = Topics(self.run)
        try:
            for partition in range(await log.partitions(topics.mentions)):
                _, end = await log.bounds(topics.mentions, partition)
                if end and await log.committed(topics.group, topics.mentions, partition) != end:
                    return False
            reports = (await newest_reports(log, topics.status)).values()
            positions = {int(k): v for r in reports if r.at >= since_ms for k, v in r.positions.items()}
            for partition in range(await log.partitions(topics.readings)):
                _, end = await log.bounds(topics.readings, partition)
                if positions.get(partition, 0) != end:
                    return False
        except UnknownTopicError:
            return False
        return True

    async def findings(self, log: Log) -> set[tuple[str, int, bytes]]:
        """Every distinct (id, revision, bytes) on the findings topic."""
        topic, offset = Topics(self.run).findings, 0
        found: set[tuple[str, int, bytes]] = set()
        while records := await log.read(topic, 0, offset, limit=1000):
            for record in records:
                assert record.value is not None
                finding = msgspec.json.decode(record.value, type=Finding)
                found.add((finding.id, finding.revision, record.value))
            offset = records[-1].offset + 1
        return found


async def seed_history(log_url: str, bodies: tuple[str, ...], now: int, *, hours: int = 30, every: int = 20) -> None:
    """Fill the live run of an embedded log with a quiet past, stamped as if it had been running all along.

    Parameters
    ----------
    bodies
        Each gets one mention every `every` minutes, one in ten of them negative.
    now
        Milliseconds since 1970 UTC: the end of the past.
    """
    stamp = now - hours * 3_600_000
    log = SqliteLogClient(log_url, clock=lambda: stamp)
    await log.start()
    await log.create(*topic_specs(StreamSettings()))
    topics, number = Topics(""), 0
    while stamp < now:
        at = datetime.fromtimestamp(stamp / 1000, UTC).isoformat(timespec="milliseconds")
        batches: dict[int, list[NewRecord]] = {}
        for body in bodies:
            number += 1
            source = {"kind": "news", "name": f"Báo {number % 5}"}
            sentiment = -0.7 if number % 10 == 0 else 0.1
            name = f"past-{number}"
            line = {"id": name, "published_at": at, "source": source, "title": f"Tin cũ số {number}"}
            data = json.dumps({**line, "organisations": [body], "sentiment": sentiment}, ensure_ascii=False).encode()
            batches.setdefault(partition_of(identity(**source, mention_id=name), 4), []).append(NewRecord(data))
        for partition, records in batches.items():
            await log.append(topics.mentions, partition, records)
        stamp += every * 60_000
    await log.stop()
