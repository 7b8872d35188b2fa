"""The watching agent: a fold that was cut short is never kept, what is found is sent, and ticks wait for the living."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import faust
import pytest
from faust.types import TP

from streams.agents.watch import FoldError, WatchAgent
from streams.log import Log, open_log
from streams.outbox import Outbox
from streams.settings import StreamSettings
from streams.snapshots import newest_snapshot, newest_values
from streams.tallies import Tallies
from streams.theme_records import proposals_in
from streams.topics import Topics, topic_specs
from streams.transports.batches import Assignment, NewRecord, Record
from streams.watching.config import WatchConfig
from streams.watching.envelopes import Envelope, Marks, Reading, Source, Without, decode, encode
from streams.watching.proposing import HOUR
from tests.contracts.transport_contract import eventually
from tests.streams.agents.desk import Desk
from tests.streams.watching.test_proposing import START, burst, calm, envelopes

TOPICS = Topics("")
HERE = TP(TOPICS.readings, 0)
SECOND = 1000
NEWS = (Source("news", "Báo Thử"),)


class Gate(Outbox):
    """An outbox that lets nothing pass to some topics until it is opened."""

    def __init__(self, app: faust.App) -> None:
        super().__init__(app)
        self.closed: set[str] = set()
        self.waits = asyncio.Event()

    async def __call__(self, topic: str, partition: int, records: Sequence[NewRecord]) -> None:
        if topic in self.closed:
            self.waits.set()
            await asyncio.Event().wait()
        await super().__call__(topic, partition, records)


@dataclass
class Room:
    """An agent that holds the one readings partition, from wherever its snapshots say."""

    log: Log
    outbox: Gate
    limit: int = 1 << 26
    patience: timedelta | None = timedelta(seconds=30)
    now: float = 0.0
    tallies: Tallies = field(default_factory=Tallies)

    async def begin(self) -> int:
        config = WatchConfig({"19": "Thái Nguyên"}, mentions_partitions=2)
        self.agent = WatchAgent(
            TOPICS,
            config,
            self.log,
            self.outbox,
            self.tallies,
            lambda: self.desk,
            patience=self.patience,
            stopwatch=lambda: self.now,
            pending_limit=self.limit,
        )
        starts = await self.agent.resume(Assignment(1, frozenset({HERE})))
        at = starts[HERE] or 0
        self.desk = Desk({HERE: at})
        self.next = at
        return at

    def put(self, *records: bytes, epoch: int | None = None) -> None:
        numbered = [Record(self.next + i, 0, None, data) for i, data in enumerate(records)]
        self.next += len(records)
        self.desk.put(HERE, numbered, epoch)

    def run(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self.agent.run(cast("Any", self.desk)))

    async def folded(self) -> None:
        await eventually(lambda: self.agent.standing().positions == {"0": self.next})

    async def kept(self) -> int | None:
        snapshot, _ = await newest_snapshot(self.log, TOPICS.states, 0)
        return None if snapshot is None else snapshot.position


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    log = open_log(url)
    await log.start()
    await log.create(*topic_specs(StreamSettings(mentions_partitions=2)))
    app = faust.App("t", broker=url, store="memory://", datadir=str(tmp_path), web_enabled=False)
    yield Room(log, Gate(app))
    await app.producer.stop()
    await log.stop()


async def ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def envelope(number: int, seen_at: int, *, partition: int = 0, negatives: int = 1) -> bytes:
    """So many negative mentions of the body, all seen at one moment."""
    first = number * 1000
    readings = tuple(
        Reading(
            offset,
            seen_at,
            seen_at,
            b"%016d" % (offset + partition * 10**9),
            f"m{offset}",
            0,
            ("19",),
            0.9,
            0.05,
            1,
            fingerprint=offset * 0x9E3779B97F4A7C15 % 2**64,
            title=f"Tin số {offset}",
            url="https://example.org",
        )
        for offset in range(first, first + negatives)
    )
    return encode(Envelope(partition, first, first + 1000, seen_at, sources=NEWS, readings=readings, first=seen_at))


def idle(mark: int, partition: int = 1, offset: int = 0) -> bytes:
    return encode(Marks(((partition, offset, mark),)))


def crisis() -> list[bytes]:
    """Two quiet weeks, then a flood."""
    hour = 3600 * SECOND
    start = 1_760_000_400_000
    quiet = [envelope(number, start + number * hour) for number in range(24 * 14)]
    flood = [envelope(400 + i, start + 24 * 14 * hour + i * 10 * SECOND, negatives=40) for i in range(40)]
    return [*quiet, *flood, idle(start + 24 * 15 * hour), idle(start + 24 * 15 * hour, 0, 440_000)]


async def test_what_is_folded_is_acknowledged_with_its_snapshot_and_not_before(room: Room) -> None:
    await room.begin()
    task = room.run()
    room.put(envelope(0, 1000), idle(1000))
    await room.folded()
    assert room.desk.ledger.committable() == {}
    assert room.desk.in_flight(HERE) == 0, "it no longer weighs on memory"
    await room.agent.snapshot()
    assert room.desk.ledger.committable() == {HERE: 2}
    assert await room.kept() == 2
    await ended(task)
    assert await room.begin() == 2


async def test_findings_come_after_the_excerpts_that_they_show(room: Room) -> None:
    await room.begin()
    task = room.run()
    room.outbox.closed = {TOPICS.findings}
    room.put(*crisis())
    async with asyncio.timeout(30):
        await room.outbox.waits.wait()
    assert (await room.log.bounds(TOPICS.excerpts, 0))[1] > 0
    await ended(task)


async def test_what_is_proposed_as_a_theme_lies_in_control_by_its_id(room: Room) -> None:
    await room.begin()
    task = room.run()
    room.put(*[encode(one) for one in envelopes(calm(120) + burst(120))], idle(START + 200 * HOUR))
    await room.folded()
    (proposal,) = proposals_in(await newest_values(room.log, TOPICS.control, 0)).values()
    assert proposal.phrase.lower() == "phụ phí gửi rác"
    await ended(task)


async def test_a_fold_cut_short_by_cancellation_is_neither_kept_nor_added_to(room: Room) -> None:
    await room.begin()
    task = room.run()
    room.outbox.closed = {TOPICS.findings}
    records = crisis()
    room.put(*records)
    async with asyncio.timeout(30):
        await room.outbox.waits.wait()
    at = room.agent.standing().positions["0"]
    assert 0 < at < len(records)
    await ended(task)  # as Faust does in a rebalance
    task = room.run()
    room.put(idle(9_000_000_000_000))
    await asyncio.sleep(0.05)
    assert room.agent.standing().positions["0"] == at, "nothing is added to half a fold"
    await room.agent.snapshot()
    assert await room.kept() is None
    await ended(task)
    # The next assignment reads it all again, and says what had not been said.
    assert await room.begin() == 0
    room.outbox.closed = set()
    task = room.run()
    room.put(*records)
    await room.folded()
    assert (await room.log.bounds(TOPICS.findings, 0))[1] > 0
    await ended(task)


@pytest.mark.parametrize("bad", [b"", b"\xc1", encode(Envelope(0, 0, 1, 0))[:-1]])
async def test_a_record_that_is_none_raises_with_its_place(room: Room, bad: bytes) -> None:
    await room.begin()
    task = room.run()
    room.put(idle(5), bad)
    with pytest.raises(Exception, match="readings/0 at 1"):
        await task
    await room.agent.snapshot()
    assert await room.kept() is None


async def test_a_record_that_makes_the_fold_raise_is_named_and_never_kept(room: Room) -> None:
    await room.begin()
    task = room.run()
    wrong = Reading(0, 1, 1, b"i" * 16, "x", 7, ("19",), 1.0, 0.0, 1)
    room.put(idle(5), encode(Envelope(1, 0, 1, 1, readings=(wrong,))))
    with pytest.raises(FoldError, match="readings/0 at 1 cannot be folded: IndexError"):
        await task
    await room.agent.snapshot()
    assert await room.kept() is None


async def test_a_batch_of_an_older_assignment_is_passed_over(room: Room) -> None:
    await room.begin()
    task = room.run()
    room.put(idle(5), epoch=0)
    room.put(idle(6))
    room.put(idle(7))
    await eventually(lambda: room.agent.standing().positions["0"] == 3)
    await ended(task)


async def test_who_is_ahead_is_named_while_too_much_waits(room: Room) -> None:
    room.limit = 5000
    await room.begin()
    task = room.run()
    room.put(idle(500), envelope(0, 2000, negatives=20))
    await room.folded()
    assert room.agent.ahead() == {0}
    room.put(idle(3000), idle(3000, partition=0, offset=1000))
    await room.folded()
    assert room.agent.ahead() == frozenset()
    await ended(task)


async def test_watching_goes_on_without_a_partition_that_stands_still(room: Room) -> None:
    await room.begin()
    task = room.run()
    for second in range(0, 40, 2):
        room.now = second
        room.put(idle(second * SECOND + 1, partition=0))
        await room.folded()
        await room.agent.go_on_without()
        if second < 30:
            assert (await room.log.bounds(TOPICS.readings, 0))[1] == 0
    (note,) = await room.log.read(TOPICS.readings, 0, 0)
    assert decode(note.value or b"") == Without(1, 0)
    room.put(note.value or b"")
    await room.folded()
    assert room.agent.standing().watermarks["0"] == 38_001
    await ended(task)


async def test_a_replay_waits_for_ever(room: Room) -> None:
    room.patience = None
    await room.begin()
    task = room.run()
    for second in range(0, 100, 2):
        room.now = second
        room.put(idle(second * SECOND + 1, partition=0))
        await room.folded()
        await room.agent.go_on_without()
    assert (await room.log.bounds(TOPICS.readings, 0))[1] == 0
    await ended(task)
