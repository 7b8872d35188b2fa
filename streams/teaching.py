"""`alerts.teaching.Teacher` over the log: lessons in `control`, in force from a named minute, watched, taken back."""

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from alerts.ports import SourceUnavailableError
from alerts.teaching import (
    LESSONS_A_DAY,
    Lesson,
    LessonRefusedError,
    LessonState,
    Taught,
    Tone,
    UnknownLessonError,
)
from streams.lessons import LessonRecord, delta_at, encode_lesson, lesson_key, lessons_in, merged
from streams.log import Log, LogError
from streams.mentions import Mention
from streams.reading.register import Register
from streams.reading.sentiment_data import written
from streams.reading.sentiment_model import Delta
from streams.reading.sentiment_quality import area_under_curve
from streams.reading.sentiment_scorer import ModelScorer
from streams.reading.sentiment_table import shipped
from streams.reading.text import cut_all
from streams.snapshots import newest_values
from streams.topics import Topics
from streams.transports.batches import NewRecord
from streams.versions import next_minute
from streams.watching.times import instant

logger = logging.getLogger(__name__)

#: The watched sentences' area under the curve may not fall by more than this below the trained model's.
WORST_FALL = 0.005
#: Newest mentions of a partition that are searched for a text that no alert has shown.
SEARCHED = 20_000
_PAGE = 1000
_SERVICE = "system"


class LogTeacher:
    """Lessons of one run.

    Parameters
    ----------
    log
        Started client.
    topics
        Of the run.
    register
        Whose names are masked.
    """

    def __init__(self, log: Log, topics: Topics, register: Register) -> None:
        self._log = log
        self._topics = topics
        self._register = register
        self._scorer: ModelScorer | None = None
        self._one_by_one = asyncio.Lock()

    async def teach(self, texts: Sequence[Taught], tone: Tone, *, about: str, by: str, now: datetime) -> Lesson:
        """Learn. See `alerts.teaching.Teacher`."""
        async with self._one_by_one:
            known = lessons_in(await self._values())
            at = int(now.timestamp() * 1000)
            since = max([next_minute(at), *(record.since for record in known)])
            today = [record for record in known if record.lesson.by == by and record.lesson.at[:10] == instant(at)[:10]]
            if len(today) >= LESSONS_A_DAY:
                raise LessonRefusedError(
                    f"{by} has given {LESSONS_A_DAY} lessons today; no single officer may lead the model"
                )
            id_ = hashlib.sha256(f"{about}\0{tone}\0{by}\0{at}\0{len(known)}".encode()).hexdigest()[:16]
            lesson = Lesson(id_, about, tone, by, instant(at), instant(since))
            record = await asyncio.to_thread(self._learned, lesson, since, known, texts)
            await self._write(record)
            return record.lesson

    async def lessons(self) -> Sequence[Lesson]:
        """All of them, the newest first. See `alerts.teaching.Teacher`."""
        found = [record.lesson for record in lessons_in(await self._values())]
        return sorted(found, key=lambda lesson: (lesson.at, lesson.id), reverse=True)

    async def undo(self, id_: str, *, by: str, reason: str, now: datetime) -> Lesson:
        """Let it count no more. See `alerts.teaching.Teacher`."""
        async with self._one_by_one:
            known = {record.lesson.id: record for record in lessons_in(await self._values())}
            record = known.get(id_)
            if record is None:
                raise UnknownLessonError(f"there is no lesson {id_}")
            if record.lesson.state is not LessonState.IN_FORCE:
                raise LessonRefusedError(f"lesson {id_} is {record.lesson.state.value} already")
            until = max(next_minute(int(now.timestamp() * 1000)), record.since)
            ended = _ended(record, until, LessonState.UNDONE, by, reason)
            await self._write(ended)
            return ended.lesson

    async def find(self, id_: str, kind: str, name: str) -> Taught | None:
        """Search the newest mentions of every partition. See `alerts.teaching.Teacher`."""
        topic = self._topics.mentions
        try:
            for partition in range(await self._log.partitions(topic)):
                first, end = await self._log.bounds(topic, partition)
                for start in range(max(first, end - SEARCHED), end, _PAGE):
                    records = await self._log.read(topic, partition, start, limit=_PAGE)
                    found = await asyncio.to_thread(_among, [record.value for record in records], id_, kind, name)
                    if found is not None:
                        return found
        except LogError as error:
            raise SourceUnavailableError(str(error)) from error
        return None

    def _learned(
        self, lesson: Lesson, since: int, known: Sequence[LessonRecord], texts: Sequence[Taught]
    ) -> LessonRecord:
        """The lesson with what it changes; taken back at once where the watched sentences are told apart worse."""
        trained = self._trained()
        before = trained.taught(delta_at(known, since))
        features = before.featuriser.features(cut_all([f"{each.text} . " for each in texts]))
        changes = [
            before.model.delta(
                features, place, lesson.tone.value, "news" if each.kind == "news" else "social", 1 / len(texts)
            )
            for place, each in enumerate(texts)
        ]
        record = _recorded(lesson, since, merged(changes))
        area = _area(trained.taught(delta_at([*known, record], since)))
        record = msgspec.structs.replace(record, lesson=msgspec.structs.replace(lesson, area=area))
        if area >= _area(trained) - WORST_FALL:
            return record
        reason = f"the watched sentences are told apart worse with it: {area:.4f} instead of {_area(before):.4f}"
        logger.warning("lesson %s of %s is taken back: %s", lesson.id, lesson.by, reason)
        return _ended(record, since, LessonState.ROLLED_BACK, _SERVICE, reason)

    def _trained(self) -> ModelScorer:
        if self._scorer is None:
            self._scorer = ModelScorer(shipped(), self._register)
        return self._scorer

    async def _values(self) -> Mapping[bytes, bytes]:
        try:
            return await newest_values(self._log, self._topics.control, 0)
        except LogError as error:
            raise SourceUnavailableError(str(error)) from error

    async def _write(self, record: LessonRecord) -> None:
        try:
            await self._log.append(
                self._topics.control, 0, [NewRecord(encode_lesson(record), key=lesson_key(record.lesson.id))]
            )
        except LogError as error:
            raise SourceUnavailableError(str(error)) from error


