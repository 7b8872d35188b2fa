"""The read stage: batches in, envelopes and dead letters out."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.mentions import RefusalReason, mark_record
from streams.reading.reader import Reader
from streams.reading.register import Register
from streams.reading.sentiment import LexiconScorer, Scores
from streams.reading.stage import ReadResult, ReadStage
from streams.reading.text import Text
from streams.transports.batches import Record
from streams.watching.envelopes import UNATTRIBUTED, SourceTotal, home

NOW = 1_759_809_600_000
REGISTER = Register.load()
BAD = "Sạt lở vùi lấp ba nhà, hai người tử vong"


class Fragile:
    """The lexicon, but it breaks on one word."""

    def __init__(self) -> None:
        self._lexicon = LexiconScorer()

    def score(self, texts: Sequence[Text], kinds: Sequence[str]) -> Scores:
        if any("boom" in text.lower for text in texts):
            raise RuntimeError("boom")
        return self._lexicon.score(texts, kinds)


READER = Reader(REGISTER, Fragile(), {"default": 0.5}, "secret")


def record(offset: int, title: str, source: str = "A", **fields: Any) -> Record:
    mention = {
        "id": str(offset),
        "published_at": "2025-10-07T04:00:00Z",
        "source": {"kind": "news", "name": source},
        "title": title,
    }
    return Record(offset, NOW + offset, None, json.dumps(mention | fields).encode())


def mark(offset: int, milliseconds: int, *, final: bool = False) -> Record:
    written = mark_record(milliseconds, final=final)
    return Record(offset, milliseconds, None, written.value, written.headers)


def read(*records: Record, partitions: int = 1, replay: bool = False) -> ReadResult:
    stage = ReadStage(READER, partitions, replay=replay)
    return stage.read_batch(3, 10, 10 + len(records), records, "mentions")


def test_every_readings_partition_gets_an_envelope_with_all_totals() -> None:
    records = [record(0, f"{BAD} ở Huế"), record(1, "Khai mạc ở Huế", "B"), record(2, "Chợ hoa", "A")]
    result = read(*records, partitions=5)
    assert len(result.envelopes) == 5
    for number, envelope in enumerate(result.envelopes):
        assert (envelope.partition, envelope.start, envelope.end, envelope.mark) == (3, 10, 13, NOW + 2)
        assert [(source.kind, source.name) for source in envelope.sources] == [("news", "A"), ("news", "B")]
        assert envelope.totals == (SourceTotal(0, 2, 1), SourceTotal(1, 1, 0))
        assert [reading.offset for reading in envelope.readings] == ([0, 1] if number == home("46", 5) else [])
        assert not envelope.final
    assert (result.counts.mentions, result.counts.negative, result.counts.refused) == (3, 1, {})


def test_a_reading_goes_to_the_home_of_each_of_its_organisations() -> None:
    result = read(record(0, "Bộ Y tế, Bộ Công an họp ở Huế, Cần Thơ, Cà Mau"), partitions=7)
    at = {number for number, envelope in enumerate(result.envelopes) if envelope.readings}
    assert at == {home(code, 7) for code in ("BYT", "BCA", "46", "92", "96")}
    (reading,) = result.envelopes[min(at)].readings
    assert reading.organisations == ("46", "92", "96", "BCA", "BYT")


def test_of_mentions_that_name_nobody_only_the_negative_ones_are_readings() -> None:
    result = read(record(0, BAD), record(1, "Chợ hoa mở cửa"), partitions=4)
    shares = [[reading.organisations for reading in envelope.readings] for envelope in result.envelopes]
    assert shares[home(UNATTRIBUTED, 4)] == [(UNATTRIBUTED,)]
    assert sum(map(len, shares)) == 1
    assert result.counts.mentions == 2


def test_what_is_refused_becomes_a_dead_letter_with_its_place() -> None:
    result = read(Record(10, NOW, None, b"{"), record(11, "Huế"), record(12, "Huế", id=""))
    assert [(letter.reason, letter.offset) for letter in result.refused] == [("not_json", 10), ("id", 12)]
    assert all((letter.topic, letter.partition) == ("mentions", 3) for letter in result.refused)
    assert result.counts.refused == {RefusalReason.NOT_JSON: 1, RefusalReason.ID: 1}
    assert [reading.offset for reading in result.envelopes[0].readings] == [11]


def test_a_record_that_breaks_the_reader_costs_only_itself() -> None:
    result = read(
        record(0, "Huế ngập", "A"), record(1, "boom", "B"), record(2, "Cà Mau", "C"), Record(3, NOW, None, b"[")
    )
    assert [reading.offset for reading in result.envelopes[0].readings] == [0, 2]
    assert [source.name for source in result.envelopes[0].sources] == ["A", "C"]
    bug, refused = result.refused
    assert (bug.reason, bug.offset, bug.topic, bug.partition) == (RefusalReason.BUG, 1, "mentions", 3)
    assert "RuntimeError: boom" in bug.traceback
    assert "boom" in bug.data
    assert (refused.offset, refused.traceback) == (3, "")


def test_a_live_mark_is_the_last_records_time_and_mark_records_are_nobodys() -> None:
    result = read(record(0, "Huế"), mark(1, NOW + 900_000), record(2, "Huế"))
    assert result.envelopes[0].mark == NOW + 2
    assert not result.envelopes[0].final
    assert result.refused == ()


def test_a_replays_mark_is_its_publishers_newest() -> None:
    assert read(record(0, "Huế"), replay=True).envelopes[0].mark == 0
    result = read(mark(0, NOW), record(1, "Huế"), mark(2, NOW + 60_000), record(3, "Huế"), replay=True)
    assert result.envelopes[0].mark == NOW + 60_000
    assert len(result.envelopes[0].readings) == 2
    done = read(mark(0, NOW), mark(1, NOW + 1, final=True), replay=True, partitions=2)
    assert all((envelope.mark, envelope.final) == (NOW + 1, True) for envelope in done.envelopes)


def test_an_empty_batch_is_an_empty_envelope() -> None:
    assert read().envelopes[0].mark == 0


VALUES = st.lists(
    st.sampled_from([record(0, f"{BAD} ở Huế").value, record(0, "boom").value, record(0, "Chợ hoa").value, b"{}", None])
    | st.binary(max_size=20),
    max_size=12,
)


@settings(deadline=None)  # the first example loads what reading needs
@given(VALUES, st.integers(0, 12))
def test_where_batches_are_cut_changes_no_reading(values: list[bytes | None], cut: int) -> None:
    records = [Record(offset, NOW + offset, None, value) for offset, value in enumerate(values)]
    whole = read(*records)
    first, second = read(*records[:cut]), read(*records[cut:])
    parts = first.envelopes[0].readings + second.envelopes[0].readings
    assert whole.envelopes[0].readings == parts
    assert [letter.offset for letter in whole.refused] == [letter.offset for letter in first.refused + second.refused]
    assert whole.counts.mentions + len(whole.refused) == len(records)


@pytest.mark.parametrize("partitions", [1, 3])
def test_the_order_of_offsets_is_kept(partitions: int) -> None:
    records = [record(number, "Huế, Cà Mau, Bộ Y tế") for number in range(40)]
    for envelope in read(*records, partitions=partitions).envelopes:
        offsets = [reading.offset for reading in envelope.readings]
        assert offsets in (list(range(40)), [])
