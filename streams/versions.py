"""Versions: what reading and watching follow, kept in `control` with the minute from which each holds.

A version carries everything that can be changed without changing the program: the own register files, the thresholds
and the detection policy. So a worker that reads old mentions again reads them as they were read the first time.
"""

import hashlib
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from alerts.claims import Claim
from detectors.policy import Policy
from streams.claim_records import claims_in, in_force
from streams.lessons import LessonRecord, encode_lesson, lesson_key, lessons_in
from streams.log import Log, LogError, UnknownTopicError
from streams.reading.register import Register
from streams.reading.sentiment_table import shipped
from streams.settings import StreamSettings
from streams.snapshots import newest_values
from streams.theme_records import decisions_in, lines_of
from streams.topics import Topics
from streams.transports.batches import NewRecord
from streams.watching.envelopes import Adopt, Partitions, encode

MINUTE_MS = 60_000
#: How long before it holds a version is announced: every worker has read `control` by then.
NOTICE_MS = 60_000
#: Register file of the themes that officers accepted; it comes from `control`, not from a directory.
ACCEPTED = "organisations-accepted-themes.tsv"


class Version(msgspec.Struct, frozen=True):
    """What holds from `since` on (milliseconds of seen_at, a whole minute).

    Attributes
    ----------
    digest
        Of everything below and of the bundled register.
    names
        Of all that is watched, by code.
    register
        Own register files by name; the bundled ones are part of the program.
    thresholds, detection
        As in the settings.
    claims
        Known to be false, as officers listed them.
    sentiment
        ``lexicon``, or ``model`` with the digest of its table; what was read before there was one, was read by lexicon.
    abroad, observed
        As in the settings.
    """

    since: int
    digest: str
    names: dict[str, str]
    register: dict[str, str]
    thresholds: dict[str, float]
    detection: dict[str, Any]
    claims: tuple[Claim, ...] = ()
    sentiment: str = "lexicon"
    abroad: str = ""
    observed: str = ""

    def policy(self) -> Policy:
        """The detection policy of this version."""
        return msgspec.convert(self.detection, Policy)

    def load_register(self) -> Register:
        """The register of this version. Raises `RegisterError`."""
        if not self.register:
            return Register.load(None)
        with tempfile.TemporaryDirectory() as directory:
            for name, text in self.register.items():
                (Path(directory) / Path(name).name).write_text(text, encoding="utf-8")
            return Register.load(directory)


def current(settings: StreamSettings, register: Register, since: int, accepted: str = "") -> Version:
    """The version that `settings` and `register` describe.

    Parameters
    ----------
    accepted
        Lines of the themes that officers accepted; see `streams.themes`.

    Examples
    --------
    >>> version = current(StreamSettings(), Register.load(), since=0)
    >>> version.policy() == StreamSettings().detection
    True
    """
    own = settings.register_directory
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(own.glob("*.tsv"))} if own else {}
    made = Version(
        since,
        "",
        {},
        files,
        dict(settings.negative_threshold),
        asdict(settings.detection),
        sentiment=f"model {shipped().digest}" if settings.sentiment == "model" else "lexicon",
        abroad=settings.abroad,
        observed=settings.observed,
    )
    return with_accepted(made, accepted) if accepted else _of(made, register)


def with_accepted(version: Version, accepted: str) -> Version:
    """`version` with the accepted themes in its register. Raises `RegisterError` where they do not fit."""
    made = msgspec.structs.replace(version, register=version.register | {ACCEPTED: accepted})
    return _of(made, made.load_register())


def with_claims(version: Version, claims: tuple[Claim, ...]) -> Version:
    """`version` with these claims in force."""
    return _of(msgspec.structs.replace(version, claims=claims), version.load_register())


def _of(version: Version, register: Register) -> Version:
    """`version` with the names of its register, and its digest."""
    content: list[object] = [register.digest, version.register, version.thresholds, version.detection]
    if version.claims:
        content.append(version.claims)
    content += [version.sentiment, version.abroad, version.observed]
    digest = hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()
    names = {body.code: body.name for body in register.organisations()}
    return msgspec.structs.replace(version, names=names, digest=digest)


async def known_versions(log: Log, topics: Topics) -> list[Version]:
    """All versions of the run, in the order in which they hold."""
    values = await newest_values(log, topics.control, 0)
    try:
        versions = [msgspec.json.decode(v, type=Version) for key, v in values.items() if key.startswith(b"version/")]
    except msgspec.DecodeError as error:
        raise LogError(f"the topic {topics.control} holds a version that cannot be read: {error}") from error
    return sorted(versions, key=lambda version: version.since)


async def known_lessons(log: Log, topics: Topics) -> list[LessonRecord]:
    """All lessons of the run, in the order in which they hold. Raises `LogError`."""
    values = await newest_values(log, topics.control, 0)
    try:
        return lessons_in(values)
    except msgspec.DecodeError as error:
        raise LogError(f"the topic {topics.control} holds a lesson that cannot be read: {error}") from error


_TAKEN = b"lessons-taken"


