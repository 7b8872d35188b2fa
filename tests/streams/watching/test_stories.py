import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams.watching.envelopes import Reading, Source
from streams.watching.stories import DISTANCE, KEPT, LIMIT, Stories

SOURCE = Source("news", "Báo A")


def reading(number: int, fingerprint: int, negative: float = 0.9) -> Reading:
    return Reading(
        number, number, number, number.to_bytes(16, "big"), f"m{number}", 0, ("19",), negative, 0.0, 1,
        fingerprint=fingerprint, title=f"Tin {number}", url="",
    )  # fmt: skip


def test_near_duplicates_are_one_story_with_copies() -> None:
    stories = Stories([])
    stories.add(reading(1, 0xFFFF), SOURCE, 1, 0)
    stories.add(reading(2, 0xFFFF ^ 0b1111_1111), SOURCE, 2, 1)
    stories.add(reading(3, 0xFFFF ^ 0b1_1111_1111), SOURCE, 3, 1)
    assert [(story.id, story.copies) for story in stories.since(0)] == [("m1", 2), ("m3", 1)]


def test_the_same_headline_over_another_text_is_the_same_story() -> None:
    stories = Stories([])
    for number, fingerprint in ((1, 0xFFFF), (2, 0xFFFF << 40)):
        stories.add(msgspec.structs.replace(reading(number, fingerprint), title="Một tin"), SOURCE, number, 0)
    assert [(story.id, story.copies) for story in stories.since(0)] == [("m1", 2)]


def test_texts_without_words_are_never_duplicates() -> None:
    stories = Stories([])
    for number in range(3):
        stories.add(reading(number, 0), SOURCE, number, 0)
    assert [story.copies for story in stories.since(0)] == [1, 1, 1]


def test_only_stories_of_the_window_are_shown_the_most_repeated_first() -> None:
    stories = Stories([])
    stories.add(reading(1, 0x0F0F0F0F0F0F), SOURCE, 1, 5)
    stories.add(reading(2, 0xF0F0F0F0F0F0F0, 0.7), SOURCE, 2, 9)
    stories.add(reading(3, 0xFF00FF00FF00FF00, 0.95), SOURCE, 3, 9)
    stories.add(reading(4, 0xF0F0F0F0F0F0F0), SOURCE, 4, 10)
    assert [story.id for story in stories.since(9)] == ["m2", "m3"]


def test_a_story_is_forgotten_a_day_after_its_last_mention() -> None:
    stories = Stories([])
    stories.add(reading(1, 0xFF), SOURCE, 0, 0)
    stories.add(reading(2, 0xFFFF_0000_0000), SOURCE, KEPT, 0)
    assert len(stories.stories) == 2
    stories.add(reading(3, 0xFF_0000_0000_0000), SOURCE, KEPT + 1, 0)
    assert [story.id for story in stories.stories] == ["m2", "m3"]


def test_what_is_shown_names_the_mention_and_its_text_apart() -> None:
    stories = Stories([])
    stories.add(reading(1, 0xFF), SOURCE, 0, 0)
    (story,) = stories.since(0)
    assert story.representative().id == story.excerpt().id == "m1"
    assert story.representative().published_at == "1970-01-01T00:00:00.001Z"
    assert story.excerpt().title == "Tin 1"


@given(st.lists(st.integers(0, 2**64 - 1), max_size=200))
def test_stories_are_bounded_and_apart(fingerprints: list[int]) -> None:
    stories = Stories([])
    for number, fingerprint in enumerate(fingerprints):
        stories.add(reading(number, fingerprint), SOURCE, number, 0)
    assert len(stories.stories) <= LIMIT
    known = [story.fingerprint for story in stories.stories if story.fingerprint]
    assert all((one ^ other).bit_count() > DISTANCE for place, one in enumerate(known) for other in known[:place])
    if fingerprints:
        newest = stories.stories[-1]
        assert newest.last_seen <= len(fingerprints) - 1
