"""How a run grows: `mentions` at a minute told beforehand, `readings` never."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streams.growing import announce_growth, specs_in_force
from streams.log import AdminLog, open_log
from streams.settings import StreamSettings
from streams.topics import Topics
from streams.versions import MINUTE_MS, settle_partitions
from streams.watching.envelopes import Partitions, decode

NOW = 1_760_000_000_000
TOPICS = Topics("")
SETTINGS = StreamSettings(mentions_partitions=2, readings_partitions=2)


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[AdminLog]:
    client = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    await client.start()
    await client.create(*await specs_in_force(client, SETTINGS))
    await settle_partitions(client, SETTINGS, 2, NOW)
    yield client
    await client.stop()


async def test_growth_is_told_to_every_readings_partition_before_there_is_anything_to_read(log: AdminLog) -> None:
    more = SETTINGS.model_copy(update={"mentions_partitions": 5})
    since = await announce_growth(log, more, NOW)
    assert since is not None
    assert since % MINUTE_MS == 0
    assert NOW + MINUTE_MS <= since <= NOW + 2 * MINUTE_MS
    assert await log.partitions(TOPICS.mentions) == 2, "the topic grows at that minute, not before"
    for partition in range(2):
        told = [decode(r.value) for r in await log.read(TOPICS.readings, partition, 0) if r.value is not None]
        assert told == [Partitions(2, 0), Partitions(5, since)]
    assert await announce_growth(log, more, NOW + 1) == since, "asked again it waits for the same minute"


async def test_nothing_is_told_where_nothing_grows_or_nothing_runs(log: AdminLog) -> None:
    assert await announce_growth(log, SETTINGS, NOW) is None
    other = StreamSettings(run="other", mentions_partitions=9)
    assert await announce_growth(log, other, NOW) is None


async def test_readings_keep_the_number_of_their_first_start(log: AdminLog, caplog: pytest.LogCaptureFixture) -> None:
    asked = StreamSettings(mentions_partitions=4, readings_partitions=8)
    with caplog.at_level(logging.WARNING):
        kept = {spec.name: spec.partitions for spec in await specs_in_force(log, asked)}
    assert (kept["readings"], kept["states"], kept["mentions"]) == (2, 2, 2)
    assert "keeps them" in caplog.text
    assert "canhbao topics create" in caplog.text
    grown = {spec.name: spec.partitions for spec in await specs_in_force(log, asked, grow=True)}
    assert (grown["readings"], grown["mentions"]) == (2, 4)
