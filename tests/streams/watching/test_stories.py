import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.watching.envelopes import Reading, Source
from streams.watching.likeness import is_copy
from streams.watching.stories import HOUR, HOURS, KEPT, LIMIT, MINUTES, OUTLETS, Stories

SOURCE = Source("news", "Báo A")


def titled(number: int) -> str:
    """A title without digits: those that differ make a series."""
    return f"Tin {''.join(chr(97 + int(digit)) for digit in str(number))}"


def reading(number: int, fingerprint: int, negative: float = 0.9) -> Reading:
    return Reading(
        number, number, number, number.to_bytes(16, "big"), f"m{number}", 0, ("19",), negative, 0.0, 1,
        fingerprint=fingerprint, title=titled(number), url="",
    )  # fmt: skip


def test_copies_are_one_story_with_a_count_and_its_outlets() -> None:
    stories = Stories([], {})
    many, few = 0xFFFFFFFFFF, 0b1_1111_1111
    told = [
        stories.add(reading(1, many), SOURCE, 1, 0),
        stories.add(reading(2, many ^ few), Source("web", "b"), 2, 1),
        stories.add(reading(3, many ^ few), SOURCE, 3, 1),
        stories.add(reading(4, many << 20), SOURCE, 4, 2),
    ]
    assert [(one.story, one.is_new) for one in told] == [(1, True), (1, False), (1, False), (2, True)]
    assert [(story.id, story.copies, story.outlets) for story in stories.since(0)] == [
        ("m1", 3, ["Báo A", "b"]),
        ("m4", 1, ["Báo A"]),
    ]


def test_stories_of_a_window_are_counted_whether_they_began_in_it_or_before() -> None:
    stories = Stories([], {})
    stories.add(reading(1, 0xFFFFFFFFFF), SOURCE, 1, 5)
    stories.add(reading(2, 0xFFFFFFFFFF << 20), SOURCE, 2, 6)
    stories.add(reading(3, 0xFFFFFFFFFF), SOURCE, 3, 9)
    assert [stories.count_since(minute) for minute in (0, 6, 7, 10)] == [2, 2, 1, 0]


def test_the_count_goes_on_where_the_stories_themselves_are_too_many() -> None:
    stories = Stories([], {})
    for minute in range(3 * LIMIT):
        stories.add(msgspec.structs.replace(reading(minute, 0), title=titled(minute)), SOURCE, minute, minute)
    assert stories.count_since(0) == 3 * LIMIT
    assert len(stories.stories) == LIMIT


def test_outlets_and_minutes_are_bounded() -> None:
    stories = Stories([], {})
    for number in range(3 * OUTLETS):
        stories.add(reading(1, 0xFF), Source("web", f"s{number}"), number, 0)
    assert len(stories.stories[0].outlets) == OUTLETS
    for minute in range(0, (HOURS + 30) * HOUR, 3):
        stories.add(msgspec.structs.replace(reading(minute, 0), title=titled(minute)), SOURCE, minute, minute)
    assert len(stories.begun) <= MINUTES + 2 * HOURS
    newest = max(stories.begun)
    assert stories.count_since(newest - MINUTES + 1) == MINUTES // 3


def test_the_same_headline_over_another_text_is_the_same_story() -> None:
    stories = Stories([], {})
    for number, fingerprint in ((1, 0xFFFF), (2, 0xFFFF << 40)):
        stories.add(msgspec.structs.replace(reading(number, fingerprint), title="Một tin"), SOURCE, number, 0)
    assert [(story.id, story.copies) for story in stories.since(0)] == [("m1", 2)]


def test_texts_without_words_are_never_duplicates() -> None:
    stories = Stories([], {})
    for number in range(3):
        stories.add(reading(number, 0), SOURCE, number, 0)
    assert [story.copies for story in stories.since(0)] == [1, 1, 1]


def test_only_stories_of_the_window_are_shown_the_most_repeated_first() -> None:
    stories = Stories([], {})
    stories.add(reading(1, 0x0F0F0F0F0F0F), SOURCE, 1, 5)
    stories.add(reading(2, 0xF0F0F0F0F0F0F0, 0.7), SOURCE, 2, 9)
    stories.add(reading(3, 0xFF00FF00FF00FF00, 0.95), SOURCE, 3, 9)
    stories.add(reading(4, 0xF0F0F0F0F0F0F0), SOURCE, 4, 10)
    assert [story.id for story in stories.since(9)] == ["m2", "m3"]


def test_a_story_is_forgotten_a_day_after_its_last_mention() -> None:
    stories = Stories([], {})
    stories.add(reading(1, 0xFF), SOURCE, 0, 0)
    stories.add(reading(2, 0xFFFF_FFFF_0000_0000), SOURCE, KEPT, 0)
    assert len(stories.stories) == 2
    stories.add(reading(3, 0xFFFF_FFFF_0000), SOURCE, KEPT + 1, 0)
    assert [story.id for story in stories.stories] == ["m2", "m3"]


def test_what_is_shown_names_the_mention_and_its_text_apart() -> None:
    stories = Stories([], {})
    stories.add(reading(1, 0xFF), SOURCE, 0, 0)
    (story,) = stories.since(0)
    assert story.representative().id == story.excerpt().id == "m1"
    assert story.representative().published_at == "1970-01-01T00:00:00.001Z"
    assert story.excerpt().title == titled(1)


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a busy machine drawing seems slow
@given(st.lists(st.integers(0, 2**64 - 1), max_size=100))
def test_stories_are_bounded_and_apart(fingerprints: list[int]) -> None:
    stories = Stories([], {})
    for number, fingerprint in enumerate(fingerprints):
        stories.add(reading(number, fingerprint), SOURCE, number, 0)
    assert len(stories.stories) <= LIMIT
    known = [story.fingerprint for story in stories.stories if story.fingerprint]
    apart = [is_copy((one, 0), "Tin b", (other, 0), "Tin c") for at, one in enumerate(known) for other in known[:at]]
    assert apart == [None] * len(apart)
    if fingerprints:
        newest = stories.stories[-1]
        assert newest.last_seen <= len(fingerprints) - 1
