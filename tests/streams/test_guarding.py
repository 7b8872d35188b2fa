"""A worker that lives and does not work: it names what stands still, counts it, and ends; the next one goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP

from streams import duties
from streams.watchdog import StalledError
from tests.contracts.transport_contract import eventually
from tests.streams.stand import TOPICS, Stand, mention, settings_of, working

pytestmark = pytest.mark.slow

HERE = TP(TOPICS.mentions, 0)


async def agent_waits_for_ever(stand: Stand) -> None:
    """What the reading agent sends is never acknowledged."""

    async def nothing(*_: object) -> None:
        await asyncio.Event().wait()

    stand.worker.read._outbox = nothing  # type: ignore[assignment] # as Faust's producer does when it is stuck


async def commits_fail_in_silence(stand: Stand) -> None:
    """The consumer takes what is to be committed for committed."""
    consumer: Any = stand.worker.app.consumer

    async def nothing(*_: object, **__: object) -> bool:
        return True

    consumer.commit = nothing


async def partition_is_not_fetched(stand: Stand) -> None:
    """A partition that is assigned is left out of the polls."""
    consumer: Any = stand.worker.app.consumer
    await eventually(lambda: consumer.handed_over(HERE) is not None)
    consumer.pause_partitions({HERE})


@pytest.mark.parametrize(
    ("stall", "kind", "words"),
    [
        (agent_waits_for_ever, "agent", r"mentions/0: the agent holds what it was handed from 0 to 3 for \d+ s"),
        (commits_fail_in_silence, "commit", r"mentions/0: 3 is to be committed, and what is stays at 0 for \d+ s"),
        (partition_is_not_fetched, "stream", r"mentions/0: assigned, and 3 records wait from 0 on, but none is"),
    ],
    ids=["agent", "commit", "stream"],
)
async def test_what_stands_still_is_named_counted_and_ended_and_the_next_worker_goes_on(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stall: Callable[[Stand], Awaitable[None]],
    kind: str,
    words: str,
) -> None:
    monkeypatch.setattr(duties, "LOOK_EVERY", 0.5)
    settings = settings_of(tmp_path).model_copy(update={"stall_after": timedelta(seconds=5)})
    async with working(settings) as stand:
        consumer: Any = stand.worker.app.consumer
        await eventually(lambda: consumer is not None)
        await stall(stand)
        await stand.log.append(TOPICS.mentions, 0, [mention(number) for number in range(3)])
        with pytest.raises(StalledError, match=words):
            await stand.ended(40)
        assert stand.worker.tallies.values["stalls"][kind] >= 1
    async with working(settings) as again:
        # Counted now, or known from the snapshot that the first one kept.
        await eventually(lambda: again.counted("mentions_counted") + again.counted("readings_repeated") == 3)
