"""What every log promises to everything outside Faust's agents.

A log's own test module subclasses `LogContract` and provides two fixtures: `log`, a started client, and `another`, a
second started client of the same log.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from streams.log import Log, TopicSpec, UnknownTopicError
from streams.transports.batches import NewRecord, RecordLike

Plain = tuple[int, bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]


def plain(records: Sequence[RecordLike]) -> list[Plain]:
    """Records without their timestamps, as tuples."""
    return [(one.offset, one.key, one.value, tuple(one.headers)) for one in records]


async def read_all(log: Log, topic: str, partition: int = 0, offset: int = 0) -> list[RecordLike]:
    """Everything from `offset` to the end."""
    records: list[RecordLike] = []
    _, end = await log.bounds(topic, partition)
    while offset < end:
        some = await log.read(topic, partition, offset, wait=timedelta(seconds=10))
        assert some, f"{topic}/{partition} ends at {end}, but nothing came from {offset} on"
        records += some
        offset = some[-1].offset + 1
    return records


class LogContract:
    """The tests. Each begins with topics of its own."""

    @staticmethod
    async def topic(log: Log, partitions: int = 1, **spec: object) -> str:
        """A new topic's name."""
        name = f"t-{uuid4().hex[:12]}"
        await log.create(TopicSpec(name, partitions, **spec))  # type: ignore[arg-type]  # the fields of TopicSpec
        return name

    async def test_offsets_are_dense_from_nought_and_in_the_order_of_appending(self, log: Log) -> None:
        topic = await self.topic(log, 2)
        values = [b"%d" % n for n in range(2500)]
        for start in range(0, 2500, 700):
            some = values[start : start + 700]
            assert await log.append(topic, 1, [NewRecord(value) for value in some]) == start + len(some) - 1
        records = await read_all(log, topic, 1)
        assert [record.offset for record in records] == list(range(2500))
        assert [record.value for record in records] == values
        assert await read_all(log, topic, 0) == []

    async def test_appends_under_way_at_once_each_stay_whole(self, log: Log) -> None:
        topic = await self.topic(log)
        sizes = [random.Random(n).randrange(1, 20) for n in range(60)]

        async def append(n: int) -> int:
            return await log.append(topic, 0, [NewRecord(b"%d.%d" % (n, k)) for k in range(sizes[n])])

        ends = await asyncio.gather(*map(append, range(60)))
        values = [record.value for record in await read_all(log, topic)]
        for n, end in enumerate(ends):
            assert values[end - sizes[n] + 1 : end + 1] == [b"%d.%d" % (n, k) for k in range(sizes[n])]
        assert len(values) == sum(sizes)

    async def test_what_is_acknowledged_is_there_for_everybody(self, log: Log, another: Log) -> None:
        topic = await self.topic(log)
        for n in range(20):
            writer, reader = (log, another) if n % 2 else (another, log)
            assert await writer.append(topic, 0, [NewRecord(b"%d" % n)]) == n
            assert await reader.bounds(topic, 0) == (0, n + 1)
            (record,) = await reader.read(topic, 0, n, wait=timedelta(seconds=10))
            assert (record.offset, record.value) == (n, b"%d" % n)

    async def test_keys_values_tombstones_and_headers_come_back_as_they_were(self, log: Log) -> None:
        topic = await self.topic(log)
        noise = random.Random(7)
        new = [
            NewRecord(b"value"),
            NewRecord(None, b"key"),
            NewRecord(b"", b""),
            NewRecord(b"\x00\xff" * 500, b"\x00"),
            NewRecord(b"v", b"k", (("tên", b"\x00"), ("", b""), ("tên", b"again"))),
            NewRecord(noise.randbytes(900_000), noise.randbytes(300)),
        ]
        assert await log.append(topic, 0, new) == len(new) - 1
        expected = [(n, one.key, one.value, tuple(one.headers)) for n, one in enumerate(new)]
        assert plain(await read_all(log, topic)) == expected

    async def test_records_are_stamped_at_append_and_never_go_back(self, log: Log) -> None:
        topic = await self.topic(log)
        before = time.time_ns() // 1_000_000
        for _ in range(5):
            await log.append(topic, 0, [NewRecord(b"x", timestamp=1_000), NewRecord(b"y")])
        after = time.time_ns() // 1_000_000
        times = [record.timestamp for record in await read_all(log, topic)]
        assert all(earlier <= later for earlier, later in pairwise(times))
        assert before <= times[0]
        assert times[-1] <= after

    async def test_a_replays_times_are_its_publishers(self, log: Log) -> None:
        topic = await self.topic(log, publisher_time=True)
        times = [1_500_000_000_123 + 977 * n for n in range(50)]
        await log.append(topic, 0, [NewRecord(b"x", timestamp=at) for at in times])
        assert [record.timestamp for record in await read_all(log, topic)] == times

    async def test_reading_begins_where_it_is_told_and_stops_at_the_limit(self, log: Log) -> None:
        topic = await self.topic(log)
        await log.append(topic, 0, [NewRecord(b"%d" % n) for n in range(100)])
        for offset, limit in ((0, 1), (37, 10), (99, 10), (98, 1)):
            records = await log.read(topic, 0, offset, limit=limit, wait=timedelta(seconds=10))
            assert 1 <= len(records) <= limit
            assert [record.offset for record in records] == list(range(offset, offset + len(records)))

    async def test_reading_at_the_end_waits_for_the_first_record(self, log: Log, another: Log) -> None:
        topic = await self.topic(log)
        await log.append(topic, 0, [NewRecord(b"a")])
        assert list(await log.read(topic, 0, 1)) == []
        assert list(await log.read(topic, 0, 1, wait=timedelta(seconds=0.05))) == []
        waiting = asyncio.create_task(log.read(topic, 0, 1, wait=timedelta(seconds=20)))
        await asyncio.sleep(0)
        await another.append(topic, 0, [NewRecord(b"b")])
        assert [record.value for record in await waiting] == [b"b"]

    async def test_several_may_wait_at_once(self, log: Log, another: Log) -> None:
        topic = await self.topic(log, 3)
        waiting = [asyncio.create_task(log.read(topic, p, 0, wait=timedelta(seconds=20))) for p in (0, 1, 1, 2)]
        await asyncio.sleep(0)
        for partition in range(3):
            await another.append(topic, partition, [NewRecord(b"%d" % partition)])
        assert [[record.value for record in await one] for one in waiting] == [[b"0"], [b"1"], [b"1"], [b"2"]]

    async def test_bounds_are_the_first_record_and_the_next(self, log: Log) -> None:
        topic = await self.topic(log)
        assert await log.bounds(topic, 0) == (0, 0)
        await log.append(topic, 0, [NewRecord(b"a"), NewRecord(b"b")])
        assert await log.bounds(topic, 0) == (0, 2)

    async def test_partitions_grow_and_never_shrink_and_keep_what_they_hold(self, log: Log, another: Log) -> None:
        topic = await self.topic(log, 2)
        await another.append(topic, 1, [NewRecord(b"a")])
        for asked, given in ((1, 2), (5, 5), (3, 5)):
            await log.create(TopicSpec(topic, asked))
            assert await log.partitions(topic) == given
        await another.append(topic, 4, [NewRecord(b"b")])
        assert plain(await read_all(log, topic, 1)) == [(0, None, b"a", ())]
        assert plain(await read_all(log, topic, 4)) == [(0, None, b"b", ())]

    async def test_creating_at_once_and_again_is_harmless(self, log: Log, another: Log) -> None:
        specs = [TopicSpec(f"t-{uuid4().hex[:12]}", 3, compacted=n % 2 == 0) for n in range(4)]
        await asyncio.gather(log.create(*specs), another.create(*reversed(specs)))
        await log.create(*specs)
        assert [await another.partitions(spec.name) for spec in specs] == [3] * 4

    @pytest.mark.parametrize("partition", [0, 7])
    async def test_what_does_not_exist_is_refused_in_a_sentence(self, log: Log, partition: int) -> None:
        topic = f"t-{uuid4().hex[:12]}"
        if partition:
            await log.create(TopicSpec(topic, 2))
        else:
            with pytest.raises(UnknownTopicError, match=topic):
                await log.partitions(topic)
        with pytest.raises(UnknownTopicError, match=topic):
            await log.append(topic, partition, [NewRecord(b"x")])
        with pytest.raises(UnknownTopicError, match=topic):
            await log.read(topic, partition, 0)
        with pytest.raises(UnknownTopicError, match=topic):
            await log.bounds(topic, partition)

    async def test_a_group_that_never_committed_has_no_offset(self, log: Log) -> None:
        topic = await self.topic(log)
        assert await log.committed(f"g-{uuid4().hex[:12]}", topic, 0) is None

    async def test_stopping_twice_is_harmless(self, another: Log) -> None:
        await another.stop()
        await another.stop()
