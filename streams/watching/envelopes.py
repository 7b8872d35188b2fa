"""What read hands to watch: readings, totals by source and a mark, in one record a batch and readings partition."""

import zlib

import msgspec

from streams.watching.columns import Columns
from streams.watching.flowing import Flow

#: Organisation code under which negative mentions that name no registered body are counted.
UNATTRIBUTED = "_unattributed"
#: How it is called to people.
UNATTRIBUTED_NAME = "Chưa rõ cơ quan"
#: Organisation code under which operators are told of feeds that fall silent, and how it is called to people.
FEEDS = "_feeds"
FEEDS_NAME = "Nguồn tin"


#: What a body may be in a text, from the weakest to the strongest.
ROLES = ("mentioned", "responsible", "rescuing", "blamed")


#: What a negative mention tells.
BLAME, EVENT = 1, 2


class Source(msgspec.Struct, array_like=True, frozen=True):
    """Where a mention was published."""

    kind: str
    name: str


class Suspected(msgspec.Struct, array_like=True, frozen=True):
    """What a mention is suspected of; see `alerts.model.Suspicion`. `organisation` is told of it."""

    why: str
    claim: str
    organisation: str
    text: str
    rebuttal: str = ""
    url: str = ""


class Reading(msgspec.Struct, array_like=True, frozen=True):
    """A mention as read, without any identity of its author.

    Attributes
    ----------
    offset
        In its `mentions` partition.
    seen_at, published_at
        Milliseconds since 1970 UTC.
    identity
        16 bytes: BLAKE2b of source kind, source name and id; the same mention sent twice has the same.
    id
        The mention's id at its source.
    source
        Index into `Envelope.sources`.
    organisations
        Codes with their ancestors, sorted; `UNATTRIBUTED` alone where none was found.
    negative, positive
        Probabilities in [0, 1].
    counts
        1 when `negative` reached the threshold of its kind of source, -1 when `positive` did, else 0.
    voice
        64-bit key of the author of that UTC day, 0 if none was given.
    fingerprint
        First half of the SimHash of the normalised text, 0 if it has no words.
    title, url
        What is shown of it; only with `counts` == 1, otherwise empty. At most 300 and 500 characters.
    roles
        Of `organisations`, in their order: indices into `ROLES`; empty where all are only mentioned.
    suspected
        The listed claim that the text seems to make; title and url are then shown whatever `counts` is.
    fingerprint_more
        The second half of the SimHash, 0 as the first.
    former
        Names used in it that were former ones when it was seen: pairs of the code responsible now, and the name.
    tells
        What a negative one tells: `BLAME` of a public body, or that something bad happened (`EVENT`); 0 where nobody
        knows, and of those that are not negative.
    """

    offset: int
    seen_at: int
    published_at: int
    identity: bytes
    id: str
    source: int
    organisations: tuple[str, ...]
    negative: float
    positive: float
    counts: int
    voice: int = 0
    fingerprint: int = 0
    title: str = ""
    url: str = ""
    roles: tuple[int, ...] = ()
    former: tuple[tuple[str, str], ...] = ()
    fingerprint_more: int = 0
    suspected: Suspected | None = None
    tells: int = 0


def roles_of(reading: Reading) -> tuple[int, ...]:
    """The role of each of the reading's organisations.

    Examples
    --------
    >>> roles_of(Reading(0, 0, 0, b"", "a", 0, ("19", "BYT"), 0.9, 0.0, 1))
    (0, 0)
    """
    return reading.roles or (0,) * len(reading.organisations)


class SourceTotal(msgspec.Struct, array_like=True, frozen=True):
    """What one source sent in one batch: all its mentions, and the negative ones."""

    source: int
    mentions: int
    negative: int


class Envelope(msgspec.Struct, array_like=True, frozen=True, tag="envelope/1"):
    """One `readings` record: a batch of `mentions` partition `partition`, offsets `[start, end)`.

    Attributes
    ----------
    mark
        Milliseconds: every record of `partition` seen before it is in this envelope or an earlier one.
    final
        The replay's publisher has said there is no more of this partition.
    first
        When the batch's first record was seen, in milliseconds, whether it was a mention, a mark or was refused; 0
        where the batch has no record. Baselines begin at the smallest, so that they do not depend on how `readings`
        is cut.
    plain
        Readings that are not negative, by columns, where there are many: what is left of them is in `readings`.
    flow
        From which sources the mentions of the whole batch came, those too that are watched elsewhere.
    """

    partition: int
    start: int
    end: int
    mark: int
    sources: tuple[Source, ...] = ()
    totals: tuple[SourceTotal, ...] = ()
    readings: tuple[Reading, ...] = ()
    final: bool = False
    first: int = 0
    plain: Columns | None = None
    flow: Flow | None = None


class Without(msgspec.Struct, array_like=True, frozen=True, tag="without/1"):
    """Watch's own note in its `readings` partition: ticks do not wait for `partition` until it speaks again."""

    partition: int
    watermark: int


class Partitions(msgspec.Struct, array_like=True, frozen=True, tag="partitions/1"):
    """How many `mentions` partitions there are from `since` (milliseconds of seen_at, a whole minute) on."""

    count: int
    since: int


class Marks(msgspec.Struct, array_like=True, frozen=True, tag="marks/1"):
    """Marks of idle `mentions` partitions, several in one record: triples of partition, offset reached, mark."""

    idle: tuple[tuple[int, int, int], ...]

    def envelopes(self) -> tuple[Envelope, ...]:
        """The same as envelopes without readings.

        Examples
        --------
        >>> Marks(((3, 17, 5000),)).envelopes()[0].mark
        5000
        """
        return tuple(Envelope(partition, offset, offset, mark) for partition, offset, mark in self.idle)


class Adopt(msgspec.Struct, array_like=True, frozen=True, tag="adopt/1"):
    """What is watched, and how, from `since` (milliseconds of seen_at, a whole minute) on.

    Attributes
    ----------
    names
        Of all organisations, by code.
    detection
        The detection policy as JSON.
    """

    since: int
    names: dict[str, str]
    detection: bytes


ReadingsRecord = Envelope | Without | Partitions | Marks | Adopt

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[ReadingsRecord] = msgspec.msgpack.Decoder(ReadingsRecord)


def encode(record: ReadingsRecord) -> bytes:
    """Bytes of a `readings` record.

    Examples
    --------
    >>> decode(encode(Without(partition=2, watermark=1000)))
    Without(partition=2, watermark=1000)
    """
    return _encoder.encode(record)


def decode(data: bytes) -> ReadingsRecord:
    """Read a `readings` record. Raises `msgspec.DecodeError` (`ValidationError` among them) on anything else."""
    return _decoder.decode(data)


def home(organisation: str, partitions: int) -> int:
    """`readings` partition in which an organisation is watched.

    Examples
    --------
    >>> home("19", 1), home("19", 4) == home("19", 4)
    (0, True)
    """
    return zlib.crc32(organisation.encode()) % partitions
