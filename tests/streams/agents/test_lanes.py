"""Lanes: order within a key, none between keys, and an error ends all."""

import asyncio

import pytest

from streams.agents.lanes import Lanes
from tests.contracts.transport_contract import eventually


async def test_a_lane_that_waits_holds_up_no_other_and_keeps_its_order() -> None:
    gate, done = asyncio.Event(), list[tuple[int, int]]()

    async def work(job: tuple[int, int]) -> None:
        if job == (0, 0):
            await gate.wait()
        done.append(job)

    async with Lanes(work) as lanes:
        for number in range(3):
            for key in (0, 1):
                lanes.put(key, (key, number))
        await eventually(lambda: len(done) == 3)
        assert done == [(1, 0), (1, 1), (1, 2)]
        gate.set()
        await eventually(lambda: len(done) == 6)
    assert done[3:] == [(0, 0), (0, 1), (0, 2)]


async def test_the_first_error_ends_all_and_is_raised_as_it_is() -> None:
    done: list[int] = []

    async def work(job: int) -> None:
        if job == 1:
            raise LookupError("one")
        await asyncio.sleep(0.01)
        done.append(job)

    async def all_of_them() -> None:
        async with Lanes(work) as lanes:
            for job in range(3):
                lanes.put(job, job)
            await asyncio.sleep(30)

    with pytest.raises(LookupError, match="one"):
        await all_of_them()
    assert done == []


async def test_leaving_ends_the_lanes_in_the_middle_of_their_work() -> None:
    begun = asyncio.Event()

    async def work(_: int) -> None:
        begun.set()
        await asyncio.sleep(30)

    async with Lanes(work) as lanes:
        lanes.put(0, 0)
        await begun.wait()
