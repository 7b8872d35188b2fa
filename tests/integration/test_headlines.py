"""Six months of real headlines through publisher and worker: the same alerts, byte for byte, as from the backtest."""

import gzip
import time
from pathlib import Path

import pytest

from alerts.model import canonical
from streams.backtest import Backtest
from streams.log import open_log
from streams.reading.reader import Apart, Reader
from streams.reading.register import Register
from streams.reading.sentiment_scorer import scorer_of
from streams.reading.stage import ReadStage
from streams.settings import StreamSettings
from streams.sources.files import MentionFile
from streams.watching.config import WatchConfig
from tests.rig import Rig

NEWS = Path(__file__).parents[3] / "shared" / "data" / "news" / "mentions_2025-08_2026-01.ndjson.gz"
PARTITIONS = 4

needs_headlines = pytest.mark.skipif(not NEWS.exists(), reason=f"the real headlines are not there ({NEWS.name})")


def backtested(readings_partitions: int) -> set[tuple[str, int, bytes]]:
    register = Register.load()
    names = {body.code: body.name for body in register.organisations()}
    config = WatchConfig(names, readings_partitions=readings_partitions, mentions_partitions=PARTITIONS)
    settings = StreamSettings()  # as the worker has them
    reader = Reader(
        register,
        scorer_of(settings.sentiment, register),
        settings.negative_threshold,
        "a secret that voices are keyed with",
        apart=Apart(settings.abroad, settings.observed),
    )
    stage = ReadStage(reader, readings_partitions, replay=True)
    with MentionFile(str(NEWS)) as file:
        found = Backtest(stage, config).run(file)
        return {(finding.id, finding.revision, canonical(finding)) for finding in found}


async def replayed(directory: Path, log_url: str) -> set[tuple[str, int, bytes]]:
    rig, log = Rig(directory, log_url, "headlines"), open_log(log_url)
    await log.start()
    try:
        rig.publish_file(NEWS)
        started = time.time_ns() // 1_000_000
        rig.start_worker()
        await rig.finished(log, started, timeout=240)
        return await rig.findings(log)
    finally:
        rig.stop()
        await log.stop()


@needs_headlines
@pytest.mark.integration
@pytest.mark.timeout(600)
async def test_the_worker_on_the_embedded_log_finds_what_the_backtest_finds(tmp_path: Path) -> None:
    assert await replayed(tmp_path, f"sqlite:///{tmp_path / 'log.db'}") == backtested(readings_partitions=1)


@needs_headlines
@pytest.mark.integration
@pytest.mark.timeout(600)
async def test_the_worker_on_kafka_finds_what_the_backtest_finds(tmp_path: Path, kafka_url: str) -> None:
    assert await replayed(tmp_path, kafka_url) == backtested(readings_partitions=1)


@needs_headlines
def test_the_headlines_are_all_there() -> None:
    with gzip.open(NEWS) as file:
        assert sum(1 for _ in file) == 90_708
