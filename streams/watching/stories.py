"""The stories behind an organisation's negative mentions: copies stand together, whoever published them."""

from typing import NamedTuple

import msgspec

from alerts.model import Excerpt, Representative
from streams.watching.envelopes import Reading, Source
from streams.watching.likeness import HALF, is_copy
from streams.watching.times import instant

#: Stories remembered for an organisation.
LIMIT = 64
#: And so many bytes of them, whatever titles and addresses there are: what is remembered of an organisation is bounded.
BYTES = 16 * 1024
#: What a story takes beside its texts.
_OVERHEAD = 120
#: A story is forgotten this long after its last mention, in milliseconds.
KEPT = 24 * 60 * 60_000
#: Outlets of a story that are remembered by name.
OUTLETS = 32
#: Of the stories that began, the minute is remembered for so many minutes, then the hour, up to `HOURS` hours.
MINUTES, HOUR, HOURS = 360, 60, 50
SHOWN = 5


class Told(NamedTuple):
    """What a mention is: a copy of a story known by this number, or the first of a new one; how many copies it has."""

    story: int
    is_new: bool
    copies: int


class Story(msgspec.Struct, array_like=True):
    """Copies of one story: the first of them, how many, when last seen, and the last minute in which one counts.

    `outlets` are the sources that published it, in the order in which they did, at most `OUTLETS`; `number` tells it
    from the organisation's other stories.
    """

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
    more: int = 0
    first_minute: int = 0
    number: int = 0
    outlets: list[str] = []

    def representative(self) -> Representative:
        """The story by reference."""
        outlets = tuple(self.outlets) or (self.name,)
        return Representative(self.id, self.kind, self.name, instant(self.published_at), self.copies, outlets)

    def excerpt(self) -> Excerpt:
        """The story's text."""
        return Excerpt(self.id, self.kind, self.name, self.title, self.url, instant(self.published_at))

    def weight(self) -> int:
        """About how many bytes it takes."""
        texts = (self.id, self.kind, self.name, self.title, self.url, *self.outlets)
        return _OVERHEAD + sum(len(text.encode()) + 3 for text in texts)

    def copy_at(self, source: Source, seen_at: int, minute: int) -> bool:
        """Take a copy; says whether it made the story longer."""
        self.copies += 1
        self.last_seen = seen_at
        self.last_minute = max(self.last_minute, minute)
        if source.name not in self.outlets and len(self.outlets) < OUTLETS:
            self.outlets.append(source.name)
            return True
        return False


class Stories(msgspec.Struct):
    """The stories of one organisation, the longest silent first; and how many began in each minute.

    What stands in `begun` is the minute, or for what is older the hour's first one.
    """

    stories: list[Story] = []
    begun: dict[int, int] = {}
    newest: int = 0

    def add(self, reading: Reading, source: Source, seen_at: int, minute: int) -> Told:
        """Take a negative mention that counts in `minute`."""
        stories = self.stories
        while stories and stories[0].last_seen < seen_at - KEPT:
            del stories[0]
        place = self._nearest(reading)
        if place is not None:
            story = stories.pop(place)
            longer = story.copy_at(source, seen_at, minute)
            stories.append(story)
            if longer:
                self._fit()
            return Told(story.number, is_new=False, copies=story.copies)
        if len(stories) >= LIMIT:
            self._drop(len(stories))
        self.newest += 1
        self._begin(minute)
        stories.append(
            Story(
                reading.fingerprint, 1, seen_at, seen_at, minute, reading.negative,
                reading.id, source.kind, source.name, reading.published_at, reading.title, reading.url,
                reading.fingerprint_more, minute, self.newest, [source.name],
            )
        )  # fmt: skip
        self._fit()
        return Told(self.newest, is_new=True, copies=1)

    def _drop(self, among: int) -> None:
        """Let the least repeated of the first stories go, the longest silent first."""
        copies = [story.copies for story in self.stories[:among]]
        del self.stories[copies.index(min(copies))]

    def _fit(self) -> None:
        """Let stories go until what is left is not too long."""
        total = sum(story.weight() for story in self.stories)
        while total > BYTES and len(self.stories) > 1:
            self._drop(len(self.stories) - 1)  # never the newest
            total = sum(story.weight() for story in self.stories)

    def _begin(self, minute: int) -> None:
        self.begun[minute] = self.begun.get(minute, 0) + 1
        if len(self.begun) > MINUTES + 2 * HOURS:
            newest, begun = max(self.begun), dict[int, int]()
            for at, count in sorted(self.begun.items()):
                if at >= newest - HOURS * HOUR:
                    kept = at if at > newest - MINUTES else at - at % HOUR
                    begun[kept] = begun.get(kept, 0) + count
            self.begun = begun

    def _nearest(self, reading: Reading) -> int | None:
        """Place of the story of which it is a copy: the most like it, the longest silent first."""
        print_, title = (reading.fingerprint, reading.fingerprint_more), reading.title
        first, nearest, least = reading.fingerprint, None, 0.0
        # Most are told apart by half their bits already.
        near = [
            place
            for place, story in enumerate(self.stories)
            if (story.fingerprint ^ first).bit_count() <= HALF or story.title == title
        ]
        for place in near:
            story = self.stories[place]
            beyond = is_copy((story.fingerprint, story.more), story.title, print_, title)
            if beyond is not None and (nearest is None or beyond < least):
                nearest, least = place, beyond
        return nearest

    def since(self, minute: int) -> list[Story]:
        """Stories with a mention in `minute` or later: the most repeated first, then the most negative."""
        recent = (story for story in self.stories if story.last_minute >= minute)
        return sorted(recent, key=lambda s: (-s.copies, -s.negative, s.first_seen, s.kind, s.name, s.id))

    def count_since(self, minute: int) -> int:
        """How many stories were told in `minute` or later: those that began, and older ones that were copied."""
        began = sum(count for at, count in self.begun.items() if at >= minute)
        return began + sum(story.first_minute < minute <= story.last_minute for story in self.stories)
