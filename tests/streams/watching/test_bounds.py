"""What is remembered of an organisation is bounded whatever comes, and what is let go follows from what came."""

import random

import msgspec

from streams.watching.crowd import Crowd
from streams.watching.envelopes import Reading, Source
from streams.watching.stories import LIMIT, Stories
from streams.watching.words import KEPT, Words
from tests.streams.watching.world import MINUTE, START, identity

MOST = 32 * 1024


def hostile(seed: int, many: int) -> list[tuple[Reading, Source]]:
    """Mentions with titles, addresses and names as long as they may be; some are copies from ever new outlets."""
    rng = random.Random(seed)
    letters = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
    found: list[tuple[Reading, Source]] = []
    for number in range(many):
        text = number if rng.random() < 0.7 or not found else rng.randrange(number)
        draws = random.Random(text)
        title = " ".join("".join(draws.choices(letters, k=draws.randrange(2, 9))) for _ in range(60))[:300]
        source = Source("facebook", f"Trang {rng.randrange(500)} " + "ệ" * 80)
        reading = Reading(
            number, START + number * 1000, START, identity(f"{number}"), f"m{number}" * 8, 0, ("19",), 0.9, 0.0, 1,
            rng.randrange(1, 2**63), draws.getrandbits(64), title, "https://example.org/" + "x" * 480,
        )  # fmt: skip
        found.append((reading, source))
    return found


def test_stories_words_and_voices_of_an_organisation_fit_into_32_kib() -> None:
    stories, words, crowd, largest = Stories([], {}), Words(0, {}), Crowd(), 0
    for number, (reading, source) in enumerate(hostile(1, 1500)):
        minute = reading.seen_at // MINUTE
        stories.add(reading, source, reading.seen_at, minute)
        words.learn(reading.title)
        crowd.add("19", minute, reading, source, reading.seen_at)
        if number % 10 == 0:
            parts = (msgspec.msgpack.encode(stories), msgspec.msgpack.encode(words), crowd.parts()["19"])
            largest = max(largest, sum(map(len, parts)))
            assert len(stories.stories) <= LIMIT
            assert len(words.counts) <= KEPT
    assert MOST // 4 < largest <= MOST


def test_what_is_let_go_is_the_same_after_a_restart() -> None:
    straight, stopped = Stories([], {}), Stories([], {})
    for reading, source in hostile(2, 300):
        for stories in (straight, stopped):
            stories.add(reading, source, reading.seen_at, reading.seen_at // MINUTE)
        stopped = msgspec.msgpack.decode(msgspec.msgpack.encode(stopped), type=Stories)
    assert msgspec.msgpack.encode(straight) == msgspec.msgpack.encode(stopped)


def test_the_newest_story_is_never_let_go() -> None:
    stories = Stories([], {})
    for reading, source in hostile(3, 200):
        told = stories.add(reading, source, reading.seen_at, reading.seen_at // MINUTE)
        if told.is_new:
            assert stories.stories[-1].id == reading.id
