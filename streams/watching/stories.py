"""The stories behind an organisation's negative mentions: near-duplicates stand together (SimHash)."""

import msgspec

from alerts.model import Excerpt, Representative
from streams.watching.envelopes import Reading, Source
from streams.watching.times import instant

#: Fingerprints that differ in at most so many of their 64 bits tell the same story.
DISTANCE = 8
#: Stories remembered for an organisation.
LIMIT = 64
#: A story is forgotten this long after its last mention, in milliseconds.
KEPT = 24 * 60 * 60_000
SHOWN = 5


class Story(msgspec.Struct, array_like=True):
    """Near-identical mentions: the first of them, how many, when last seen, and the last minute in which one counts."""

    fingerprint: int
    copies: int
    first_seen: int
    last_seen: int
    last_minute: int
    negative: float
    id: str
    kind: str
    name: str
    published_at: int
    title: str
    url: str

    def representative(self) -> Representative:
        """The story by reference."""
        return Representative(self.id, self.kind, self.name, instant(self.published_at), self.copies)

    def excerpt(self) -> Excerpt:
        """The story's text."""
        return Excerpt(self.id, self.kind, self.name, self.title, self.url, instant(self.published_at))


class Stories(msgspec.Struct):
    """The stories of one organisation, the longest silent first."""

    stories: list[Story] = []

    def add(self, reading: Reading, source: Source, seen_at: int, minute: int) -> None:
        """Take a negative mention that counts in `minute`."""
        stories = self.stories
        while stories and stories[0].last_seen < seen_at - KEPT:
            del stories[0]
        place = self._same_title(reading.title)
        if place is None:
            place = self._nearest(reading.fingerprint)
        if place is not None:
            story = stories.pop(place)
            story.copies += 1
            story.last_seen = seen_at
            story.last_minute = max(story.last_minute, minute)
            stories.append(story)
            return
        if len(stories) >= LIMIT:
            # The least repeated goes, the longest silent first.
            copies = [story.copies for story in stories]
            del stories[copies.index(min(copies))]
        stories.append(
            Story(
                reading.fingerprint, 1, seen_at, seen_at, minute, reading.negative,
                reading.id, source.kind, source.name, reading.published_at, reading.title, reading.url,
            )
        )  # fmt: skip

    def _same_title(self, title: str) -> int | None:
        """Place of a story under the very title: texts may differ below a headline that was taken over."""
        return next((i for i, story in enumerate(self.stories) if title and story.title == title), None)

    def _nearest(self, fingerprint: int) -> int | None:
        """Place of the story that differs least, if it is near enough; texts without words are near to none."""
        if not fingerprint or not self.stories:
            return None
        distances = [
            (story.fingerprint ^ fingerprint).bit_count() if story.fingerprint else 64 for story in self.stories
        ]
        least = min(distances)
        return distances.index(least) if least <= DISTANCE else None

    def since(self, minute: int) -> list[Story]:
        """Stories with a mention in `minute` or later: the most repeated first, then the most negative."""
        recent = (story for story in self.stories if story.last_minute >= minute)
        return sorted(recent, key=lambda s: (-s.copies, -s.negative, s.first_seen, s.kind, s.name, s.id))