def _recorded(lesson: Lesson, since: int, delta: Delta) -> LessonRecord:
    rows, amounts = delta.rows.astype("<i4").tobytes(), delta.amounts.astype("<i2").tobytes()
    return LessonRecord(lesson, since, 0, rows, amounts)


def _ended(record: LessonRecord, until: int, state: LessonState, by: str, reason: str) -> LessonRecord:
    lesson = msgspec.structs.replace(record.lesson, state=state, holds_until=instant(until), ended_by=by, reason=reason)
    return msgspec.structs.replace(record, lesson=lesson, until=until)


def _area(scorer: ModelScorer) -> float:
    """How well the sentences written for this project are told apart: no lesson is about them."""
    sentences = written()
    kinds = ["news" if each.kind == "news" else "web" for each in sentences]
    scores = scorer.score(cut_all([each.text for each in sentences]), kinds)
    return round(area_under_curve(scores.negative, [each.label != "other" for each in sentences]), 6)


def _among(values: Sequence[bytes | None], id_: str, kind: str, name: str) -> Taught | None:
    needle = msgspec.json.encode(id_)
    for value in values:
        if value is None or (needle not in value and id_.encode() not in value):
            continue
        try:
            mention = msgspec.json.decode(value, type=Mention)
        except (ValueError, RecursionError):
            continue
        source = mention.source
        if mention.id == id_ and (not kind or source.kind == kind) and (not name or source.name == name):
            return Taught(f"{mention.title or ''} . {mention.text or ''}", source.kind)
    return None
