"""What is read by the batch is what is read one by one."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.mentions import Mention
from streams.reading.gathering import MANY, milliseconds
from streams.reading.reader import Reader
from streams.reading.register import Register
from streams.reading.sentiment import LexiconScorer
from streams.reading.stage import ReadResult, ReadStage
from streams.transports.batches import Record
from streams.watching.columns import POSITIVE, Block
from streams.watching.envelopes import UNATTRIBUTED, Envelope

NOW = 1_759_809_600_000
READER = Reader(Register.load(), LexiconScorer(), {"default": 0.5, "forum": 0.7}, "secret")


def mention(number: int, **fields: Any) -> dict[str, Any]:
    whole = {
        "id": f"m{number}",
        "published_at": "2025-10-07T03:58:00Z",
        "source": {"kind": ("news", "forum")[number % 2], "name": f"Nguồn {number % 5}"},
        "title": "Ngập sâu ở Huế" if number % 3 else "Cảm ơn xã",
        "organisations": [["19"], ["BYT", "46"], []][number % 3],
        "sentiment": (-0.9, -0.6, -0.2, 0.4, 0.6)[number % 5],
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


#: What makes a mention one to be looked at closely, or refused.
ODD: tuple[dict[str, Any], ...] = (
    {"sentiment": None},
    {"organisations": None},
    {"sentiment": None, "organisations": None, "title": "Bộ Y tế chậm trễ, dân bức xúc"},
    {"title": ""},
    {"title": None, "text": "a\0b"},
    {"id": " "},
    {"source": {"kind": "news", "name": " "}},
    {"organisations": ["không có"]},
    {"organisations": ["63-06"]},
    {"published_at": "2025-10-07T06:00:00Z"},
    {"published_at": "1969-12-31T23:00:00Z"},
    {"published_at": "0001-01-01T00:00:00+07:00"},
    {"published_at": "2016-12-31T23:59:60Z"},
    {"text": "dài " * 20_000},
    {"sentiment": 7},
    {"author": "ai đó"},
)


def records(odd: Sequence[tuple[int, int]], many: int = 2 * MANY) -> list[Record]:
    lines = [mention(number) for number in range(many)]
    for place, which in odd:
        lines[place] = mention(place, **ODD[which])
    return [Record(offset, NOW + offset, None, json.dumps(line).encode()) for offset, line in enumerate(lines)]


def seen_by_watch(envelope: Envelope) -> list[tuple[Any, ...]]:
    """What counting needs of each reading, in the order of offsets."""
    found = [
        (r.offset, r.seen_at, r.published_at, r.identity, envelope.sources[r.source], r.organisations, r.counts)
        for r in envelope.readings
    ]
    if envelope.plain is not None:
        block = Block.of(envelope.plain, ())
        columns = (block.offsets, block.seen_at, block.published_at, block.identities, block.sources, block.groups)
        for offset, seen, published, name, source, group in zip(*(c.tolist() for c in columns), strict=True):
            organisations = block.organisations[group]
            counts = -1 if source >= POSITIVE else 0
            found.append((offset, seen, published, name, envelope.sources[source % POSITIVE], organisations, counts))
    return sorted(found, key=lambda one: one[0])


def read(batch: Sequence[Record], partitions: int) -> ReadResult:
    return ReadStage(READER, partitions, replay=False).read_batch(3, 0, len(batch), batch, "mentions")


def one_by_one(batch: Sequence[Record], partitions: int) -> list[ReadResult]:
    stage = ReadStage(READER, partitions, replay=False)
    return [stage.read_batch(3, r.offset, r.offset + 1, [r], "mentions") for r in batch]


@settings(max_examples=60, deadline=None)
@given(
    odd=st.lists(st.tuples(st.integers(0, 2 * MANY - 1), st.integers(0, len(ODD) - 1)), max_size=6),
    partitions=st.integers(1, 3),
)
def test_a_batch_is_read_as_its_records_one_by_one(odd: list[tuple[int, int]], partitions: int) -> None:
    batch = records(odd)
    whole, parts = read(batch, partitions), one_by_one(batch, partitions)
    for number, envelope in enumerate(whole.envelopes):
        assert seen_by_watch(envelope) == [one for part in parts for one in seen_by_watch(part.envelopes[number])]
    assert [letter.offset for letter in whole.refused] == [letter.offset for part in parts for letter in part.refused]
    assert [letter.reason for letter in whole.refused] == [letter.reason for part in parts for letter in part.refused]
    assert whole.counts.mentions == sum(part.counts.mentions for part in parts)
    assert whole.counts.negative == sum(part.counts.negative for part in parts)


def test_what_is_given_and_not_negative_travels_in_columns() -> None:
    (envelope,) = read(records([]), 1).envelopes
    assert envelope.plain is not None
    assert all(reading.counts == 1 for reading in envelope.readings)
    assert {reading.organisations for reading in envelope.readings} >= {(UNATTRIBUTED,)}
    (few,) = read(records([], many=MANY - 1), 1).envelopes
    assert few.plain is None


def test_organisations_are_those_of_the_moment_when_a_mention_was_seen() -> None:
    # Bắc Kạn went up in Thái Nguyên on 1 July 2025.
    at = int(datetime(2025, 6, 30, 17, tzinfo=UTC).timestamp() * 1000) - MANY
    lines = [mention(n, organisations=["63-06"], sentiment=0.5, published_at="2025-06-30T16:59:00Z") for n in range(64)]
    batch = [Record(n, at + n, None, json.dumps(line).encode()) for n, line in enumerate(lines)]
    (envelope,) = read(batch, 1).envelopes
    assert {one[5] for one in seen_by_watch(envelope)} == {("19", "63-06"), ("19",)}
    assert seen_by_watch(envelope) == [one for part in one_by_one(batch, 1) for one in seen_by_watch(part.envelopes[0])]


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 12, 30)),  # noqa: DTZ001 - the zone comes next
    st.integers(-14 * 60, 14 * 60),
)
def test_milliseconds_are_rounded_down(at: datetime, offset: int) -> None:
    aware = at.replace(tzinfo=timezone(timedelta(minutes=offset)))
    (found,) = milliseconds([aware]).tolist()
    published = Mention(id="1", published=aware, source=None).published_at  # type: ignore[arg-type] # only its time
    assert found == published


@pytest.mark.parametrize("microsecond", [0, 1, 499, 500, 999, 1000, 999_999, 123_999, 124_000])
@pytest.mark.parametrize("year", [1970, 2026, 2100])
def test_milliseconds_are_exact_at_their_bounds(year: int, microsecond: int) -> None:
    aware = datetime(year, 12, 31, 23, 59, 59, microsecond, tzinfo=UTC)
    (found,) = milliseconds([aware]).tolist()
    assert found == (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
