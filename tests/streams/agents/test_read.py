"""The reading agent: bounds on bugs, marks of idle partitions, pausing, and versions known before they hold."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.agents.read import BUG_LIMIT, BUG_WINDOW, BugLimit, ReadAgent, TooManyBugsError, slices
from streams.log import Log
from streams.mentions import mark_of
from streams.outbox import Outbox
from streams.reading.reader import Reader
from streams.reading.register import Register
from streams.reading.sentiment import LexiconScorer
from streams.reading.stage import ReadStage
from streams.tallies import Tallies
from streams.transports.batches import Assignment, Batch, NewRecord, Record
from streams.versions import announce, current
from streams.watching.envelopes import Envelope, Marks, decode
from streams.watching.intake import Intake
from streams.watching.output import Output
from tests.contracts.transport_contract import eventually
from tests.streams.agents.desk import Desk
from tests.streams.stand import TOPICS, Stand, mention, now_ms, settings_of, working
from tests.streams.test_versions import own

NOW = now_ms()
STAGE = ReadStage(Reader(Register.load(), LexiconScorer(), {"default": 0.5}, "secret"), 2, replay=False)


def test_a_few_bugs_are_borne_and_more_are_not() -> None:
    limit = BugLimit()
    limit.count(1000, BUG_LIMIT)
    with pytest.raises(TooManyBugsError, match="11 of the newest 1500"):
        limit.count(500, 1)


@given(st.lists(st.integers(1, 500), min_size=100, max_size=300))
def test_old_bugs_are_forgotten(pieces: list[int]) -> None:
    limit, since = BugLimit(), BUG_WINDOW
    for records in pieces:
        since += records
        bugs = since > BUG_WINDOW + 600
        limit.count(records, 10 if bugs else 0)
        if bugs:
            since = 0


def paused(stand: Stand) -> set[TP]:
    consumer: Any = stand.worker.app.consumer
    return set(consumer._paused_partitions)


async def of_readings(log: Log) -> list[object]:
    _, end = await log.bounds(TOPICS.readings, 0)
    return [decode(r.value) for r in await log.read(TOPICS.readings, 0, 0, limit=end + 1) if r.value]


async def test_what_is_refused_is_buried_with_its_place_and_the_rest_is_read(tmp_path: Path) -> None:
    async with working(settings_of(tmp_path)) as stand:
        at = await stand.log.append(
            TOPICS.mentions, 1, [NewRecord(b"{"), mention(1), NewRecord(b"\xff\x00"), mention(2)]
        )
        await eventually(lambda: stand.counted("mentions_counted") == 2)
        assert stand.counted("mentions_refused") == 2
        buried = await stand.log.read(TOPICS.dead, 0, 0)
        assert len(buried) == 2
        assert f'"offset":{at - 3}'.encode() in (buried[0].value or b"")

        async def committed() -> bool:
            return await stand.committed(TOPICS.mentions, 1) == at + 1

        await eventually(committed)


async def test_idle_partitions_are_marked_and_ticks_go_on(tmp_path: Path) -> None:
    async with working(settings_of(tmp_path)) as stand:
        begun = now_ms()
        await eventually(lambda: stand.worker.watch.standing().watermarks.get("0", 0) > begun)
        marks = [record for record in await of_readings(stand.log) if isinstance(record, Marks)]
        assert {partition for mark in marks for partition, _, _ in mark.idle} == {0, 1}


async def test_a_replay_is_never_marked_by_the_worker(tmp_path: Path) -> None:
    async with working(settings_of(tmp_path, replay=True)) as stand:
        await stand.log.append(TOPICS.mentions, 0, [mention(1)])
        await eventually(lambda: stand.counted("mentions_read") == 1)
        await stand.worker.read.mark_idle()
        assert not [record for record in await of_readings(stand.log) if isinstance(record, Marks)]


async def test_a_partition_held_back_waits_and_goes_on_where_it_was(tmp_path: Path) -> None:
    async with working(settings_of(tmp_path)) as stand:
        read = stand.worker.read
        await stand.log.append(TOPICS.mentions, 0, [mention(1)])
        await eventually(lambda: stand.counted("mentions_read") == 1)
        held = asyncio.create_task(_keep_holding(stand.worker.read.hold_back))
        await asyncio.sleep(0.05)
        assert paused(stand) == {TP(TOPICS.mentions, 0)}
        await stand.log.append(TOPICS.mentions, 0, [mention(2)])
        await stand.log.append(TOPICS.mentions, 1, [mention(3)])
        await eventually(lambda: stand.counted("mentions_read") == 2)
        await asyncio.sleep(0.2)
        assert stand.counted("mentions_read") == 2, "the other partition is read, this one is not"
        held.cancel()
        read.hold_back(set())
        await eventually(lambda: stand.counted("mentions_read") == 3)
        assert not paused(stand)


async def _keep_holding(hold_back: Callable[[set[int]], None]) -> None:
    """Stronger than the worker's own duty, which lets go of what nobody asks to pause."""
    while True:
        hold_back({0})
        await asyncio.sleep(0)


