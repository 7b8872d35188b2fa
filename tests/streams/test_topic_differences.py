"""Topics as they are against topics as they should be."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from streams.access import KafkaSettings
from streams.log import AdminLog, LogError, TopicSpec, open_log
from streams.settings import StreamSettings
from streams.topic_check import found_differences, refuse_grave
from streams.topic_differences import Remedy, TopicState, config_of, differences
from streams.topics import topic_specs

SPEC = TopicSpec("t", 4, timedelta(hours=1), replicas=3, config={"max.message.bytes": "100"})
STATE = TopicState(4, 3, config_of(SPEC))


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[AdminLog]:
    client = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    await client.start()
    yield client
    await client.stop()


@pytest.mark.parametrize("spec", topic_specs(StreamSettings()), ids=lambda spec: spec.name)
def test_a_topic_that_is_as_asked_has_no_difference(spec: TopicSpec) -> None:
    assert list(differences(spec, TopicState(spec.partitions, 1, config_of(spec)))) == []


@pytest.mark.parametrize(
    ("state", "setting", "remedy", "grave"),
    [
        pytest.param(None, "topic", Remedy.CREATE, False, id="missing"),
        pytest.param(replace(STATE, partitions=3), "partitions", Remedy.GROW, False, id="too few partitions"),
        pytest.param(replace(STATE, partitions=5), "partitions", Remedy.NONE, False, id="partitions never shrink"),
        pytest.param(replace(STATE, replicas=1), "replication", Remedy.BY_HAND, False, id="one copy"),
        pytest.param(
            replace(STATE, config={**STATE.config, "retention.ms": "-1"}),
            "retention.ms",
            Remedy.ALTER,
            False,
            id="kept",
        ),
        pytest.param(
            replace(STATE, config={**STATE.config, "max.message.bytes": "99"}),
            "max.message.bytes",
            Remedy.ALTER,
            False,
            id="too small",
        ),
        pytest.param(
            replace(STATE, config={**STATE.config, "cleanup.policy": "compact"}),
            "cleanup.policy",
            Remedy.ALTER,
            True,
            id="compaction loses records",
        ),
        pytest.param(
            replace(STATE, config={**STATE.config, "message.timestamp.type": "CreateTime"}),
            "message.timestamp.type",
            Remedy.ALTER,
            True,
            id="times of whoever publishes",
        ),
    ],
)
def test_a_difference_is_named_with_what_mends_it(
    state: TopicState | None, setting: str, remedy: Remedy, *, grave: bool
) -> None:
    (found,) = differences(SPEC, state)
    assert (found.setting, found.remedy, found.grave) == (setting, remedy, grave)
    assert "t" in str(found).split()[1]
    assert found.is_wrong == (remedy is not Remedy.NONE)


def test_what_the_log_cannot_tell_is_no_difference() -> None:
    assert list(differences(SPEC, TopicState(4, 3, {}))) == []


def test_copies_and_how_many_must_be_written_come_from_the_settings() -> None:
    specs = topic_specs(StreamSettings(kafka=KafkaSettings(replication=3, min_insync=2)))
    assert {spec.replicas for spec in specs} == {3}
    assert {spec.config["min.insync.replicas"] for spec in specs} == {"2"}
    assert all("min.insync.replicas" not in spec.config for spec in topic_specs(StreamSettings()))


async def test_the_embedded_log_tells_and_sets_how_topics_are_kept(log: AdminLog) -> None:
    specs = topic_specs(StreamSettings())
    await log.create(*(replace(spec, retention=timedelta(days=9), compacted=False) for spec in specs))
    wrong = await found_differences(log, specs)
    assert {each.setting for each in wrong} == {"retention.ms", "cleanup.policy"}
    with pytest.raises(LogError, match=r"topic states: cleanup\.policy is delete, wanted is compact"):
        await refuse_grave(log, specs)
    await log.alter(*specs)
    assert await found_differences(log, specs) == []
    await refuse_grave(log, specs)


async def test_a_topic_that_is_not_there_is_not_described(log: AdminLog) -> None:
    assert await log.describe("none") == {}
    await log.alter(TopicSpec("none"))
    assert await asyncio.wait_for(log.describe("none"), 5) == {}
