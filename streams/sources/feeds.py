"""RSS and Atom: bytes of unknown origin -> entries -> mentions. Pure."""

import hashlib
import re
import xml.parsers.expat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import feedparser
import msgspec

from streams.sources.markup import plain
from streams.sources.settings import FeedSettings
from streams.sources.times import parse_time, rfc3339, settled

_MOST_TAGS = 100_000
_DEEPEST = 100
#: A tag of more than 8 KiB, in any width of letters: attributes beyond number take `xml.sax` quadratic time.
_LONG_TAG = re.compile(rb"<\0{0,3}[A-Za-z/][^>]{8192}")
_TITLE, _TEXT = 1_000, 10_000


class FeedError(Exception):
    """What came is no feed that can be taken; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed, as plain text.

    Attributes
    ----------
    id
        Of the entry itself, else its link, else a hash of its title: the same whenever it is fetched again.
    written
        When it was published, as the feed says; `None` where it does not, or cannot be read.
    """

    id: str
    written: datetime | None
    title: str
    text: str
    url: str = ""
    author: str = ""
    language: str = ""


def parse_feed(data: bytes, most: int) -> Sequence[Entry]:
    """Read at most `most` entries, in the feed's order. Broken XML is read as far as it can be.

    Raises
    ------
    FeedError
        If it is no feed, declares entities, or is nested or tagged beyond reason.
    """
    _check(data)
    try:
        read = feedparser.parse(BytesIO(data), response_headers={}, sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # a lax parser of broken input fails in many ways, none of which is ours to stop at
        raise FeedError(f"it cannot be read: {type(error).__name__}") from error
    if not read.get("version") and not read.entries:
        raise FeedError("it is neither RSS nor Atom")
    language = str(read.feed.get("language", ""))[:35]
    entries = (_entry(raw, language) for raw in read.entries[:most])
    return [entry for entry in entries if entry is not None]


def _check(data: bytes) -> None:
    if data.count(b"<") > _MOST_TAGS:
        raise FeedError(f"it has more than {_MOST_TAGS} tags")
    if _LONG_TAG.search(data):
        raise FeedError("it has a tag of more than 8 KiB")
    depth = [0]
    parser = xml.parsers.expat.ParserCreate()

    def deeper(*_: object) -> None:
        depth[0] += 1
        if depth[0] > _DEEPEST:
            raise FeedError(f"it is nested more than {_DEEPEST} deep")

    def higher(_: object) -> None:
        depth[0] -= 1

    def refused(*_: object) -> None:
        raise FeedError("it declares entities, which no feed needs")

    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = deeper, higher, refused
    try:
        parser.Parse(data, True)
    except (xml.parsers.expat.ExpatError, ValueError):  # broken, or in an encoding expat does not know
        return


def _entry(raw: Any, language: str) -> Entry | None:
    title = plain(_string(raw, "title"), _TITLE)
    bodies = raw.get("content")
    body = _string(raw, "summary") or (str(bodies[0].get("value", "")) if bodies else "")
    text = plain(body, _TEXT)
    if not title and not text:
        return None
    url = plain(_string(raw, "link"), 4000)
    own = _string(raw, "id")
    id_ = plain(own, 200) or url or f"{title}\0{text}"
    if len(own) > 200 or len(id_) > 200 or "\0" in id_:
        id_ = hashlib.sha256((own or id_).encode("utf-8", "surrogatepass")).hexdigest()
    return Entry(
        id=id_,
        written=parse_time(_string(raw, "published") or _string(raw, "updated") or _string(raw, "created")),
        title=title,
        text=text,
        url=url if url.startswith(("http://", "https://")) else "",
        author=plain(_string(raw, "author"), 200),
        language=language,
    )


def _string(raw: Any, name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def mention(entry: Entry, feed: FeedSettings, now: datetime, *, missing_offset: bool) -> bytes:
    """The mention of an entry, as JSON.

    Examples
    --------
    >>> from datetime import UTC
    >>> feed = FeedSettings(url="https://example.vn/rss", name="Báo A")
    >>> entry = Entry("1", None, "Lũ lên", "")
    >>> data = mention(entry, feed, datetime(2025, 10, 7, tzinfo=UTC), missing_offset=False)
    >>> msgspec.json.decode(data)["published_at"]
    '2025-10-07T00:00:00.000Z'
    """
    fields = {
        "id": entry.id,
        "published_at": rfc3339(settled(entry.written, now, missing_offset=missing_offset)),
        "source": {"kind": feed.kind, "name": feed.name},
        "title": entry.title,
        "text": entry.text,
        "url": entry.url,
        "author": entry.author,
        "language": entry.language or feed.language,
    }
    return msgspec.json.encode({name: value for name, value in fields.items() if value})
