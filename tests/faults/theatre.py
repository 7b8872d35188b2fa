"""Where faults are played: Kafka behind proxies, workers that are kept running, a service, and a publisher."""

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from deploy.kafka.broker import Broker, Listener, free_port
from deploy.kafka.cluster import Cluster
from deploy.settings import load_settings
from streams.log import AdminLog, LogError, open_log
from streams.mentions import identity, partition_of
from streams.settings import StreamSettings
from streams.topics import Topics, topic_specs
from streams.transports.batches import NewRecord
from tests.faults.proxy import Proxy

MENTIONS_PARTITIONS, READINGS_PARTITIONS = 4, 2
#: Provinces and ministries of the register at any time.
BODIES = (
    *("01", "04", "08", "11", "12", "14", "15", "19", "20", "22", "24", "25", "31", "33", "37", "38", "40", "42"),
    *("44", "46", "48", "51", "52", "56", "66", "68", "75", "79", "80", "82", "86", "91", "92", "96", "BYT", "BXD"),
)
HISTORY_HOURS = 30
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


@dataclass
class Clock:
    """A process's wall clock, which a test may set; its stopwatch goes on as it is."""

    path: Path

    @property
    def environment(self) -> dict[str, str]:
        """What the process is told."""
        self.set(0)
        return {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self.path),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # With this "fix", whatever waits in Java spins.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }

    def set(self, seconds: float) -> None:
        """Be that far from the true time."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{seconds:+.3f}\n")
        fresh.replace(self.path)


@dataclass
class Disk:
    """A small disk in memory, which a test may fill; only root can make one.

    Parameters
    ----------
    path
        Where it is mounted.
    """

    path: Path

    @staticmethod
    def possible() -> bool:
        """Whether this process may mount."""
        return os.geteuid() == 0 and shutil.which("mount") is not None

    def mount(self, size: str = "200m") -> None:
        """Make it. Raises `OSError`."""
        self.path.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(self.path)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            raise OSError("tmpfs cannot be mounted here")

    def fill(self) -> None:
        """Leave no room."""
        with contextlib.suppress(OSError), (self.path / "ballast").open("ab", buffering=0) as ballast:
            for size in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while ballast.write(bytes(size)) == size:
                        pass

    def clear(self) -> None:
        """Make room again."""
        (self.path / "ballast").unlink(missing_ok=True)

    def unmount(self) -> None:
        """Take it away, with all that is on it."""
        command = ["umount", "-l", str(self.path)]
        subprocess.run(command, check=False, capture_output=True)


@dataclass
class Member:
    """A process of ours that is kept running."""

    name: str
    arguments: Sequence[str]
    environment: dict[str, str]
    log: Path
    wanted: bool = True
    process: "subprocess.Popen[bytes] | None" = None
    #: Exit statuses of what ended by itself, and the last words.
    ends: list[tuple[int, str]] = field(default_factory=list)

    def start(self) -> None:
        """Start it."""
        self.wanted = True
        with self.log.open("ab") as output:
            command = [sys.executable, "-m", "deploy.cli", *self.arguments]
            self.process = subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def tend(self) -> None:
        """Start it again if it ended."""
        if self.process is None or not self.wanted:
            return
        status = self.process.poll()
        if status is not None:
            if status != -signal.SIGKILL:
                self.ends.append((status, self.log.read_text(errors="replace").strip().splitlines()[-1][:200]))
            self.start()

    def stop(self) -> None:
        """End it for good."""
        self.wanted = False
        if self.process is None:
            return
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(8)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Theatre:
    """All that plays."""

    directory: Path
    cluster: Cluster
    proxies: list[Proxy]
    clocks: dict[str, Clock]
    disks: dict[int, Disk]
    log: AdminLog
    settings: StreamSettings
    environment: dict[str, str]
    port: int
    workers: list[Member] = field(default_factory=list)
    service: Member | None = None
    #: Ids of mentions that the log has acknowledged.
    sent: set[str] = field(default_factory=set)
    rng: random.Random = field(default_factory=lambda: random.Random(7))
    _tasks: "list[asyncio.Task[None]]" = field(default_factory=list)

    @property
    def topics(self) -> Topics:
        """Of the live run."""
        return Topics(self.settings.run)

    @property
    def members(self) -> list[Member]:
        """Workers and service."""
        return [*self.workers, *([self.service] if self.service is not None else [])]

    def worker(self, number: int) -> Member:
        """A worker that is not started yet."""
        name = f"worker-{number}"
        environment = {**self.environment, "CANHBAO_STREAMS__WORKER": str(number)}
        if name in self.clocks:
            environment |= self.clocks[name].environment
        return Member(name, ["worker"], environment, self.directory / f"{name}.log")

    def controller(self) -> Broker:
        """The node that leads the controllers now: clients of KRaft are told any broker, the vote is in a file."""
        _, leader = max(self._voted(broker) for broker in self.cluster.brokers)
        return next(broker for broker in self.cluster.brokers if broker.node == leader)

    @staticmethod
    def _voted(broker: Broker) -> tuple[int, int]:
        path = broker.directory / "data" / "__cluster_metadata-0" / "quorum-state"
        vote = json.loads(path.read_text())
        return int(vote["leaderEpoch"]), int(vote["leaderId"])

    async def publish(self, mentions: Sequence[dict[str, object]]) -> None:
        """Append mentions, each to its partition, until the log has acknowledged all."""
        batches: dict[int, list[tuple[str, NewRecord]]] = {}
        for mention in mentions:
            source, name = mention["source"], str(mention["id"])
            assert isinstance(source, dict)
            partition = partition_of(identity(source["kind"], source["name"], name), MENTIONS_PARTITIONS)
            record = NewRecord(json.dumps(mention, ensure_ascii=False).encode())
            batches.setdefault(partition, []).append((name, record))
        await asyncio.gather(*(self._append(partition, batch) for partition, batch in batches.items()))

    async def _append(self, partition: int, batch: list[tuple[str, NewRecord]]) -> None:
        while True:
            try:
                await self.log.append(self.topics.mentions, partition, [record for _, record in batch])
            except LogError:
                await asyncio.sleep(0.2)
            else:
                self.sent.update(name for name, _ in batch)
                return

    async def flood(self) -> None:
        """Publish for ever: an even murmur, and now and then a burst of anger at one body."""
        number, angry, until = 0, "", 0.0
        while True:
            now = time.monotonic()
            if now > until + 8:
                angry, until = self.rng.choice(BODIES), now + 3
            mentions = []
            for _ in range(4):
                number += 1
                is_angry = now < until and number % 4 != 0
                body = angry if is_angry else self.rng.choice(BODIES)
                mentions.append(mention(f"live-{number}", body, negative=is_angry, at=datetime.now(UTC)))
            await self.publish(mentions)
            await asyncio.sleep(0.12)

    async def tend(self) -> None:
        """Start again what ended."""
        while True:
            for member in self.members:
                member.tend()
            await asyncio.sleep(0.3)

    def begin(self, *work: "asyncio.Task[None]") -> None:
        """Let something run until the end."""
        self._tasks += work

    async def end(self) -> None:
        """End everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(asyncio.to_thread(member.stop) for member in self.members))
        await self.log.stop()

    def complaints(self) -> str:
        """The ends of what workers and service wrote."""
        return "\n".join(f"== {m.name} {m.ends}\n{m.log.read_text(errors='replace')[-3000:]}" for m in self.members)


