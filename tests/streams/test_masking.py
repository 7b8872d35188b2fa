import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.masking import masked_record, stored
from streams.mentions import InvalidMention, RefusalReason, dead_letter, encode_dead_letter, parse
from streams.transports.batches import Record

MENTION: dict[str, Any] = {
    "id": "a1",
    "published_at": "2026-10-07T08:04:00+07:00",
    "source": {"kind": "facebook", "name": "Trang A"},
    "author": "Nguyễn Văn A",
    "title": "Gọi 0912345678",
    "text": "STK 19012345678901, nhà số 15 ngõ 7 phố Huế",
    "reach": 12,
    "unknown": {"a": [1]},
}


def line(**fields: Any) -> bytes:
    return json.dumps(MENTION | fields).encode()


def test_a_mention_never_holds_what_tells_a_person() -> None:
    mention = parse(line(), frozenset())
    assert mention.title == "Gọi [số điện thoại]"
    assert mention.text == "STK [số tài khoản], nhà số [địa chỉ nhà]"


def test_what_is_stored_is_masked_and_keeps_every_other_field() -> None:
    data = line()
    kept = json.loads(stored(data, parse(data, frozenset())))
    assert kept == MENTION | {"title": "Gọi [số điện thoại]", "text": "STK [số tài khoản], nhà số [địa chỉ nhà]"}


@pytest.mark.parametrize("title", ["Vỡ đê", "[Video] Vỡ đê", "Nghị định 168/2024/NĐ-CP"])
def test_what_tells_no_person_is_stored_as_it_came(title: str) -> None:
    data = line(title=title, text=None)
    assert stored(data, parse(data, frozenset())) == data


def test_reading_what_was_stored_reads_the_same() -> None:
    data = line()
    mention = parse(data, frozenset())
    assert parse(stored(data, mention), frozenset()) == mention


@pytest.mark.parametrize(
    "data",
    [
        line(published_at="soon"),
        line()[:-20],
        line(id="x" * 600),
        line(source={"kind": "web", "name": "b", "author": "Nguyễn Văn A"}, organisations=["0912345678"]),
        json.dumps(MENTION, ensure_ascii=False).encode()[:-30],
        b"\xff" + json.dumps(MENTION, ensure_ascii=False).encode(),
        json.dumps(MENTION | {"text": "x" * 70_000}).encode() * 20,
    ],
    ids=["time", "cut", "id", "nested", "cut_letters", "not_utf8", "too_large"],
)
def test_a_dead_letter_tells_no_person(data: bytes) -> None:
    with pytest.raises(InvalidMention) as caught:
        parse(data, frozenset())
    letter = dead_letter(Record(0, 0, None, data), caught.value)
    kept = letter.data if letter.encoding == "utf-8" else base64.b64decode(letter.data).decode(errors="replace")
    assert "0912345678" not in kept + encode_dead_letter(letter).decode()
    assert "Nguy" not in kept + encode_dead_letter(letter).decode()


def test_the_traceback_of_a_bug_tells_no_person() -> None:
    error = InvalidMention(RefusalReason.BUG, "KeyError while reading")
    letter = dead_letter(Record(0, 0, None, b"{}"), error, "KeyError: 'gọi 0912345678'")
    assert letter.traceback == "KeyError: 'gọi [số điện thoại]'"


@given(st.binary(max_size=60) | st.text(max_size=40).map(lambda text: json.dumps({"title": text}).encode()))
def test_masking_a_record_again_changes_nothing(data: bytes) -> None:
    assert masked_record(masked_record(data)) == masked_record(data)
