"""Hours' levels come from the log in order, those of minutes do not."""

from contextlib import aclosing
from pathlib import Path

from alerts.model import Level, canonical
from alerts.ports import FoundLevel
from streams.levels_source import LogLevelSource
from streams.log import TopicSpec, open_log
from streams.topics import Topics
from streams.transports.batches import NewRecord

TOPICS = Topics("")


def level(minutes: int, start: str) -> Level:
    return Level("19", start, minutes, 9, 4, 3.2, 9.0, 0.2)


async def test_only_hours_are_told_with_their_places_and_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    log = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    await log.start()
    source = LogLevelSource(log, TOPICS)
    async with aclosing(source.follow({})) as following:  # type: ignore[type-var] # it is a generator
        assert await anext(following) == []
        await log.create(TopicSpec(TOPICS.levels, 1, None))
        values = [level(1, "a"), level(60, "b"), level(60, "c")]
        await log.append(TOPICS.levels, 0, [*(NewRecord(canonical(one)) for one in values), NewRecord(b"{}")])
        found: list[FoundLevel] = []
        while len(found) < 2:
            found += await anext(following)
    assert [(one.place.offset, one.value.start) for one in found] == [(1, "b"), (2, "c")]
    async with aclosing(source.follow({(TOPICS.levels, 0): 1})) as following:  # type: ignore[type-var] # it is a generator
        assert [one.place.offset for one in await anext(following)] == [2]
    await log.stop()