async def settle_lessons(log: Log, settings: StreamSettings, now: int) -> list[LessonRecord]:
    """The lessons of this run; a replay takes those of the live run that count at its first start, and keeps them."""
    topics = Topics(settings.run)
    if settings.replay and _TAKEN not in await newest_values(log, topics.control, 0):
        try:
            live = await known_lessons(log, Topics(""))
        except UnknownTopicError:  # nothing live was ever run on this log
            live = []
        taken = [msgspec.structs.replace(one, since=0, until=0) for one in live if one.counts_at(now)]
        records = [NewRecord(encode_lesson(one), key=lesson_key(one.lesson.id)) for one in taken]
        await log.append(topics.control, 0, [*records, NewRecord(b"{}", key=_TAKEN)])
    return await known_lessons(log, topics)


class VersionReader:
    """Reads the run's versions again where there may be new ones.

    Parameters
    ----------
    log
        Started client.
    topics
        Of the run.
    """

    def __init__(self, log: Log, topics: Topics) -> None:
        self._log = log
        self._topics = topics
        self._end = -1
        self._versions: list[Version] = []
        self._lessons: list[LessonRecord] = []

    async def versions(self) -> list[Version]:
        """All versions that are announced by now, in the order in which they hold. Raises `LogError`."""
        await self._renew()
        return self._versions

    async def lessons(self) -> list[LessonRecord]:
        """All lessons of the model that are announced by now. Raises `LogError`."""
        await self._renew()
        return self._lessons

    async def _renew(self) -> None:
        _, end = await self._log.bounds(self._topics.control, 0)
        if end != self._end:
            self._versions = await known_versions(self._log, self._topics)
            self._lessons = await known_lessons(self._log, self._topics)
            self._end = end


async def accepted_themes(log: Log, topics: Topics) -> str:
    """Lines of the register file of the accepted themes; empty where there are none. Raises `LogError`."""
    values = await newest_values(log, topics.control, 0)
    return lines_of(decisions_in(values))


async def with_accepted_themes(log: Log, topics: Topics, settings: StreamSettings, register: Register) -> Register:
    """The register with the themes that officers accepted. Raises `LogError`, `RegisterError`."""
    accepted = await accepted_themes(log, topics)
    return current(settings, register, 0, accepted).load_register() if accepted else register


async def announce(log: Log, topics: Topics, version: Version, readings: int) -> None:
    """Make a version known: to every `readings` partition (the first is what watch begins with), then in `control`."""
    if version.since:
        adopt = encode(Adopt(version.since, version.names, msgspec.json.encode(version.detection)))
        for partition in range(readings):
            await log.append(topics.readings, partition, [NewRecord(adopt)])
    key = f"version/{version.since}".encode()
    await log.append(topics.control, 0, [NewRecord(msgspec.json.encode(version), key=key)])


async def settle(
    log: Log, settings: StreamSettings, register: Register, readings: int, now: int
) -> tuple[list[Version], str | None]:
    """Announce this worker's version where it is new.

    Parameters
    ----------
    readings
        Number of `readings` partitions.
    now
        Milliseconds since 1970 UTC.

    Returns
    -------
    All versions of the run, and a sentence for the operator where something is to be known about the newest.
    """
    topics = Topics(settings.run)
    versions = await known_versions(log, topics)
    mine = current(settings, register, 0, await accepted_themes(log, topics))
    claims = in_force(claims_in(await newest_values(log, topics.control, 0)))
    if claims:
        mine = with_claims(mine, claims)
    if not versions:
        await announce(log, topics, mine, readings)
        return [mine], None
    if versions[-1].digest == mine.digest:
        return versions, None
    if settings.replay:
        return versions, "this replay run keeps the register and settings of its first start; a new run takes the new"
    since = next_minute(max(now, versions[-1].since))
    fresh = msgspec.structs.replace(mine, since=since)
    await announce(log, topics, fresh, readings)
    return [*versions, fresh], "register or settings have changed: the new ones hold from the minute after next"


class Cut(msgspec.Struct, frozen=True):
    """How many `mentions` partitions there are from `since` on (milliseconds of seen_at, a whole minute)."""

    count: int
    since: int


async def settle_partitions(
    log: Log, settings: StreamSettings, readings: int, now: int, *, count: int | None = None
) -> int | None:
    """Tell every `readings` partition how many `mentions` partitions there are, where that is new.

    Parameters
    ----------
    readings
        Number of `readings` partitions.
    now
        Milliseconds since 1970 UTC.
    count
        How many there will be, before they are there; as many as there are unless told.

    Returns
    -------
    From when on the newest number holds (milliseconds); `None` where that was told before and lies in the past.
    """
    topics = Topics(settings.run)
    count = await log.partitions(topics.mentions) if count is None else count
    known = (await newest_values(log, topics.control, 0)).get(b"partitions")
    before = msgspec.json.decode(known, type=Cut) if known is not None else None
    if before is not None and before.count >= count:
        return before.since if before.since > now else None
    since = 0 if before is None else next_minute(now)
    for partition in range(readings):
        await log.append(topics.readings, partition, [NewRecord(encode(Partitions(count, since)))])
    await log.append(topics.control, 0, [NewRecord(msgspec.json.encode(Cut(count, since)), key=b"partitions")])
    return since or None


def next_minute(now: int) -> int:
    """The first whole minute that every worker has heard of in time."""
    return -(-(now + NOTICE_MS) // MINUTE_MS) * MINUTE_MS
