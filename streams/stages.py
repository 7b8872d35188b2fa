"""The reading that holds at each minute: one for every version of the settings and every change of the lessons."""

from collections.abc import Sequence

from streams.lessons import LessonRecord, delta_at, minutes
from streams.reading.reader import Apart, Reader
from streams.reading.sentiment_scorer import ModelScorer, scorer_of
from streams.reading.stage import ReadResult, ReadStage
from streams.settings import StreamSettings
from streams.transports.batches import RecordLike
from streams.versions import Version

#: Stages kept that differ in their lessons only; each has a table of weights of its own (3 MB).
_KEPT = 4

_Key = tuple[int, tuple[str, ...]]


class Stages:
    """Makes the reading of each minute when it is first needed.

    Parameters
    ----------
    settings
        For what no version changes.
    readings_partitions
        How many envelopes a batch makes.
    """

    def __init__(self, settings: StreamSettings, readings_partitions: int) -> None:
        self._settings = settings
        self._partitions = readings_partitions
        self._readers: dict[int, Reader] = {}
        self._made: dict[_Key, ReadStage] = {}

    def of(self, versions: Sequence[Version], lessons: Sequence[LessonRecord] = ()) -> "list[tuple[int, LazyStage]]":
        """From when on each stage holds, and the stage."""
        first = versions[0].since
        sinces = sorted({*(version.since for version in versions), *(max(first, at) for at in minutes(lessons))})
        return [(since, LazyStage(self, _at(versions, since), lessons, since)) for since in sinces]

    def stage(self, version: Version, lessons: Sequence[LessonRecord], since: int) -> ReadStage:
        """The stage of `version` with the lessons that count at `since`."""
        counted = [record for record in lessons if record.counts_at(since)]
        key = (version.since, tuple(record.lesson.id for record in counted))
        stage = self._made.get(key)
        if stage is None:
            reader = self._reader(version)
            if isinstance(reader.scorer, ModelScorer) and counted:
                reader = reader.with_scorer(reader.scorer.taught(delta_at(counted, since)))
            stage = ReadStage(reader, self._partitions, replay=self._settings.replay)
            while len(self._made) >= _KEPT:
                del self._made[next(iter(self._made))]
            self._made[key] = stage
        return stage

    def _reader(self, version: Version) -> Reader:
        reader = self._readers.get(version.since)
        if reader is None:
            register = version.load_register()
            reader = self._readers[version.since] = Reader(
                register,
                scorer_of(version.sentiment, register),
                version.thresholds,
                self._settings.voice_secret,
                version.claims,
                apart=Apart(version.abroad, version.observed),
            )
        return reader


def _at(versions: Sequence[Version], since: int) -> Version:
    return [version for version in versions if version.since <= since][-1]


class LazyStage:
    """A stage that is made when its first batch comes: of many minutes in which something was taught, few are read."""

    def __init__(self, stages: Stages, version: Version, lessons: Sequence[LessonRecord], since: int) -> None:
        self._stages = stages
        self._version = version
        self._lessons = lessons
        self._since = since

    def read_batch(self, partition: int, start: int, end: int, records: Sequence[RecordLike], topic: str) -> ReadResult:
        """See `streams.reading.stage.ReadStage.read_batch`."""
        stage = self._stages.stage(self._version, self._lessons, self._since)
        return stage.read_batch(partition, start, end, records, topic)