def mention(name: str, body: str, *, negative: bool, at: datetime) -> dict[str, object]:
    """A mention of a body."""
    return {
        "id": name,
        "published_at": at.isoformat(timespec="milliseconds"),
        "source": {"kind": "facebook", "name": f"Nhóm {hash_of(name) % 9}"},
        "title": f"Tin số {name} về cơ quan {body}",
        "organisations": [body],
        "sentiment": -0.8 if negative else 0.2,
    }


def hash_of(name: str) -> int:
    """The same in every process."""
    return sum(name.encode())


async def seed(log: AdminLog, settings: StreamSettings) -> None:
    """A quiet past of a day and more, stamped as if it had been seen then; from now on the log stamps."""
    specs = topic_specs(settings)
    topics = Topics(settings.run)
    (spec,) = (spec for spec in specs if spec.name == topics.mentions)
    await log.create(*(replace(each, publisher_time=each is spec) for each in specs))
    now = time.time_ns() // 1_000_000
    stamp, number = now - HISTORY_HOURS * 3_600_000, 0
    batches: dict[int, list[NewRecord]] = {}
    while stamp < now - 60_000:
        at = datetime.fromtimestamp(stamp / 1000, UTC)
        for body in BODIES:
            number += 1
            past_one = mention(f"past-{number}", body, negative=number % 10 == 0, at=at)
            source = past_one["source"]
            assert isinstance(source, dict)
            partition = partition_of(identity(source["kind"], source["name"], f"past-{number}"), MENTIONS_PARTITIONS)
            record = NewRecord(json.dumps(past_one, ensure_ascii=False).encode(), timestamp=stamp)
            batches.setdefault(partition, []).append(record)
        stamp += 15 * 60_000
    for partition, records in batches.items():
        await log.append(topics.mentions, partition, records)
    await log.alter(spec)
    await asyncio.sleep(1.5)  # brokers hear of it one after the other