async def test_too_much_that_waits_pauses_who_is_ahead_until_it_is_folded(tmp_path: Path) -> None:
    """One partition's owner is missing: its readings are not there, the others' wait, and their reading stops."""
    async with working(settings_of(tmp_path)) as stand:
        watch = stand.worker.watch
        watch._pending_limit = 1
        await eventually(lambda: bool(watch.standing().positions))
        watcher = next(iter(watch._held.values())).watcher
        watcher.intake.marks.partitions[9] = type(watcher.intake.marks.partitions[0])(mark=watcher.watermark or 0)
        await stand.log.append(TOPICS.mentions, 0, [mention(1)])
        await eventually(lambda: watch.ahead() >= {0})
        await eventually(lambda: TP(TOPICS.mentions, 0) in paused(stand))
        await stand.log.append(TOPICS.mentions, 0, [mention(2)])
        await asyncio.sleep(0.3)
        assert stand.counted("mentions_read") == 1
        watcher.intake.marks.partitions[9].final = True
        await eventually(lambda: stand.counted("mentions_read") == 2)
        await eventually(lambda: stand.counted("mentions_counted") == 2)


async def test_a_version_is_known_before_anything_it_holds_for_is_read(tmp_path: Path) -> None:
    """Another worker announced it while this one slept; and nothing but the batch itself makes it look."""
    async with working(settings_of(tmp_path)) as stand:
        await stand.log.append(TOPICS.mentions, 0, [mention(1)])
        await eventually(lambda: stand.counted("mentions_read") == 1)
        changed = own(tmp_path)
        fresh = current(changed, Register.load(changed.register_directory), now_ms() // 60_000 * 60_000)
        await announce(stand.log, TOPICS, fresh, 1)
        stand.worker.read._known_until = 0  # a minute passes
        await stand.log.append(TOPICS.mentions, 0, [mention(2, organisations=["T1"])])

        async def read() -> bool:
            envelopes = [one for one in await of_readings(stand.log) if isinstance(one, Envelope)]
            return ("T1",) in [reading.organisations for one in envelopes for reading in one.readings]

        await eventually(read)
        assert stand.counted("mentions_refused") == 0


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=12), st.integers(0, 12))
def test_a_clock_set_back_leads_to_the_same_places_wherever_batches_are_cut(times: list[int], cut: int) -> None:
    # Bodies at home in different partitions: one may not see the mention that another was seen after.
    records = [
        Record(n, NOW + time, None, mention(n, organisations=[("01", "19")[n % 2]], sentiment=-0.9 + n % 3).value)
        for n, time in enumerate(times)
    ]

    def placed(*batches: Sequence[Record]) -> list[list[tuple[bytes, int]]]:
        intakes, at = [Intake(1), Intake(1)], 0
        for batch in filter(None, batches):
            whole = Batch(TP("mentions", 0), batch, at, batch[-1].offset + 1, 1)
            at = whole.end
            for start, end, some in slices(whole, ()):
                for intake, envelope in zip(
                    intakes, STAGE.read_batch(0, start, end, some, "mentions").envelopes, strict=True
                ):
                    intake.take(envelope, Output(), begun=False)
        return [sorted(waiting(intake)) for intake in intakes]

    assert placed(records) == placed(records[:cut], records[cut:])


def waiting(intake: Intake) -> list[tuple[bytes, int]]:
    """Identity and time of everything that waits, in columns or one by one."""
    arrivals = intake.until(NOW + 1_000_000)
    return [] if arrivals is None else list(zip(arrivals.identities, arrivals.seen_at.tolist(), strict=True))


async def test_where_others_stamp_an_idle_partition_gets_a_mark_record_and_none_waits_for_another() -> None:
    here, there = TP("mentions", 0), TP("mentions", 1)
    desk = Desk({here: 0, there: 0}, idle={here: 1, there: 1}, stamps_here=False)
    sent: list[tuple[int, bool]] = []

    async def outbox(topic: str, partition: int, records: Sequence[NewRecord]) -> None:
        assert topic == "mentions"
        if partition == 1:
            await asyncio.Event().wait()  # its leader is away
        sent.extend((partition, mark_of(as_record(record)) is not None) for record in records)

    agent = ReadAgent(TOPICS, [], 1, cast("Outbox", outbox), Tallies(), lambda: desk, replay=False)
    await agent.resume(Assignment(1, frozenset({here, there})))
    for _ in range(3):
        await agent.mark_idle()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert sent == [(0, True)] * 3
    desk.idle.clear()
    await agent.mark_idle()
    await asyncio.sleep(0)
    assert len(sent) == 3, "where something waits to be read, it brings the mark"


def as_record(record: NewRecord) -> Record:
    """As it would be read back."""
    return Record(0, 0, record.key, record.value, record.headers)
