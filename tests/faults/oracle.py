"""What an undisturbed watcher finds, in this process: in the same `readings`, and in the same `mentions`."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from faust.types import TP

from alerts.model import canonical
from streams.agents.read import slices
from streams.reading.stage import BatchReader
from streams.settings import StreamSettings
from streams.stages import Stages
from streams.transports.batches import Batch, RecordLike
from streams.versions import Version
from streams.watching.config import WatchConfig
from streams.watching.envelopes import Envelope, Marks, Partitions, Without, decode
from streams.watching.output import Output
from streams.watching.watcher import Watcher

Found = set[tuple[str, int, bytes]]


def found_in(output: Output) -> Found:
    """Findings as they are compared: id, revision, bytes."""
    return {(finding.id, finding.revision, canonical(finding)) for finding in output.findings}


def tick_of(found: tuple[str, int, bytes]) -> int:
    """The tick at which a finding was decided, in milliseconds."""
    return int(datetime.fromisoformat(json.loads(found[2])["fired_at"]).timestamp() * 1000 + 0.5)


@dataclass
class WatchedReadings:
    """One `readings` partition, folded record by record as it lies in the log.

    Parameters
    ----------
    watcher
        Fresh.
    """

    watcher: Watcher
    #: What was found, and the offset of the record that led to it.
    places: dict[tuple[str, int, bytes], int] = field(default_factory=dict)
    tallies: Counter[str] = field(default_factory=Counter)
    #: By `mentions` partition: up to which offset envelopes follow one another without a gap, after which record.
    _covered: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    position: int = 0
    #: When each record was appended, and the watermark after it.
    watermarks: list[tuple[int, int]] = field(default_factory=list)

    def feed(self, records: Sequence[RecordLike]) -> None:
        """Fold what follows."""
        for record in records:
            assert record.value is not None
            decoded = decode(record.value)
            if isinstance(decoded, Envelope):
                history = self._covered.setdefault(decoded.partition, [(0, 0)])
                if decoded.start <= history[-1][1] < decoded.end:
                    history.append((record.offset + 1, decoded.end))
            if isinstance(decoded, Without):
                self.tallies["without"] += 1
            output = self.watcher.feed(decoded, record.offset)
            self.places |= dict.fromkeys(found_in(output), record.offset)
            self.tallies.update(output.tallies)
            self.position = record.offset + 1
            self.watermarks.append((record.timestamp, self.watcher.watermark or 0))

    @property
    def found(self) -> Found:
        """What was found so far."""
        return set(self.places)

    def covered_at(self, partition: int, end: int) -> int:
        """Up to where a `mentions` partition was read, by the records before `end`."""
        history = self._covered.get(partition, [(0, 0)])
        return history[bisect_right(history, end, key=lambda entry: entry[0]) - 1][1]


class ReadAgain:
    """The whole of `mentions`, read in one go and watched, with no worker, batch or fault in between.

    Parameters
    ----------
    settings, config, versions
        As the workers have them.
    partitions
        Of `mentions`.
    """

    def __init__(
        self, settings: StreamSettings, config: WatchConfig, versions: Sequence[Version], partitions: int
    ) -> None:
        stages = Stages(settings, config.readings_partitions).of(versions)
        self._stage: BatchReader = stages[0][1]
        self._watchers = [Watcher(config, number) for number in range(config.readings_partitions)]
        for watcher in self._watchers:
            watcher.feed(Partitions(partitions, 0), 0)
        self._ends = dict.fromkeys(range(partitions), 0)
        self.found: list[Found] = [set() for _ in self._watchers]

    def read(self, partition: int, records: Sequence[RecordLike], topic: str) -> None:
        """Read what follows in a `mentions` partition."""
        if not records:
            return
        batch = Batch(TP(topic, partition), records, self._ends[partition], records[-1].offset + 1, 0)
        self._ends[partition] = batch.end
        for start, end, some in slices(batch, ()):
            result = self._stage.read_batch(partition, start, end, some, topic)
            assert not result.refused, result.refused[:3]
            for number, envelope in enumerate(result.envelopes):
                self.found[number] |= found_in(self._watchers[number].feed(envelope, 0))

    def tick(self, number: int) -> int:
        """Up to which tick everything is decided in `readings` partition `number`."""
        return self._watchers[number].tick

    def mark(self, number: int, watermark: int) -> None:
        """Nothing else was seen before `watermark`, as far as `readings` partition `number` goes."""
        marks = Marks(tuple((partition, end, watermark) for partition, end in self._ends.items()))
        self.found[number] |= found_in(self._watchers[number].feed(marks, 0))
