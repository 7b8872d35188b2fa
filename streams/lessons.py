"""Lessons as records of `control`, and the weights they come to at a minute. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from alerts.teaching import Lesson
from streams.reading.sentiment_features import ROWS
from streams.reading.sentiment_model import HEADS, UNIT, Delta

_PREFIX = b"lesson/"
_encoder = msgspec.json.Encoder(order="deterministic")
#: The lessons of one token, and all together, move no weight further than this from the trained one.
OF_ONE, OF_ALL = 4 * UNIT, 8 * UNIT
#: The newest so many lessons count; what is older belongs into the next training.
COUNTED = 5_000


class LessonRecord(msgspec.Struct, frozen=True):
    """A lesson with what it changes: hashed rows, sorted, and amounts. No text, and no order of its words.

    Attributes
    ----------
    since, until
        From when to when it counts: milliseconds of seen_at, whole minutes; `until` is 0 while it counts.
    rows, amounts
        32-bit row numbers, and 16-bit amounts of the heads one after the other, little-endian.
    """

    lesson: Lesson
    since: int
    until: int
    rows: bytes
    amounts: bytes

    def delta(self) -> Delta:
        """What it changes."""
        rows = np.frombuffer(self.rows, dtype="<i4").astype(np.int32)
        return Delta(rows, np.frombuffer(self.amounts, dtype="<i2").reshape(HEADS, len(rows)).astype(np.int16))

    def counts_at(self, seen_at: int) -> bool:
        """Whether mentions seen then are read with it."""
        return self.since <= seen_at and not (self.until and self.until <= seen_at)


def lesson_key(id_: str) -> bytes:
    """Key of a lesson's record."""
    return _PREFIX + id_.encode()


def encode_lesson(record: LessonRecord) -> bytes:
    """Bytes of a record."""
    return _encoder.encode(record)


def lessons_in(values: Mapping[bytes, bytes]) -> list[LessonRecord]:
    """The lessons among the newest values of `control`, in order. Raises `msgspec.DecodeError`."""
    found = [msgspec.json.decode(value, type=LessonRecord) for key, value in values.items() if key.startswith(_PREFIX)]
    return sorted(found, key=lambda record: (record.since, record.lesson.id))


def minutes(records: Iterable[LessonRecord]) -> list[int]:
    """When anything changes, in order."""
    return sorted({at for one in records for at in (one.since, one.until) if at and one.since != one.until})


def delta_at(records: Sequence[LessonRecord], seen_at: int) -> list[Delta]:
    """What all lessons come to at `seen_at`: each token's held within `OF_ONE`, their sum within `OF_ALL`.

    Sums of integers: the order of the lessons does not matter.
    """
    counted = [record for record in records if record.counts_at(seen_at)][-COUNTED:]
    by_token: dict[str, list[Delta]] = {}
    for record in counted:
        by_token.setdefault(record.lesson.by, []).append(record.delta())
    if not by_token:
        return []
    total = np.zeros((HEADS, ROWS + 1), dtype=np.int64)
    for deltas in by_token.values():
        one = np.zeros((HEADS, ROWS + 1), dtype=np.int64)
        for delta in deltas:
            one[:, delta.rows] += delta.amounts
        total += np.clip(one, -OF_ONE, OF_ONE)
    total = np.clip(total, -OF_ALL, OF_ALL)
    rows = np.flatnonzero(total.any(axis=0))
    return [Delta(rows.astype(np.int32), total[:, rows].astype(np.int16))]


def merged(deltas: Sequence[Delta]) -> Delta:
    """Several texts' changes as one."""
    total = np.zeros((HEADS, ROWS + 1), dtype=np.int64)
    for delta in deltas:
        total[:, delta.rows] += delta.amounts
    rows = np.flatnonzero(total.any(axis=0))
    return Delta(rows.astype(np.int32), np.clip(total[:, rows], -(2**15) + 1, 2**15 - 1).astype(np.int16))