def _environment(directory: Path, url: str, run: str, port: int) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CANHBAO_")},
        "CANHBAO_STATE_DIR": str(directory / "state"),
        "CANHBAO_LOG_URL": url,
        "CANHBAO_HTTP_PORT": str(port),
        "CANHBAO_HTTP__LAG__WATERMARK_AGE_SECONDS": "20",
        "CANHBAO_STREAMS__RUN": run,
        "CANHBAO_STREAMS__MENTIONS_PARTITIONS": str(MENTIONS_PARTITIONS),
        "CANHBAO_STREAMS__READINGS_PARTITIONS": str(READINGS_PARTITIONS),
        "CANHBAO_STREAMS__SNAPSHOT_EVERY": "PT1S",
        # One burst is enough, and alerts live for minutes: much is to be found in a short time.
        "CANHBAO_STREAMS__DETECTION__LEAST_BEFORE": "0",
        "CANHBAO_STREAMS__DETECTION__HOLD_OFF": "3",
        "CANHBAO_STREAMS__DETECTION__QUIET": "3",
        "CANHBAO_STREAMS__VOICE_SECRET": "a secret that is none, for tests",
    }


@asynccontextmanager
async def theatre(
    directory: Path, *, clocks: bool = False, disks: bool = False, workers: int = 2
) -> AsyncIterator[Theatre]:
    """A stage with everything running: three brokers, two workers, a service, a publisher.

    Parameters
    ----------
    clocks
        Whether the clocks of brokers and workers can be set.
    disks
        Whether the brokers' disks can be filled.
    """
    directory.mkdir(parents=True, exist_ok=True)
    doors: dict[int, dict[str, Listener]] = {}
    proxies = []
    for node in (1, 2, 3):
        inside, outside = free_port(), free_port()
        doors[node] = {"CLIENT": Listener(inside, advertised_port=outside)}
        proxies.append(Proxy(outside, inside))
    cluster = Cluster.anywhere(directory / "kafka", 3, doors=doors, config={"broker.session.timeout.ms": "6000"})
    names = [f"broker-{node}" for node in (1, 2, 3)] + [f"worker-{number}" for number in (1, 2, 3)]
    set_clocks = {name: Clock(directory / f"clock-{name}") for name in names} if clocks else {}
    for broker in cluster.brokers:
        if clocks:
            broker.environment = set_clocks[f"broker-{broker.node}"].environment
    small = {broker.node: Disk(broker.directory) for broker in cluster.brokers} if disks else {}
    for disk in small.values():
        disk.mount()
    outside_url = "kafka://" + ",".join(f"127.0.0.1:{proxy.port}" for proxy in proxies)
    port = free_port()
    environment = _environment(directory, outside_url, f"f-{uuid4().hex[:8]}", port)
    settings = load_settings(environ=environment).streams
    for proxy in proxies:
        proxy.start()
    await asyncio.to_thread(cluster.start)
    log = open_log(cluster.url)
    try:
        await log.start()
        await seed(log, settings)
        stage = Theatre(directory, cluster, proxies, set_clocks, small, log, settings, environment, port)
        stage.workers = [stage.worker(number) for number in range(1, workers + 1)]
        stage.service = Member("service", ["serve"], environment, directory / "service.log")
        try:
            for member in stage.members:
                member.start()
            stage.begin(asyncio.create_task(stage.flood()), asyncio.create_task(stage.tend()))
            yield stage
        finally:
            await stage.end()
    finally:
        with contextlib.suppress(Exception):
            await log.stop()
        await asyncio.to_thread(cluster.stop)
        for proxy in proxies:
            proxy.stop()
        for disk in small.values():
            disk.unmount()
