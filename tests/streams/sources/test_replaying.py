import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.ports import Refused
from streams.mentions import InvalidMention, identity, mark_of, partition_of
from streams.sources.lines import Line, Unreadable
from streams.sources.replaying import Replaying, replay
from streams.transports.batches import NewRecord, Record

MINUTE = 60_000
#: 2025-10-07T00:00:00Z in seconds.
START = 1_759_795_200


def line(number: int, second: int) -> bytes:
    published = datetime.fromtimestamp(START + second, tz=UTC).isoformat()
    mention = {"id": str(number), "published_at": published, "source": {"kind": "news", "name": "Báo A"}, "title": "x"}
    return json.dumps(mention).encode()


def mark(record: NewRecord) -> tuple[int, bool] | None:
    return mark_of(Record(0, record.timestamp or 0, record.key, record.value, record.headers))


@given(st.lists(st.integers(-90_000, 90_000), min_size=1, max_size=40), st.integers(1, 5))
def test_partitions_see_time_go_forward_and_marks_tell_the_truth(seconds: list[int], partitions: int) -> None:
    replaying = Replaying(frozenset(), partitions)
    log: list[list[NewRecord]] = [[] for _ in range(partitions)]
    highest = None
    for number, second in enumerate(seconds):
        for partition, record in replaying.take(line(number, second)):
            log[partition].append(record)
        highest = second if highest is None else max(highest, second)
        assert replaying.seen_at == (START + highest) * 1000
    for partition, record in replaying.end():
        log[partition].append(record)
    for partition, records in enumerate(log):
        times = [record.timestamp or 0 for record in records]
        assert times == sorted(times)
        marks = [found for record in records if (found := mark(record))]
        assert [final for _, final in marks] == [False] * (len(marks) - 1) + [True]
        assert all(at % MINUTE == 0 for at, _ in marks)
        for place, record in enumerate(records):
            found = mark(record)
            if found is not None:
                assert all((later.timestamp or 0) >= found[0] for later in records[place:])
                assert all((earlier.timestamp or 0) < found[0] for earlier in records[:place])
            else:
                assert partition == partition_of(record.key or b"", partitions)
    assert len({tuple(filter(None, map(mark, records))) for records in log}) == 1


def test_a_mention_is_keyed_and_placed_by_its_identity() -> None:
    *_, (partition, record) = Replaying(frozenset(), 7).take(line(5, 0))
    assert record.key == identity("news", "Báo A", "5")
    assert partition == partition_of(identity("news", "Báo A", "5"), 7)


def test_a_leap_of_years_is_refused_and_spoils_nothing() -> None:
    replaying = Replaying(frozenset(), 1)
    replaying.take(line(1, 0))
    with pytest.raises(InvalidMention, match="400 days"):
        replaying.take(line(2, 401 * 86_400))
    assert [record.timestamp for _, record in replaying.take(line(3, 5))] == [(START + 5) * 1000]


def test_a_first_mention_without_a_real_date_does_not_make_the_rest_a_leap() -> None:
    replaying = Replaying(frozenset(), 1)
    replaying.take(line(1, -START))
    assert replaying.take(line(2, 0))


def test_lines_that_are_refused_say_which_and_why_and_take_no_place() -> None:
    lines: list[Line | Unreadable] = [
        Line(1, line(1, 0)),
        Line(2, b"{"),
        Unreadable(3, "line_too_long", "it is too long"),
        Line(4, line(2, 0)),
    ]
    found = list(replay(lines, Replaying(frozenset(), 1)))
    assert [(each.line, each.reason) for each in found if isinstance(each, Refused)] == [
        (2, "not_json"),
        (3, "line_too_long"),
    ]
    assert sum(len(each) for each in found if not isinstance(each, Refused)) == 4


def test_nothing_was_published_where_there_was_nothing() -> None:
    assert list(replay([], Replaying(frozenset(), 3))) == []
