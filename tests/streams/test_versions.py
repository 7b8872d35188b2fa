"""Versions: what changes takes effect at a minute that everybody knows, and old mentions are read as they were."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streams.log import Log, open_log
from streams.reading.register import Register
from streams.settings import StreamSettings
from streams.topics import Topics, topic_specs
from streams.transports.batches import Batch, Record
from streams.versions import MINUTE_MS, known_versions, settle, settle_partitions
from streams.watching.envelopes import Adopt, Partitions, ReadingsRecord, decode

NOW = 1_760_000_000_123
THEME = "code\tname\tkind\tparent\tsince\tuntil\towners\taliases\nT1\tDự thảo thử\ttheme\t\t\t\t\tdự thảo thử\n"


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    client = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    await client.start()
    yield client
    await client.stop()


async def told(log: Log, topics: Topics, partition: int) -> list[ReadingsRecord]:
    return [decode(r.value) for r in await log.read(topics.readings, partition, 0) if r.value]


def own(tmp_path: Path) -> StreamSettings:
    directory = tmp_path / "register"
    directory.mkdir(exist_ok=True)
    (directory / "organisations-own.tsv").write_text(THEME, encoding="utf-8")
    return StreamSettings(register_directory=directory, readings_partitions=2)


async def test_the_first_version_holds_from_the_beginning(log: Log) -> None:
    settings = StreamSettings()
    await log.create(*topic_specs(settings))
    versions, notice = await settle(log, settings, Register.load(), 1, NOW)
    assert ([v.since for v in versions], notice) == ([0], None)
    assert versions[0].names == {body.code: body.name for body in Register.load().organisations()}


async def test_the_same_settings_make_no_new_version(log: Log) -> None:
    settings = StreamSettings()
    await log.create(*topic_specs(settings))
    for _ in range(2):
        versions, _ = await settle(log, settings, Register.load(), 1, NOW)
    assert len(versions) == 1


async def test_a_new_theme_holds_from_a_whole_minute_that_is_at_least_a_minute_off(log: Log, tmp_path: Path) -> None:
    settings = own(tmp_path)
    await log.create(*topic_specs(settings))
    await settle(log, StreamSettings(readings_partitions=2), Register.load(), 2, NOW)
    versions, notice = await settle(log, settings, Register.load(settings.register_directory), 2, NOW)
    assert notice
    assert versions[1].since % MINUTE_MS == 0
    assert versions[1].since >= NOW + 60_000
    for partition in range(2):
        (adopt,) = await told(log, Topics(""), partition)
        assert isinstance(adopt, Adopt)
        assert adopt.names["T1"] == "Dự thảo thử"
    again = await known_versions(log, Topics(""))
    assert "T1" in again[1].load_register().codes
    assert "T1" not in again[0].load_register().codes


async def test_a_replay_keeps_the_version_of_its_first_start(log: Log, tmp_path: Path) -> None:
    first = StreamSettings(run="r", replay=True)
    await log.create(*topic_specs(first))
    await settle(log, first, Register.load(), 1, NOW)
    later = own(tmp_path).model_copy(update={"run": "r", "replay": True})
    versions, notice = await settle(log, later, Register.load(later.register_directory), 1, NOW)
    assert len(versions) == 1
    assert notice is not None
    assert "new run" in notice


async def test_grown_mentions_are_announced_for_a_coming_minute(log: Log) -> None:
    settings = StreamSettings(mentions_partitions=2)
    await log.create(*topic_specs(settings))
    await settle_partitions(log, settings, 1, NOW)
    await settle_partitions(log, settings, 1, NOW)
    grown = StreamSettings(mentions_partitions=4)
    await log.create(*topic_specs(grown))
    await settle_partitions(log, grown, 1, NOW)
    first, second = await told(log, Topics(""), 0)
    assert first == Partitions(2, 0)
    assert isinstance(second, Partitions)
    assert second.count == 4
    assert second.since > NOW


def test_a_batch_is_cut_where_a_version_begins() -> None:
    from streams.agents.read import in_force, slices

    records = [Record(offset, timestamp, None, b"") for offset, timestamp in enumerate([10, 20, 20, 30, 40])]
    batch = Batch(tp=("mentions", 0), records=records, start=0, end=5, epoch=1)  # type: ignore[arg-type] # any pair will do
    pieces = list(slices(batch, [0, 20, 35]))
    assert [(start, end) for start, end, _ in pieces] == [(0, 1), (1, 4), (4, 5)]
    stages = [(0, "a"), (20, "b"), (35, "c")]
    for _, _, piece in pieces:
        assert len({in_force(stages, record.timestamp) for record in piece}) == 1


def test_the_digest_of_a_version_ignores_the_order_of_thresholds() -> None:
    from streams.versions import current

    one, two = ({"news": 0.5, "default": 0.6}, {"default": 0.6, "news": 0.5})
    digests = {current(StreamSettings(negative_threshold=t), Register.load(), 0).digest for t in (one, two)}
    assert len(digests) == 1
    assert json.dumps(one) != json.dumps(two)
