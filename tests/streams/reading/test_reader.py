"""Mentions -> readings."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from streams.mentions import InvalidMention, Mention, MentionSource, identity
from streams.reading.reader import Reader, Seen, Sources
from streams.reading.register import Register
from streams.reading.sentiment import LexiconScorer, Scores
from streams.reading.text import Text
from streams.watching.envelopes import Envelope, Reading, encode

PUBLISHED = datetime(2025, 10, 7, 4, tzinfo=UTC)
NOW = int(PUBLISHED.timestamp()) * 1000
BAD = "Sạt lở vùi lấp ba nhà ở Thái Nguyên, hai người tử vong"


class Refusing:
    """A scorer that must not be asked."""

    def score(self, texts: Sequence[Text], kinds: Sequence[str]) -> Scores:
        assert not texts
        assert not kinds
        return Scores([], [], [], [], [])


@pytest.fixture(scope="module")
def register() -> Register:
    return Register.load()


@pytest.fixture(scope="module")
def reader(register: Register) -> Reader:
    return Reader(register, LexiconScorer(), {"default": 0.5, "tiktok": 0.9}, "secret")


def mention(kind: Any = "news", **fields: Any) -> Mention:
    return Mention(id="1", published=PUBLISHED, source=MentionSource(kind, "A"), **fields)


def read(reader: Reader, one: Mention) -> Reading:
    return reader.read([Seen(7, NOW, one)], Sources())[0]


def test_a_reading_has_what_the_mention_says(reader: Reader) -> None:
    reading = read(reader, mention(title=BAD, url="https://a.vn/1"))
    assert (reading.offset, reading.seen_at, reading.published_at, reading.id) == (7, NOW, NOW, "1")
    assert reading.identity == identity("news", "A", "1")
    assert reading.organisations == ("19",)
    assert reading.counts == 1
    assert reading.negative >= 0.5 > reading.positive
    assert (reading.title, reading.url) == (BAD, "https://a.vn/1")
    assert reading.fingerprint > 0


def test_given_organisations_and_sentiment_win(register: Register) -> None:
    reader = Reader(register, Refusing(), {}, "secret")
    reading = read(reader, mention(title=BAD, sentiment=-0.25, organisations=("BYT", "46", "BYT")))
    assert reading.organisations == ("46", "BYT")
    assert (reading.negative, reading.positive, reading.counts) == (0.25, 0.0, 0)
    assert read(reader, mention(title=BAD, sentiment=0.75, organisations=())).organisations == ()


SENTIMENTS = {
    "worst": (-1.0, 1),
    "at the threshold": (-0.5, 1),
    "mild": (-0.49, 0),
    "good": (0.5, -1),
    "none": (0.0, 0),
}


@pytest.mark.parametrize(("sentiment", "counts"), SENTIMENTS.values(), ids=SENTIMENTS.keys())
def test_a_mention_counts_from_the_threshold_on(reader: Reader, sentiment: float, counts: int) -> None:
    assert read(reader, mention(text="x", sentiment=sentiment)).counts == counts


def test_thresholds_are_by_kind_of_source(reader: Reader) -> None:
    assert read(reader, mention("tiktok", text="x", sentiment=-0.8)).counts == 0
    assert read(reader, mention("zalo", text="x", sentiment=-0.8)).counts == 1


def test_only_negative_readings_show_text_and_only_web_addresses(reader: Reader) -> None:
    assert read(reader, mention(title="Khai mạc lễ hội", url="https://a.vn")).title == ""
    shown = read(reader, mention(text=f" {BAD}\n\t&amp; " * 40, url="javascript:alert(1)"))
    assert shown.url == ""
    assert len(shown.title) == 300
    assert shown.title.startswith(f"{BAD} & {BAD}")
    assert shown.title.endswith("…")


def test_the_author_leaves_only_a_voice(reader: Reader) -> None:
    reading = read(reader, mention(title=BAD, author="Nguyễn Thị Lan"))
    assert reading.voice > 0
    assert "Nguyễn Thị Lan".encode() not in encode(Envelope(0, 0, 1, 0, readings=(reading,)))
    assert read(reader, mention(title=BAD)).voice == 0


def test_copies_have_one_fingerprint(reader: Reader) -> None:
    first = read(reader, mention(title=BAD))
    assert first.fingerprint == read(reader, mention("web", title=BAD.upper())).fingerprint


HOSTILE = {
    "one name again and again": "Hà Nội " * 7000,
    "a homonym again and again": "Bộ Quốc phòng " * 3000,
    "bad words only": "tử vong " * 5000,
    "negators only": "không " * 8000,
    "white space": " \n" * 30_000,
    "marks without letters": "\u0301\u0316" * 16_000,
    "nested entities": "&" + "amp;" * 16_000,
    "ends of clauses": ". " * 32_000,
    "emoji": "😭" * 16_000,
    "capitals": "NGẬP " * 9000,
    "letters with a longer lower case": "İ " * 20_000,
    "one endless word": "a" * 65_000,
    "mixed scripts and directions": "Huế \u202e字 ضد हिन्दी ☃ " * 2000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_read_in_bounded_time(reader: Reader, text: str) -> None:
    started = time.process_time()
    for kind in ("news", "zalo"):
        reading = read(reader, mention(kind, text=text))
        assert 0 <= reading.negative <= 1
        assert len(reading.title) <= 300
    assert time.process_time() - started < 1


MIXED = [
    mention(title=BAD),
    mention("facebook", text="chán vl", author="Lan"),
    mention(title="Khai mạc", organisations=("19",)),
    mention(title=BAD, sentiment=-1.0),
    mention(title=BAD, sentiment=-1.0, organisations=("19", "46")),
    mention(text="😭"),
    mention(title="NGẬP Ở HUẾ", text="İẞ"),
]


def test_a_batch_is_as_one_by_one(reader: Reader) -> None:
    sources = Sources()
    together = reader.read([Seen(number, NOW, one) for number, one in enumerate(MIXED)], sources)
    alone = Sources()
    assert together == [reader.read([Seen(number, NOW, one)], alone)[0] for number, one in enumerate(MIXED)]
    assert sources.numbers == alone.numbers == {("news", "A"): 0, ("facebook", "A"): 1}


def test_a_line_of_json_becomes_a_line_of_json(reader: Reader) -> None:
    line = {
        "id": "1",
        "published_at": "2025-10-07T11:00:00.5+07:00",
        "source": {"kind": "news", "name": "A"},
        "title": BAD,
    }
    reading = json.loads(reader.read_line(json.dumps(line).encode()))
    assert reading["published_at"] == reading["seen_at"] == "2025-10-07T04:00:00.500Z"
    assert (reading["id"], reading["organisations"]) == ("1", ["19"])
    assert reading["negative"] >= 0.5
    assert reading["positive"] < 0.5
    with pytest.raises(InvalidMention):
        reader.read_line(b"{}")
    nobody = json.loads(reader.read_line(json.dumps({**line, "title": "Tử vong vì sạt lở"}).encode()))
    assert nobody["organisations"] == []
