"""The read stage: one batch of `mentions` in, one envelope for every `readings` partition and the dead letters out."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec

from streams.mentions import (
    DeadLetter,
    InvalidMention,
    RefusalReason,
    dead_letter,
    mark_of,
)
from streams.reading.gathering import MANY, Gathering
from streams.reading.reader import Reader, Seen, Sources
from streams.records import parse_batch
from streams.watching.envelopes import UNATTRIBUTED, Envelope, Reading, Source, SourceTotal, home
from streams.watching.flowing import pack

if TYPE_CHECKING:  # importing the transports imports Faust
    from streams.transports.batches import RecordLike


@dataclass(frozen=True, slots=True)
class ReadCounts:
    """What became of a batch's records.

    Parameters
    ----------
    mentions, negative
        Those read, and the negative ones.
    refused
        By reason (``bug`` among them).
    languages
        Texts read, by language.
    """

    mentions: int
    negative: int
    refused: Mapping[RefusalReason, int]
    languages: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What read hands on.

    Parameters
    ----------
    envelopes
        One for each `readings` partition, in their order.
    refused
        For `mentions.dead`.
    counts
        For the metrics.
    """

    envelopes: tuple[Envelope, ...]
    refused: tuple[DeadLetter, ...]
    counts: ReadCounts


class BatchReader(Protocol):
    """What the reading agent asks of a stage."""

    def read_batch(self, partition: int, start: int, end: int, records: Sequence[RecordLike], topic: str) -> ReadResult:
        """Read the records of `[start, end)`; nothing is raised, whatever they hold."""


