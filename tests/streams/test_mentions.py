"""The wire record: what is taken, what is refused and why."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.masking import masked_record
from streams.mentions import (
    DEAD_LETTER_BYTES,
    InvalidMention,
    Mention,
    RefusalReason,
    dead_letter,
    encode_dead_letter,
    identity,
    identity_of,
    mark_of,
    mark_record,
    parse,
    partition_of,
)
from streams.records import parse_batch
from streams.transports.batches import Record

NOW = int(datetime(2025, 10, 7, 5, tzinfo=UTC).timestamp()) * 1000
KNOWN = frozenset({"19", "BYT"})


def mention(**changes: Any) -> bytes:
    """A valid mention with some fields changed; `...` leaves a field out."""
    fields: dict[str, Any] = {
        "id": "a-1",
        "published_at": "2025-10-07T04:00:00Z",
        "source": {"kind": "news", "name": "Báo A"},
        "title": "Nước dâng ở Thái Nguyên",
    }
    fields |= changes
    return json.dumps({name: value for name, value in fields.items() if value is not ...}).encode()


def refused(data: bytes | None, seen_at: int | None = NOW) -> InvalidMention:
    with pytest.raises(InvalidMention) as caught:
        parse(data, KNOWN, seen_at)
    return caught.value


R = RefusalReason
HOSTILE = {
    "tombstone": (None, R.NOT_JSON),
    "empty": (b"", R.NOT_JSON),
    "cut off": (mention()[:-5], R.NOT_JSON),
    "two values": (mention() + b"{}", R.NOT_JSON),
    "deep nesting": (mention(x=...)[:-1] + b',"x":' + b"[" * 100_000 + b"}", R.NOT_JSON),
    "binary": (bytes(range(256)), R.NOT_JSON),
    "too many bytes": (mention(x="a" * 1_100_000), R.TOO_LARGE),
    "array": (b"[]", R.NOT_OBJECT),
    "null": (b"null", R.NOT_OBJECT),
    "string": (b'"mention"', R.NOT_OBJECT),
    "no id": (mention(id=...), R.ID),
    "empty id": (mention(id=""), R.ID),
    "blank id": (mention(id="  "), R.ID),
    "id is a number": (mention(id=7), R.ID),
    "long id": (mention(id="x" * 513), R.ID),
    "no time": (mention(published_at=...), R.TIME),
    "time is null": (mention(published_at=None), R.TIME),
    "time is a number": (mention(published_at=1_759_800_000), R.TIME),
    "naive time": (mention(published_at="2025-10-07T04:00:00"), R.TIME),
    "impossible day": (mention(published_at="2025-02-30T04:00:00Z"), R.TIME),
    "impossible hour": (mention(published_at="2025-10-07T24:00:00Z"), R.TIME),
    "day only": (mention(published_at="2025-10-07"), R.TIME),
    "year 1969": (mention(published_at="1969-12-31T23:59:59Z"), R.TIME),
    "year 1": (mention(published_at="0001-01-01T00:00:00+14:00"), R.TIME),
    "year 2101": (mention(published_at="2101-01-01T00:00:00Z"), R.TIME),
    "leap second at noon": (mention(published_at="2016-12-31T12:00:60Z"), R.TIME),
    "leap second at the end of time": (mention(published_at="9999-12-31T23:59:60Z"), R.TIME),
    "leap second after the end of time": (mention(published_at="9999-12-31T23:59:60-23:59"), R.TIME),
    "leap second before time": (mention(published_at="0001-01-01T00:00:60+23:59"), R.TIME),
    "leap second out of range": (mention(published_at="2016-12-31T23:59:61Z"), R.TIME),
    "future": (mention(published_at="2025-10-07T05:10:00.001Z"), R.FUTURE),
    "no source": (mention(source=...), R.SOURCE),
    "source is a string": (mention(source="news"), R.SOURCE),
    "unknown kind": (mention(source={"kind": "fax", "name": "a"}), R.SOURCE),
    "source without kind": (mention(source={"name": "a"}), R.SOURCE),
    "source without name": (mention(source={"kind": "news"}), R.SOURCE),
    "empty source name": (mention(source={"kind": "news", "name": ""}), R.SOURCE),
    "blank source name": (mention(source={"kind": "news", "name": " \t"}), R.SOURCE),
    "neither title nor text": (mention(title=...), R.NO_TEXT),
    "both empty": (mention(title="", text=""), R.NO_TEXT),
    "long title": (mention(title="a" * 65_537), R.TEXT_TOO_LONG),
    "title and text together": (mention(title="a" * 40_000, text="a" * 30_000), R.TEXT_TOO_LONG),
    "long in bytes only": (mention(text="ế" * 30_000), R.TEXT_TOO_LONG),
    "title is a list": (mention(title=["a"]), R.FIELD),
    "NUL in the title": (mention(title="a\0b"), R.CHARACTERS),
    "NUL in the id": (mention(id="a\0"), R.CHARACTERS),
    "NUL in the source": (mention(source={"kind": "news", "name": "a\0"}), R.CHARACTERS),
    "lone surrogate": (mention(title="\ud800"), R.CHARACTERS),
    "surrogate bytes": (mention(title="@@").replace(b"@@", b"\xed\xa0\x80"), R.CHARACTERS),
    "not UTF-8": (mention(title="@@").replace(b"@@", b"\xff"), R.CHARACTERS),
    "NaN": (mention(sentiment=float("nan")), R.SENTIMENT),
    "infinite": (mention(sentiment=float("-inf")), R.SENTIMENT),
    "1e999": (mention(sentiment="@").replace(b'"@"', b"1e999"), R.SENTIMENT),
    "sentiment 1.01": (mention(sentiment=1.01), R.SENTIMENT),
    "sentiment is a string": (mention(sentiment="-1"), R.SENTIMENT),
    "negative reach": (mention(reach=-1), R.NUMBER),
    "huge reach": (mention(reach=2**53 + 1), R.NUMBER),
    "reach of a hundred digits": (mention(reach=10**100), R.NUMBER),
    "half an engagement": (mention(engagement=0.5), R.NUMBER),
    "true reach": (mention(reach=True), R.NUMBER),
    "unknown organisation": (mention(organisations=["19", "XYZ"]), R.ORGANISATION),
    "unattributed organisation": (mention(organisations=["_unattributed"]), R.ORGANISATION),
    "organisations is a string": (mention(organisations="19"), R.ORGANISATION),
    "too many organisations": (mention(organisations=["19"] * 65), R.ORGANISATION),
    "long url": (mention(url="https://" + "a" * 5000), R.FIELD),
}


@pytest.mark.parametrize(("data", "reason"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_mention_is_refused_with_its_reason(data: bytes | None, reason: RefusalReason) -> None:
    error = refused(data)
    assert error.reason is reason
    assert 5 < len(error.detail) < 400


TIMES = {
    "utc": ("2025-10-07T04:00:00Z", "2025-10-07T04:00:00.000"),
    "Vietnam": ("2025-10-07T11:00:00+07:00", "2025-10-07T04:00:00.000"),
    "west": ("2025-10-06T23:30:00-04:30", "2025-10-07T04:00:00.000"),
    "lower case": ("2025-10-07t04:00:00z", "2025-10-07T04:00:00.000"),
    "milliseconds": ("2025-10-07T04:00:00.123Z", "2025-10-07T04:00:00.123"),
    "microseconds are cut": ("2025-10-07T04:00:00.123999Z", "2025-10-07T04:00:00.123"),
    "one digit": ("2025-10-07T04:00:00.5Z", "2025-10-07T04:00:00.500"),
    "leap second": ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000"),
    "leap second in Vietnam": ("2017-01-01T06:59:60.7+07:00", "2017-01-01T00:00:00.000"),
    "first instant": ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000"),
    "last second": ("2100-12-31T23:59:59Z", "2100-12-31T23:59:59.000"),
}


@pytest.mark.parametrize(("written", "expected"), TIMES.values(), ids=TIMES.keys())
def test_times_become_milliseconds_of_utc(written: str, expected: str) -> None:
    instant = datetime.fromisoformat(expected).replace(tzinfo=UTC)
    milliseconds = round(instant.timestamp() * 1000)
    assert parse(mention(published_at=written), KNOWN).published_at == milliseconds


TAKEN = {
    "unknown fields": mention(colour="blue", more={"deep": [1, None]}),
    "an unknown number out of range": mention(x="@").replace(b'"@"', b"1e999"),
    "null for what is optional": mention(text=None, url=None, reach=None, sentiment=None, organisations=None),
    "text only": mention(title=..., text="Mưa lớn"),
    "no organisation, said so": mention(organisations=[]),
    "64 KiB": mention(title="a" * 32_768, text="a" * 32_768),
    "an escaped backslash before u0000": mention(title="a\\u0000"),
    "sentiment as integer": mention(sentiment=-1),
    "ten minutes ahead": mention(published_at="2025-10-07T05:10:00Z"),
}


@pytest.mark.parametrize("data", TAKEN.values(), ids=TAKEN.keys())
def test_what_is_a_mention_is_taken(data: bytes) -> None:
    assert isinstance(parse(data, KNOWN, NOW), Mention)


def test_the_future_is_not_asked_before_the_log_has_seen_it() -> None:
    assert parse(mention(published_at="2099-01-01T00:00:00Z"), KNOWN).published.year == 2099


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = list(Mention.__struct_encode_fields__)


@given(st.binary(max_size=300))
def test_bytes_never_raise_anything_but_the_refusal(data: bytes) -> None:
    refused(data)


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), JSON, max_size=6))
def test_json_never_raises_anything_but_the_refusal(changes: dict[str, Any]) -> None:
    data = mention(**changes)
    try:
        taken = parse(data, KNOWN, NOW)
    except InvalidMention as error:
        assert error.detail  # noqa: PT017 - either outcome is right; neither may be another exception
    else:
        assert taken.id


@given(st.binary(max_size=20), st.integers(0, 200))
def test_damaged_mentions_never_raise_anything_but_the_refusal(noise: bytes, at: int) -> None:
    data = mention(author="Lan", sentiment=-0.5)
    try:
        parse(data[:at] + noise + data[at + len(noise) :], KNOWN, NOW)
    except InvalidMention as error:
        assert error.reason in RefusalReason  # noqa: PT017 - as above


def test_a_batch_is_as_one_by_one() -> None:
    values = [data for data, _ in HOSTILE.values()] + list(TAKEN.values())
    records = [Record(number, NOW, None, value) for number, value in enumerate(values)]
    taken, refusals = parse_batch(records, KNOWN)
    assert [record.offset for record, _ in taken] == list(range(len(HOSTILE), len(values)))
    assert [error.reason for _, error in refusals] == [reason for _, reason in HOSTILE.values()]
    assert all(parsed == parse(record.value, KNOWN, NOW) for record, parsed in taken)


def test_identity_is_of_kind_name_and_id() -> None:
    assert identity_of(parse(mention(), KNOWN)) == identity("news", "Báo A", "a-1")
    assert len(identity("news", "Báo A", "a-1")) == 16


@given(*[st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)] * 4)
def test_identities_do_not_run_into_one_another(name: str, one: str, other_name: str, other: str) -> None:
    same = (name, one) == (other_name, other)
    assert (identity("web", name, one) == identity("web", other_name, other)) == same


@given(st.binary(min_size=16, max_size=16), st.integers(1, 64))
def test_a_mention_has_one_partition(name: bytes, partitions: int) -> None:
    assert 0 <= partition_of(name, partitions) < partitions
    assert partition_of(name, partitions) == partition_of(name, partitions)


@given(st.integers(0, 4_102_444_800_000), st.booleans())
def test_marks_survive_the_log(mark: int, final: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    written = mark_record(mark, final=final)
    record = Record(0, mark, written.key, written.value, written.headers)
    assert mark_of(record) == (mark, final)


STRANGE_HEADERS = {
    "none": (),
    "others": (("traceparent", b"1"),),
    "empty": (("canhbao-mark", b""),),
    "negative": (("canhbao-mark", b"-5"),),
    "letters": (("canhbao-mark", b"soon"),),
    "far": (("canhbao-mark", b"9" * 400),),
}


@pytest.mark.parametrize("headers", STRANGE_HEADERS.values(), ids=STRANGE_HEADERS.keys())
def test_other_headers_are_no_mark(headers: tuple[tuple[str, bytes], ...]) -> None:
    assert mark_of(Record(0, 0, None, b"{}", headers)) is None


def test_a_dead_letter_says_where_and_why_and_shows_the_start() -> None:
    data = "ế".encode() * 3000
    error = InvalidMention(R.NOT_JSON, "no", "mentions", 3, 9)
    written = json.loads(encode_dead_letter(dead_letter(Record(9, NOW, None, data), error)))
    assert (written["reason"], written["topic"], written["partition"], written["offset"]) == (
        "not_json",
        "mentions",
        3,
        9,
    )
    assert written["size"] == len(data)
    assert written["encoding"] == "utf-8"
    assert data.startswith(written["data"].encode())
    assert DEAD_LETTER_BYTES - 4 < len(written["data"].encode()) <= DEAD_LETTER_BYTES


@given(st.binary(max_size=50))
def test_a_dead_letter_keeps_any_bytes_that_tell_no_person(data: bytes) -> None:
    letter = dead_letter(Record(0, 0, None, data), InvalidMention(R.NOT_JSON, "no"))
    kept = letter.data.encode() if letter.encoding == "utf-8" else base64.b64decode(letter.data)
    assert kept == masked_record(data)
    assert json.loads(encode_dead_letter(letter))["detail"] == "no"
