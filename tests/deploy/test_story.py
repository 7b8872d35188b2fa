"""The bundled story."""

from collections import Counter
from datetime import datetime

import msgspec

from deploy.demo.story import PROVINCE, Story, mentions, volumes
from streams.mentions import parse
from streams.reading.reader import Reader, Seen, Sources
from streams.reading.register import Register
from streams.reading.sentiment import LexiconScorer
from streams.sources.times import VIETNAM

REGISTER = Register.load()
TOLD = [msgspec.json.decode(mention) for mention in mentions()]
FLOOD = datetime(2025, 10, 7, tzinfo=VIETNAM)


def test_the_story_is_the_same_each_time_and_another_with_another_seed() -> None:
    assert list(mentions()) == list(mentions())
    assert next(mentions(Story(seed=1))) != next(mentions())


def test_it_is_long_enough_and_in_order_of_time() -> None:
    times = [mention["published_at"] for mention in TOLD]
    assert 5_000 <= len(TOLD) <= 15_000
    assert times == sorted(times)
    assert len({mention["id"] for mention in TOLD}) == len(TOLD)


def test_it_has_enough_different_sentences() -> None:
    assert len({mention["title"] for mention in TOLD}) >= 60


def test_every_mention_is_valid_and_read_as_it_is_meant() -> None:
    reader = Reader(REGISTER, LexiconScorer(), {"default": 0.5}, "a secret")
    parsed = [parse(msgspec.json.encode(mention), REGISTER.codes) for mention in TOLD]
    readings = reader.read([Seen(n, m.published_at, m) for n, m in enumerate(parsed)], Sources())
    negative: Counter[str] = Counter()
    flood = FLOOD.timestamp() * 1000
    for mention, reading in zip(parsed, readings, strict=True):
        if reading.counts == 1 and reading.published_at >= flood:
            negative.update(reading.organisations or ["none"])
        if "Thái Nguyên" in (mention.title or ""):
            assert PROVINCE in reading.organisations
    (first, most), (_, next_most) = negative.most_common(2)
    assert first == PROVINCE
    assert most > 20 * next_most


def test_the_week_before_is_ordinary() -> None:
    before = [m for m in TOLD if datetime.fromisoformat(m["published_at"]) < FLOOD and "Thái Nguyên" in m["title"]]
    after = [m for m in TOLD if datetime.fromisoformat(m["published_at"]) >= FLOOD and "Thái Nguyên" in m["title"]]
    assert len(after) > 10 * len(before) > 0


def test_the_volumes_cover_every_hour_once() -> None:
    hours = [hour.start for hour in volumes()]
    assert hours == sorted(set(hours))
    assert (hours[-1] - hours[0]).total_seconds() == 3600 * (len(hours) - 1)
    assert all(0 <= hour.negative <= hour.province <= hour.mentions for hour in volumes())