class ReadStage:
    """Reads batches of a `mentions` partition.

    Parameters
    ----------
    reader
        Reads the mentions.
    readings_partitions
        How many envelopes a batch makes.
    replay
        Marks come from the publisher's mark records only; otherwise the last record's time is the mark.
    """

    def __init__(self, reader: Reader, readings_partitions: int, *, replay: bool) -> None:
        self._reader = reader
        self._partitions = readings_partitions
        self._replay = replay
        self._homes: dict[tuple[str, ...], tuple[int, ...]] = {}

    def read_batch(self, partition: int, start: int, end: int, records: Sequence[RecordLike], topic: str) -> ReadResult:
        """Read the records of `[start, end)`; nothing is raised, whatever they hold."""
        mark, final, rest = self._marks(records)
        sources = Sources()
        gathering, readings, refused = self._read(rest, sources, topic, partition)
        totals = _totals(readings, gathering)
        flow = pack(start, _seen(readings, gathering))
        numbered = tuple(Source(kind, name) for kind, name in sources.numbers)
        envelopes = tuple(
            Envelope(
                partition=partition,
                start=start,
                end=end,
                mark=mark,
                sources=numbered,
                totals=totals,
                readings=tuple(share),
                final=final,
                first=records[0].timestamp if records else 0,
                plain=gathering.columns(partial(self._is_home, number)) if gathering is not None else None,
                flow=flow,
            )
            for number, share in enumerate(self._shares(readings))
        )
        counts = ReadCounts(
            mentions=sum(total.mentions for total in totals),
            negative=sum(total.negative for total in totals),
            refused=Counter(letter.reason for letter in refused),
            languages=sources.languages,
        )
        return ReadResult(envelopes, tuple(refused), counts)

    def _marks(self, records: Sequence[RecordLike]) -> tuple[int, bool, list[RecordLike]]:
        """The batch's mark, whether it is the last, and the records that are mentions."""
        mark, final = (0, False) if self._replay or not records else (records[-1].timestamp, False)
        rest = []
        for record in records:
            noted = mark_of(record) if record.headers else None
            if noted is None:
                rest.append(record)
            elif self._replay:
                mark, final = max(mark, noted[0]), final or noted[1]
        return mark, final, rest

    def _read(
        self, records: Sequence[RecordLike], sources: Sources, topic: str, partition: int
    ) -> tuple[Gathering | None, list[Reading], list[DeadLetter]]:
        """All at once; if that raises, one by one, so that only the offender is lost, and not silently."""
        known = dict(sources.numbers)
        try:
            if len(records) >= MANY:
                return self._gather(records, sources, topic, partition)
            return (None, *self._attempt(records, sources, topic, partition))
        except Exception:  # noqa: BLE001 - Faust acknowledges what an agent raised on: nothing may leave it
            sources.numbers = known
            sources.languages.clear()
        readings: list[Reading] = []
        refused: list[DeadLetter] = []
        for record in records:
            known, languages = dict(sources.numbers), sources.languages.copy()
            try:
                one, letters = self._attempt([record], sources, topic, partition)
            except Exception as error:  # noqa: BLE001 - becomes a dead letter with its traceback
                sources.numbers, sources.languages = known, languages
                bug = InvalidMention(RefusalReason.BUG, f"{type(error).__name__} while reading", topic, partition)
                refused.append(dead_letter(record, bug, traceback.format_exc()))
            else:
                readings += one
                refused += letters
        return None, readings, refused

    def _gather(
        self, records: Sequence[RecordLike], sources: Sources, topic: str, partition: int
    ) -> tuple[Gathering, list[Reading], list[DeadLetter]]:
        """Read many: only what is negative needs a record of its own."""
        gathering = Gathering(self._reader, sources)
        # Claims are looked for in every text, so that none may be counted unread.
        left = gathering.take(records) if self._reader.claims is None else records
        readings, refused = self._attempt(left, sources, topic, partition)
        for reading in readings:
            if not _is_carried(reading):
                gathering.add(reading)
        return gathering, [reading for reading in readings if _is_carried(reading)], refused

    def _attempt(
        self, records: Sequence[RecordLike], sources: Sources, topic: str, partition: int
    ) -> tuple[list[Reading], list[DeadLetter]]:
        mentions, refused = parse_batch(records, self._reader.register.codes)
        for record, error in refused:
            error.topic, error.partition, error.offset = topic, partition, record.offset
        batch = [Seen(record.offset, record.timestamp, mention) for record, mention in mentions]
        return self._reader.read(batch, sources), [dead_letter(record, error) for record, error in refused]

    def _shares(self, readings: Sequence[Reading]) -> list[list[Reading]]:
        """The readings that each `readings` partition watches."""
        shares: list[list[Reading]] = [[] for _ in range(self._partitions)]
        for reading in readings:
            organisations = reading.organisations
            if reading.suspected is not None and reading.counts != 1:
                for number in self._homes_of((*organisations, reading.suspected.organisation)):
                    shares[number].append(reading)
                continue
            if not organisations:
                if reading.counts != 1:
                    continue
                organisations = (UNATTRIBUTED,)
                reading = msgspec.structs.replace(reading, organisations=organisations)  # noqa: PLW2901 - same reading
            if reading.suspected is not None:
                organisations = (*organisations, reading.suspected.organisation)
            for number in self._homes_of(organisations):
                shares[number].append(reading)
        return shares

    def _is_home(self, number: int, organisations: tuple[str, ...]) -> bool:
        return number in self._homes_of(organisations)

    def _homes_of(self, organisations: tuple[str, ...]) -> tuple[int, ...]:
        homes = self._homes.get(organisations)
        if homes is None:
            homes = tuple(sorted({home(code, self._partitions) for code in organisations}))
            if len(self._homes) < 10_000:
                self._homes[organisations] = homes
        return homes


def _is_carried(reading: Reading) -> bool:
    """Whether it travels with what is shown of it."""
    return reading.counts == 1 or reading.suspected is not None


def _seen(readings: Sequence[Reading], gathering: Gathering | None) -> list[tuple[int, int, int, bool]]:
    """Offset, seen_at, source and whether negative of every mention, in the order of offsets."""
    seen = [(one.offset, one.seen_at, one.source, one.counts == 1) for one in readings]
    return seen if gathering is None else sorted([*seen, *gathering.seen()])


def _totals(readings: Sequence[Reading], gathering: Gathering | None) -> tuple[SourceTotal, ...]:
    """What each source sent, in the order of their numbers."""
    mentions = Counter(reading.source for reading in readings)
    mentions.update(gathering.totals() if gathering is not None else ())
    negative = Counter(reading.source for reading in readings if reading.counts == 1)
    return tuple(SourceTotal(number, mentions[number], negative[number]) for number in sorted(mentions))
