"""Readings in columns are counted as readings one by one are, to the byte."""

import random
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.gathering import Gathering
from streams.reading.reader import Reader, Sources
from streams.reading.register import Register
from streams.reading.sentiment import LexiconScorer
from streams.watching.columns import Block, Columns
from streams.watching.envelopes import Envelope, Reading, ReadingsRecord, decode, encode
from streams.watching.watcher import Watcher
from tests.streams.watching.world import MINUTE, SOURCES, Readers, config, mentions, placed, said, whole_log

READER = Reader(Register.load(), LexiconScorer(), {}, "secret")


def columns_of(readings: Sequence[Reading]) -> Columns | None:
    gathering = Gathering(READER, Sources())
    for reading in readings:
        gathering.add(reading)
    return gathering.columns(bool)


def in_columns(record: ReadingsRecord, rng: random.Random, share: float = 0.8) -> ReadingsRecord:
    """The same record with most of what is not negative in columns, through its bytes."""
    if not isinstance(record, Envelope):
        return record
    chosen = [reading.counts != 1 and rng.random() < share for reading in record.readings]
    moved = [reading for reading, one in zip(record.readings, chosen, strict=True) if one]
    rest = tuple(reading for reading, one in zip(record.readings, chosen, strict=True) if not one)
    return decode(encode(msgspec.structs.replace(record, readings=rest, plain=columns_of(moved))))


def dense(seed: int) -> list[Reading]:
    """Mentions of which many are seen at once."""
    return [
        msgspec.structs.replace(one, seen_at=one.seen_at // (10 * MINUTE) * (10 * MINUTE))
        for one in mentions(seed, 4.0, rate=3.0)
    ]


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32), mentions_partitions=st.integers(1, 4))
def test_columns_are_counted_as_readings_one_by_one_are(seed: int, mentions_partitions: int) -> None:
    rng = random.Random(seed)
    readings = dense(seed)
    by_partition = placed(readings, mentions_partitions, seed)
    readers = Readers(by_partition, 1, rng)
    readers.run(readings[-1].seen_at + MINUTE)
    plain, mixed = Watcher(config(1, mentions_partitions), 0), Watcher(config(1, mentions_partitions), 0)
    for offset, record in enumerate(readers.logs[0]):
        one, other = plain.feed(record, offset), mixed.feed(in_columns(record, rng), offset)
        assert other.tallies == one.tallies
        assert said([other]) == said([one])
        if rng.random() < 0.02:
            mixed = Watcher.restore(config(1, mentions_partitions), mixed.snapshot())
    assert mixed.snapshot() == plain.snapshot()


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_dense_mentions_give_the_same_findings_in_whatever_batches(seed: int) -> None:
    rng = random.Random(seed)
    readings = dense(seed)
    by_partition = placed(readings, 3, seed)
    whole, shaken = Watcher(config(1, 3), 0), Watcher(config(1, 3), 0)
    end = readings[-1].seen_at + MINUTE
    expected = said([whole.feed(one, offset) for offset, one in enumerate(whole_log(by_partition, end))])
    readers = Readers(by_partition, 1, rng)
    readers.run(end)
    found = said([shaken.feed(in_columns(one, rng), offset) for offset, one in enumerate(readers.logs[0])])
    assert expected
    assert found == expected


def test_columns_of_different_lengths_are_refused() -> None:
    columns = columns_of(dense(1)[:5])
    assert columns is not None
    with pytest.raises(ValueError, match="different lengths"):
        Block.of(msgspec.structs.replace(columns, sources=b""), ())


def test_columns_stand_in_the_order_of_their_offsets() -> None:
    (partition,) = placed(dense(1)[:50], 1, 1)
    columns = columns_of(partition[::-1])
    assert columns is not None
    block = Block.of(columns, tuple((source.kind, source.name) for source in SOURCES))
    assert block.offsets.tolist() == [reading.offset for reading in partition]
    assert block.identities.tolist() == [reading.identity for reading in partition]
    assert block.columns() == columns
