"""Running to the end: what fails is raised, and nothing can hold the process for ever."""

import asyncio
from pathlib import Path

import faust
import pytest

from streams.log import LogError
from streams.running import STUCK, Failure, run_until


def app_in(tmp_path: Path) -> faust.App:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    return faust.App("t", broker=url, store="memory://", datadir=str(tmp_path), web_enabled=False)


async def test_the_first_failure_is_the_one_that_is_raised(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    failure = Failure()

    async def duty() -> None:
        raise LogError("it is full")

    await failure.guard(duty, "keeping")()
    failure.note("another", ValueError("later"))
    with pytest.raises(LogError, match="it is full"):
        await run_until(app_in(tmp_path), asyncio.Event(), failure)
    said = [record.message for record in caplog.records if record.name == "streams.running"]
    assert said == ["the worker stops, because keeping failed: LogError: it is full"]


async def test_an_application_that_does_not_stop_is_abandoned(tmp_path: Path) -> None:
    app, stopping, failure = app_in(tmp_path), asyncio.Event(), Failure()
    statuses: list[int] = []
    hold = asyncio.Event()

    async def stubborn(*_: object, **__: object) -> None:
        await hold.wait()

    app.on_before_shutdown.connect(stubborn, weak=False)
    stopping.set()
    await run_until(app, stopping, failure, within=0.2, abandon=statuses.append)
    assert statuses == [STUCK]
    hold.set()
    await app.stop()


async def test_a_crash_of_the_application_is_raised(tmp_path: Path) -> None:
    app, failure = app_in(tmp_path), Failure()

    async def crash() -> None:
        await app.crash(LogError("the broker refuses"))

    app.task(crash)
    with pytest.raises(LogError, match="refuses"):
        async with asyncio.timeout(8):
            await run_until(app, asyncio.Event(), failure)
