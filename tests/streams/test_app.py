"""The worker as a whole on the embedded log: it stops fast with its state kept, and never goes past what failed."""

import asyncio
import os
import resource
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.agents.read import TooManyBugsError
from streams.agents.watch import FoldError
from streams.app import broker_urls, run_worker
from streams.log import Log, LogError, UnknownTopicError, open_log
from streams.reading.reader import Reader
from streams.reading.register import Register
from streams.reading.sentiment import Scores
from streams.reading.stage import ReadStage
from streams.reading.text import Text
from streams.status import newest_reports
from streams.transports.batches import NewRecord
from streams.watching.envelopes import Envelope, Reading, encode
from tests.contracts.transport_contract import eventually
from tests.streams.stand import TOPICS, Stand, mention, now_ms, settings_of, working


async def fed(stand: Stand, count: int = 5, first: int = 0) -> None:
    """Publish, and wait until all of it is counted."""
    before = stand.counted("mentions_counted")
    await stand.log.append(TOPICS.mentions, 0, [mention(first + number) for number in range(count)])
    await eventually(lambda: stand.counted("mentions_counted") == before + count)


def test_every_kafka_address_gets_our_scheme() -> None:
    assert broker_urls("kafka://a:1,b:2") == ["kafka-batch://a:1", "kafka-batch://b:2"]


async def test_a_worker_stops_within_a_second_and_a_half_with_its_state_kept(tmp_path: Path) -> None:
    async with working(settings_of(tmp_path)) as stand:
        await fed(stand)
        assert await stand.kept() == 0
        assert await stand.stop() < 1.5
        kept = await stand.kept()
        report = (await newest_reports(stand.log, TOPICS.status))["w1"]
        assert report.positions == {"0": kept}
        assert kept > 0
        assert await stand.committed(TOPICS.readings) == kept
    async with working(settings_of(tmp_path)) as again:
        await again.log.append(TOPICS.mentions, 0, [mention(0), mention(99)])
        await eventually(lambda: again.counted("mentions_counted") == 1)
        assert again.counted("mentions_duplicate") == 1, "what was counted before the restart is known"


@pytest.mark.parametrize("after", [0.0, 0.3, 1.0, 1.2])
async def test_a_worker_that_still_starts_stops_as_fast(tmp_path: Path, after: float) -> None:
    async with working(settings_of(tmp_path)) as stand:
        await asyncio.sleep(after)
        assert await stand.stop() < 1.5


async def test_a_damaged_readings_record_stops_the_worker_before_it(tmp_path: Path) -> None:
    async with working(settings_of(tmp_path)) as stand:
        await fed(stand)
        bad = await stand.log.append(TOPICS.readings, 0, [NewRecord(b"\xc1 no record")])
        await stand.log.append(TOPICS.mentions, 1, [mention(50)])
        with pytest.raises(LogError, match=f"readings/0 at {bad}"):
            await stand.ended(5)
        assert await stand.kept() <= bad
        assert await stand.committed(TOPICS.readings) <= bad


async def test_a_record_that_cannot_be_folded_stops_the_worker_and_is_never_kept(tmp_path: Path) -> None:
    wrong = Reading(0, 1, 1, b"i" * 16, "x", source=7, organisations=("19",), negative=1.0, positive=0.0, counts=1)
    for _ in range(2):  # the second start meets it again
        async with working(settings_of(tmp_path)) as stand:
            end = (await stand.log.bounds(TOPICS.readings, 0))[1]
            bad = await stand.log.append(
                TOPICS.readings, 0, [NewRecord(encode(Envelope(5, 0, 1, 0, readings=(wrong,))))]
            )
            with pytest.raises(FoldError, match="IndexError"):
                await stand.ended(8)
            assert await stand.kept() == 0
            assert await stand.committed(TOPICS.readings) == 0
            assert end <= bad


async def test_what_was_kept_before_a_failure_is_what_the_next_start_goes_on_from(tmp_path: Path) -> None:
    async with working(settings_of(tmp_path)) as stand:
        await fed(stand)
        await stand.worker.watch.snapshot()
        kept = await stand.kept()
        await fed(stand, first=50)
        await stand.log.append(TOPICS.readings, 0, [NewRecord(b"")])
        with pytest.raises(LogError):
            await stand.ended(5)
        assert await stand.kept() == kept


class Broken:
    """A scorer with a bug."""

    def score(self, texts: Sequence[Text], kinds: Sequence[str]) -> Scores:
        raise ZeroDivisionError(texts, kinds)


async def test_reading_that_fails_too_often_stops_the_worker_before_it_commits(tmp_path: Path) -> None:
    async with working(settings_of(tmp_path, run="", replay=True)) as stand:
        reader = Reader(Register.load(), Broken(), {"default": 0.5}, "a secret that voices are keyed with")
        stand.worker.read._stages = ((0, ReadStage(reader, 1, replay=True)),)
        scored = [mention(number, sentiment=None) for number in range(20)]
        await stand.log.append(TOPICS.mentions, 0, scored)
        with pytest.raises(TooManyBugsError):
            await stand.ended(8)
        assert await stand.committed(TOPICS.mentions) == 0


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """A disk that is full: no file of this process grows beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_stops_the_worker_and_nothing_is_lost(tmp_path: Path) -> None:
    async with working(settings_of(tmp_path)) as stand:
        await fed(stand)
        await stand.log.append(TOPICS.mentions, 1, [mention(number) for number in range(100, 110)])
        with files_at_most((tmp_path / "log.db-wal").stat().st_size), pytest.raises(LogError):
            await stand.ended(8)
    async with working(settings_of(tmp_path)) as again:
        await eventually(lambda: again.counted("mentions_counted") == 15)


async def test_a_second_worker_of_the_run_is_refused_in_a_sentence(tmp_path: Path) -> None:
    async with working(settings_of(tmp_path)) as first:
        await fed(first)
        async with working(settings_of(tmp_path)) as second:
            with pytest.raises(LogError, match="hold"):
                await second.ended()
        await fed(first, first=50)


async def test_a_worker_of_the_command_line_ends_at_sigterm_and_goes_on_with_its_sums(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    log = open_log(settings.log_url)
    await log.start()
    for run in (1, 2):
        task = asyncio.create_task(run_worker(settings, Register.load(), clock=now_ms))

        async def counted(task: "asyncio.Task[None]" = task, run: int = run) -> bool:
            assert not task.done()
            try:
                reports = await newest_reports(log, TOPICS.status)
            except UnknownTopicError:
                return False
            return any(r.counters.get("mentions_counted", {}).get("") == run for r in reports.values())

        await eventually(lambda: _has(log, TOPICS.mentions))
        await log.append(TOPICS.mentions, 0, [mention(run)])
        await eventually(counted)
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(5):
            await task
    await log.stop()


async def _has(log: Log, topic: str) -> bool:
    try:
        return await log.partitions(topic) > 0
    except UnknownTopicError:
        return False
