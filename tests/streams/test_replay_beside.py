"""A replay is a run of its own: its group, its topics, its worker; the live run goes on as if it were not there."""

import json
from pathlib import Path

from streams.topics import Topics
from streams.transports.batches import NewRecord
from tests.contracts.transport_contract import eventually
from tests.streams.stand import TOPICS, mention, settings_of, working

BACKLOG = 20_000


def old(number: int) -> NewRecord:
    """A mention of a long past, as a replay's publisher stamps it."""
    line = {"id": f"r{number}", "published_at": "2025-09-01T00:00:00Z", "source": {"kind": "web", "name": "Trang"}}
    given = {"title": f"Tin cũ {number}", "organisations": ["19"], "sentiment": 0.1}
    return NewRecord(json.dumps({**line, **given}).encode(), timestamp=1_756_684_800_000 + number)


async def test_a_replay_with_a_backlog_does_not_keep_live_mentions_waiting(tmp_path: Path) -> None:
    live, replay = settings_of(tmp_path), settings_of(tmp_path, run="again", replay=True)
    topics = Topics("again")
    async with working(live) as here, working(replay, scratch="again") as there:
        await there.log.append(topics.mentions, 0, [old(number) for number in range(BACKLOG)])
        await eventually(lambda: there.counted("mentions_read") > 0)
        await here.log.append(TOPICS.mentions, 0, [mention(1)])
        await eventually(lambda: here.counted("mentions_counted") == 1)
        assert there.counted("mentions_read") < BACKLOG, "the live mention was counted while the replay had work left"
        await eventually(lambda: there.counted("mentions_read") == BACKLOG)
        assert here.counted("mentions_read") == 1

        async def committed() -> bool:
            mine = await here.log.committed(TOPICS.group, TOPICS.mentions, 0)
            other = await here.log.committed(topics.group, topics.mentions, 0)
            return (mine, other) == (1, BACKLOG)

        await eventually(committed)
    assert topics.group != TOPICS.group
