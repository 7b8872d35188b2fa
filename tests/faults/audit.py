"""Is nothing lost, nothing wrong, nothing stuck? What an auditor finds who reads the logs and asks the service."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import msgspec

from alerts.model import Finding, canonical
from streams.app import prepare
from streams.log import LogError, UnknownTopicError
from streams.reading.register import Register
from streams.snapshots import Head, newest_values
from streams.status import newest_reports
from streams.transports.batches import RecordLike
from streams.watching.watcher import Watcher
from tests.faults.oracle import Found, ReadAgain, WatchedReadings, tick_of
from tests.faults.theatre import MENTIONS_PARTITIONS, READINGS_PARTITIONS, Theatre

#: `/readyz` may be so far behind what is in the log: it hears of workers every 2 s.
SLACK_SECONDS = 6.0
WATERMARK_BOUND = 20.0


@dataclass(frozen=True)
class Sample:
    """An answer of `/readyz`, or that there was none (status 0)."""

    at: float
    status: int
    body: str


@dataclass
class Committed:
    """Committed offsets, and then how long `readings` was."""

    mentions: dict[int, int]
    readings: dict[int, int]
    ends: dict[int, int]


@dataclass
class Audit:
    """Reads along, and judges at checkpoints.

    Parameters
    ----------
    stage
        What is judged.
    """

    stage: Theatre
    watched: list[WatchedReadings] = field(default_factory=list)
    again: ReadAgain | None = None
    found: list[Found] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    commits: list[Committed] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    last_stamp: int = 0
    _offsets: Counter[tuple[str, int]] = field(default_factory=Counter)

    async def begin(self) -> None:
        """Learn what the workers are told, and start to look."""
        stage = self.stage
        register = Register.load(stage.settings.register_directory)
        config, versions = await prepare(stage.log, stage.settings, register, time.time_ns() // 1_000_000)
        self.watched = [WatchedReadings(Watcher(config, number)) for number in range(READINGS_PARTITIONS)]
        self.again = ReadAgain(stage.settings, config, versions, MENTIONS_PARTITIONS)
        stage.begin(asyncio.create_task(self._sample()), asyncio.create_task(self._note_commits()))

    # -- what is looked at all the time ------------------------------------------------------------------------------

    async def _sample(self) -> None:
        timeout = aiohttp.ClientTimeout(total=6)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            while True:
                at = time.time()
                try:
                    async with session.get(f"http://127.0.0.1:{self.stage.port}/readyz") as answer:
                        self.samples.append(Sample(at, answer.status, await answer.text()))
                except (aiohttp.ClientError, OSError, TimeoutError) as error:
                    self.samples.append(Sample(at, 0, repr(error)))
                await asyncio.sleep(0.5)

    async def _note_commits(self) -> None:
        topics, log = self.stage.topics, self.stage.log
        while True:
            try:
                async with asyncio.timeout(20):
                    mentions = {
                        p: await log.committed(topics.group, topics.mentions, p) or 0
                        for p in range(MENTIONS_PARTITIONS)
                    }
                    readings = {
                        p: await log.committed(topics.group, topics.readings, p) or 0
                        for p in range(READINGS_PARTITIONS)
                    }
                    ends = {p: (await log.bounds(topics.readings, p))[1] for p in range(READINGS_PARTITIONS)}
                    for partition, offset in readings.items():
                        assert offset <= await self._durable(partition), "readings committed past the newest snapshot"
                self.commits.append(Committed(mentions, readings, ends))
            except (LogError, TimeoutError):
                pass  # the log is away; what is committed meanwhile is seen later
            await asyncio.sleep(0.7)

    async def _durable(self, partition: int) -> int:
        """Up to where the newest snapshot of any writer has read."""
        values = await newest_values(self.stage.log, self.stage.topics.states, partition)
        heads = [msgspec.msgpack.decode(v, type=Head) for k, v in values.items() if k.endswith(b"/head")]
        return max((head.position for head in heads), default=0)

    # -- a checkpoint ------------------------------------------------------------------------------------------------

    async def check(self, what: str, *, within: float = 90.0) -> None:
        """Wait until everything sent by now is found out about, then judge. A failure names `what`."""
        began = time.monotonic()
        goal = await self._goal()
        try:
            async with asyncio.timeout(within):
                needed = await self._folded(goal)
        except TimeoutError:
            raise AssertionError(
                f"stuck after {what}: {within:.0f} s were not enough\n{self.stage.complaints()}"
            ) from None
        await self._compare(what, needed)
        await self._ready(what, began)

    async def _goal(self) -> int:
        """The stamp that watermarks must pass: what is sent by now was seen before it."""
        await asyncio.sleep(0.2)
        return time.time_ns() // 1_000_000

    async def _folded(self, goal: int) -> dict[int, int]:
        """Until in every partition the watermark has passed the goal, and a worker has folded up to there."""
        needed: dict[int, int] = {}
        while True:
            try:
                await self._read_on()
                for number, watched in enumerate(self.watched):
                    if number not in needed and (watched.watcher.watermark or 0) > goal:
                        needed[number] = watched.position
                reports = (await newest_reports(self.stage.log, self.stage.topics.status)).values()
                at = {int(k): v for r in sorted(reports, key=lambda r: r.at) for k, v in r.positions.items()}
                if len(needed) == READINGS_PARTITIONS and all(at.get(n, 0) >= needed[n] for n in needed):
                    return needed
            except (LogError, UnknownTopicError):
                pass
            await asyncio.sleep(0.3)

    async def _next(self, topic: str, partition: int) -> list[RecordLike]:
        """All that came since the last time."""
        log, key = self.stage.log, (topic, partition)
        _, end = await log.bounds(topic, partition)
        records: list[RecordLike] = []
        while self._offsets[key] < end:
            some = await log.read(topic, partition, self._offsets[key], limit=5000, wait=timedelta(seconds=5))
            if not some:
                break
            records += some
            self._offsets[key] = some[-1].offset + 1
        return records

    async def _read_on(self) -> None:
        for number, watched in enumerate(self.watched):
            watched.feed(await self._next(self.stage.topics.readings, number))

    async def _compare(self, what: str, needed: Mapping[int, int]) -> None:
        """Findings in the log against those of an undisturbed watcher, and of an undisturbed run of everything."""
        topics, again, sent = self.stage.topics, self.again, set(self.stage.sent)
        assert again is not None
        due = {
            found
            for number, watched in enumerate(self.watched)
            for found, offset in watched.places.items()
            if offset < needed[number]
        }
        told: Found = {found for round_ in self.found for found in round_}
        for record in await self._next(topics.findings, 0):
            assert record.value is not None
            finding = msgspec.json.decode(record.value, type=Finding)
            told.add((finding.id, finding.revision, canonical(finding)))
            assert canonical(finding) == record.value
        self.found = [told]
        await self._read_on()
        possible = set().union(*(watched.found for watched in self.watched))
        assert due <= told, f"lost after {what}: {len(due - told)} findings were never told"
        assert told <= possible, f"wrong after {what}: {sorted(told - possible)[:2]}"
        for partition in range(MENTIONS_PARTITIONS):
            records = await self._next(topics.mentions, partition)
            self.seen.update(json.loads(record.value)["id"] for record in records if record.value)
            again.read(partition, records, topics.mentions)
        for number, watched in enumerate(self.watched):
            assert watched.watcher.watermark is not None
            again.mark(number, watched.watcher.watermark)
            # One of them may have looked further than the other: what both have decided is compared.
            reached = min(watched.watcher.tick, again.tick(number))
            differing = {found for found in again.found[number] ^ watched.found if tick_of(found) <= reached}
            assert not differing, f"wrong after {what}: {len(differing)} findings differ from an undisturbed run's"
        lost = sent - self.seen
        assert not lost, f"lost after {what}: {len(lost)} mentions that the log had acknowledged"
        self._committed(what)

    def _committed(self, what: str) -> None:
        """No committed offset ever passed a mention that was not in every `readings` partition by then."""
        for noted in self.commits:
            for number, watched in enumerate(self.watched):
                if watched.position < noted.ends[number]:
                    continue
                for partition, offset in noted.mentions.items():
                    covered = watched.covered_at(partition, noted.ends[number])
                    assert offset <= covered, f"after {what}: {partition} is committed at {offset}, read to {covered}"
        self.commits.clear()

    async def _ready(self, what: str, began: float) -> None:
        """`/readyz` says ready again soon, and never said so while detection was further behind than it allows."""
        del began
        async with asyncio.timeout(40):
            while not self.samples or self.samples[-1].status != 200:
                await asyncio.sleep(0.2)
        for sample in self.samples:
            if sample.status != 200:
                continue
            behind = max(sample.at - self._watermark_at(number, sample.at) for number in range(READINGS_PARTITIONS))
            assert behind <= WATERMARK_BOUND + SLACK_SECONDS, f"after {what}: ready, though {behind:.0f} s behind"
        self.samples = self.samples[-1:]

    def _watermark_at(self, number: int, at: float) -> float:
        """The watermark that the log allowed at a time, in seconds."""
        stamps = [mark for stamp, mark in self.watched[number].watermarks if stamp <= at * 1000 + 1000]
        return max(stamps, default=0) / 1000

    def findings(self) -> Found:
        """Everything that was found so far."""
        return set().union(*(watched.found for watched in self.watched))

    def excused(self) -> int:
        """How often watch went on without a partition, by now: after that, findings may differ from the undisturbed.

        A reading that is raised is no excuse: the log's own stamps went back, and an undisturbed run raises it, too.
        """
        return sum(watched.tallies["without"] for watched in self.watched)
