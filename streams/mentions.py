"""The wire record: bytes -> `Mention`, or `InvalidMention` and why; identity, marks of replays, dead letters."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from streams.masking import masked, masked_record
from streams.reading.masks import mask

if TYPE_CHECKING:  # importing the transports imports Faust, which half of our users (`read`, `backtest`) do not need
    from streams.transports.batches import NewRecord, RecordLike

#: A mention published longer than this after it was seen is refused.
FUTURE_TOLERANCE = timedelta(minutes=10)
MAX_TEXT_BYTES = 64 * 1024
MAX_RECORD_BYTES = 1024 * 1024
DEAD_LETTER_BYTES = 4096

#: Headers of a mark record, which only the publisher of a replay writes: ASCII milliseconds; ``1`` at the end.
MARK_HEADER = "canhbao-mark"
FINAL_HEADER = "canhbao-final"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
END_OF_TIME = (datetime(2101, 1, 1, tzinfo=UTC) - _EPOCH) // _MILLISECOND
FUTURE_MS = FUTURE_TOLERANCE // _MILLISECOND


class RefusalReason(StrEnum):
    """Why a mention is refused; a closed set, used as a metric's label. `BUG` is ours, the rest the sender's."""

    NOT_JSON = "not_json"
    NOT_OBJECT = "not_object"
    TOO_LARGE = "too_large"
    CHARACTERS = "characters"
    ID = "id"
    TIME = "time"
    FUTURE = "future"
    SOURCE = "source"
    NO_TEXT = "no_text"
    TEXT_TOO_LONG = "text_too_long"
    SENTIMENT = "sentiment"
    NUMBER = "number"
    ORGANISATION = "organisation"
    FIELD = "field"
    UNREADABLE = "unreadable"
    BUG = "bug"


class InvalidMention(ValueError):  # noqa: N818 - it reads as what it is: a mention that is not valid
    """A record that is not a mention.

    Parameters
    ----------
    reason
        From the closed set.
    detail
        One sentence that says what is wrong.
    topic, partition, offset
        Where it lies; filled by the caller that knows.
    """

    def __init__(
        self, reason: RefusalReason, detail: str, topic: str = "", partition: int = -1, offset: int = -1
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.topic = topic
        self.partition = partition
        self.offset = offset


SourceKind = Literal["news", "facebook", "tiktok", "youtube", "zalo", "forum", "web", "other", "observation"]
_Count = Annotated[int, Meta(ge=0, le=2**53)]


class MentionSource(msgspec.Struct, frozen=True, gc=False):
    """Where a mention was published."""

    kind: SourceKind
    name: Annotated[str, Meta(min_length=1, max_length=300)]


class Mention(msgspec.Struct, frozen=True, gc=False):
    """One published text that may name organisations. Field by field as the README lists them; unknown fields pass."""

    id: Annotated[str, Meta(min_length=1, max_length=512)]
    published: Annotated[datetime, Meta(tz=True)] = msgspec.field(name="published_at")
    source: MentionSource
    title: Annotated[str, Meta(max_length=MAX_TEXT_BYTES)] | None = None
    text: Annotated[str, Meta(max_length=MAX_TEXT_BYTES)] | None = None
    url: Annotated[str, Meta(max_length=4096)] | None = None
    language: Annotated[str, Meta(max_length=64)] | None = None
    author: Annotated[str, Meta(max_length=512)] | None = None
    location: Annotated[str, Meta(max_length=512)] | None = None
    reach: _Count | None = None
    engagement: _Count | None = None
    sentiment: Annotated[float, Meta(ge=-1, le=1)] | None = None
    organisations: Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=64)] | None = None

    @property
    def published_at(self) -> int:
        """Milliseconds since 1970 UTC, rounded down."""
        return (self.published - _EPOCH) // _MILLISECOND


_decode = msgspec.json.Decoder(Mention).decode
_encode_json = msgspec.json.Encoder().encode


def parse(data: bytes | None, known: frozenset[str], seen_at: int | None = None) -> Mention:
    """Decode and validate one mention; what tells a person in its title and text is masked (`streams.reading.masks`).

    Parameters
    ----------
    data
        JSON.
    known
        Codes that `organisations` may name.
    seen_at
        The log's time in milliseconds; `None` (not yet appended) skips the check for mentions of the future.

    Raises
    ------
    InvalidMention
        And nothing else, whatever the bytes.

    Examples
    --------
    >>> line = b'{"id": "1", "published_at": "2025-10-07T09:00:00+07:00", "source": {"kind": "web", "name": "a"}, '
    >>> parse(line + b'"title": "x"}', frozenset()).published.isoformat()
    '2025-10-07T09:00:00+07:00'
    >>> parse(line + b'"title": ""}', frozenset())
    Traceback (most recent call last):
    ...
    streams.mentions.InvalidMention: there is neither a title nor a text
    """
    if data is None or len(data) > MAX_RECORD_BYTES:
        raise _size_refusal(data)
    try:
        mention = _decode(data)
    except (ValueError, RecursionError) as error:  # msgspec's errors and UnicodeDecodeError are ValueErrors
        mention = _second_look(data, error)
    _check(mention, data, known, seen_at)
    return masked(mention)


def _check(mention: Mention, data: bytes, known: frozenset[str], seen_at: int | None) -> None:
    """What the types cannot say."""
    published_at = mention.published_at
    if not 0 <= published_at < END_OF_TIME:
        raise InvalidMention(RefusalReason.TIME, "published_at must lie in the years 1970 to 2100")
    if seen_at is not None and published_at > seen_at + FUTURE_MS:
        raise InvalidMention(RefusalReason.FUTURE, "published_at is more than 10 minutes after the mention was seen")
    title, text = mention.title or "", mention.text or ""
    if not title and not text:
        raise InvalidMention(RefusalReason.NO_TEXT, "there is neither a title nor a text")
    if len(title) + len(text) > MAX_TEXT_BYTES // 4 and len((title + text).encode()) > MAX_TEXT_BYTES:
        raise InvalidMention(RefusalReason.TEXT_TOO_LONG, "title and text together must not exceed 64 KiB")
    if b"\\u0000" in data and any("\0" in part for part in _strings(mention)):
        raise InvalidMention(RefusalReason.CHARACTERS, "a field contains the character NUL")
    if mention.id.isspace():
        raise InvalidMention(RefusalReason.ID, "id must not be blank")
    if mention.source.name.isspace():
        raise InvalidMention(RefusalReason.SOURCE, "source.name must not be blank")
    if mention.organisations and not known.issuperset(mention.organisations):
        unknown = next(code for code in mention.organisations if code not in known)
        raise InvalidMention(
            RefusalReason.ORGANISATION,
            f"organisation code {unknown!r} is not in the register; see `canhbao organisations`",
        )


def _strings(mention: Mention) -> list[str]:
    fields = (mention.id, mention.source.name, mention.title, mention.text, mention.url)
    more = (mention.language, mention.author, mention.location, *(mention.organisations or ()))
    return [value for value in (*fields, *more) if value]


def _size_refusal(data: bytes | None) -> InvalidMention:
    if data is None:
        return InvalidMention(RefusalReason.NOT_JSON, "the record is empty")
    return InvalidMention(RefusalReason.TOO_LARGE, f"the record has {len(data)} bytes, more than 1 MiB")


_LEAP = re.compile(rb'("published_at"\s*:\s*"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}):60((?:\.[0-9]+)?[^"]*")')
_NOT_FINITE = re.compile(rb'"sentiment"\s*:\s*[+-]?(?:NaN|Infinity|Inf)', re.IGNORECASE)
_LONE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])")
_PATH = re.compile(r" - at `\$\.(\w+)")
_MISSING = re.compile(r"missing required field `(\w+)`(?: - at `\$\.(\w+)`)?")
_REASONS = {
    "id": RefusalReason.ID,
    "published_at": RefusalReason.TIME,
    "source": RefusalReason.SOURCE,
    "title": RefusalReason.TEXT_TOO_LONG,
    "text": RefusalReason.TEXT_TOO_LONG,
    "sentiment": RefusalReason.SENTIMENT,
    "reach": RefusalReason.NUMBER,
    "engagement": RefusalReason.NUMBER,
    "organisations": RefusalReason.ORGANISATION,
}


def _second_look(data: bytes, error: Exception) -> Mention:
    """A leap second is a time (the next second's); everything else msgspec does not take is refused with its reason."""
    if _field(str(error)) == "published_at":
        leap = _LEAP.search(data)
        if leap is not None:
            try:
                mention = _decode(data[: leap.start()] + leap[1] + b":59" + leap[2] + data[leap.end() :])
                instant = mention.published.astimezone(UTC)
                if (instant.hour, instant.minute) == (23, 59):
                    after = instant.replace(microsecond=0) + timedelta(seconds=1)
                    return msgspec.structs.replace(mention, published=after)
            except (ValueError, RecursionError) as other:
                raise _refusal(data, other) from other
            except OverflowError as other:  # in UTC it lies before the year 1 or after 9999
                raise _refusal(data, error) from other
    raise _refusal(data, error) from error


def _field(message: str) -> str:
    missing = _MISSING.search(message)
    if missing is not None:
        return missing[2] or missing[1]
    path = _PATH.search(message)
    return path[1] if path is not None else ""


def _refusal(data: bytes, error: Exception) -> InvalidMention:
    message = str(error)
    if isinstance(error, msgspec.ValidationError):
        field = _field(message)
        if not field:
            return InvalidMention(RefusalReason.NOT_OBJECT, f"a mention is a JSON object: {_sentence(message)}")
        reason = _REASONS.get(field, RefusalReason.FIELD)
        if reason is RefusalReason.TEXT_TOO_LONG and "length" not in message:
            reason = RefusalReason.FIELD
        return InvalidMention(reason, f"{field}: {_sentence(message)}")
    if isinstance(error, UnicodeDecodeError) or "surrogate" in message or _LONE.search(data):
        return InvalidMention(RefusalReason.CHARACTERS, "the text is not valid UTF-8, or has a lone surrogate")
    if isinstance(error, RecursionError):
        return InvalidMention(RefusalReason.NOT_JSON, "the JSON is nested too deeply")
    if _NOT_FINITE.search(data):
        return InvalidMention(RefusalReason.SENTIMENT, "sentiment must be a finite number")
    return InvalidMention(RefusalReason.NOT_JSON, _sentence(message))


def _sentence(message: str) -> str:
    """Of msgspec's message, which quotes a wrong enum value, what is neither long nor steers the reader's terminal."""
    shown = "".join(sign if sign.isprintable() else " " for sign in message[:301])
    return shown if len(shown) <= 300 else shown[:300] + "…"


def identity(kind: str, name: str, mention_id: str) -> bytes:
    """16 bytes that tell mentions apart: BLAKE2b of source kind, source name and id (none of which holds a NUL).

    Examples
    --------
    >>> identity("news", "a", "1") == identity("news", "a", "1") != identity("news", "a1", "")
    True
    """
    return hashlib.blake2b(f"{kind}\0{name}\0{mention_id}".encode(), digest_size=16).digest()


def identity_of(mention: Mention) -> bytes:
    """`identity` of a parsed mention."""
    return identity(mention.source.kind, mention.source.name, mention.id)


def partition_of(mention_identity: bytes, partitions: int) -> int:
    """Partition of `mentions` for a mention: the same one whenever it is sent again.

    Examples
    --------
    >>> partition_of(identity("news", "a", "1"), 1)
    0
    """
    return zlib.crc32(mention_identity) % partitions


def mark_record(mark: int = 0, *, final: bool = False) -> NewRecord:
    """The record with which a replay's publisher says: everything seen before `mark` (ms) is in the log.

    In a live run a worker appends one to an idle partition, for the time that the log stamps it with.
    """
    from streams.transports.batches import NewRecord  # noqa: PLC0415 - imports Faust; see above

    headers = [(MARK_HEADER, b"%d" % mark)]
    if final:
        headers.append((FINAL_HEADER, b"1"))
    return NewRecord(value=b"", headers=tuple(headers), timestamp=mark)


def mark_of(record: RecordLike) -> tuple[int, bool] | None:
    """Mark and whether it is the last, if `record` is a mark record."""
    if not record.headers:
        return None
    headers: dict[str, Any] = dict(record.headers)
    mark = headers.get(MARK_HEADER)
    if not isinstance(mark, bytes) or not mark.isdigit() or len(mark) > 15:
        return None
    return int(mark), FINAL_HEADER in headers


class DeadLetter(msgspec.Struct, frozen=True):
    """A record that was refused: why, where it lies, and its first 4 KiB, masked and without an author.

    Attributes
    ----------
    encoding
        Of `data`: ``utf-8``, or ``base64`` where the bytes are no text.
    size
        Bytes of the whole record.
    traceback
        Only for ``bug``.
    """

    reason: RefusalReason
    detail: str
    topic: str
    partition: int
    offset: int
    seen_at: int
    encoding: Literal["utf-8", "base64"]
    data: str
    size: int
    traceback: str = ""


def dead_letter(record: RecordLike, error: InvalidMention, traceback: str = "") -> DeadLetter:
    """A dead letter for `record`; the coordinates are the error's."""
    value = masked_record(record.value or b"")
    encoding, data = _printable(value[:DEAD_LETTER_BYTES], cut=len(value) > DEAD_LETTER_BYTES)
    return DeadLetter(
        reason=error.reason,
        detail=mask(error.detail),
        topic=error.topic,
        partition=error.partition,
        offset=record.offset,
        seen_at=record.timestamp,
        encoding=encoding,
        data=data,
        size=len(record.value or b""),
        traceback=mask(traceback),
    )


def unreadable_letter(topic: str, partition: int, offset: int, detail: str) -> DeadLetter:
    """A dead letter for what the log itself cannot give back: its place, and nothing of it."""
    return DeadLetter(RefusalReason.UNREADABLE, detail, topic, partition, offset, 0, "utf-8", "", 0)


def _printable(data: bytes, *, cut: bool) -> tuple[Literal["utf-8", "base64"], str]:
    for shorter in range(4 if cut else 1):  # the cut may go through a character
        try:
            return "utf-8", data[: len(data) - shorter].decode()
        except UnicodeDecodeError:
            continue
    return "base64", base64.b64encode(data).decode()


def encode_dead_letter(letter: DeadLetter) -> bytes:
    """JSON bytes of a `mentions.dead` record."""
    return _encode_json(letter)
