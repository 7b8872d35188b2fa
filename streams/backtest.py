"""What would have fired: mentions in, findings out, by the very fold of the live watch, without a log between."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from alerts.model import Finding
from alerts.ports import Refused
from streams.reading.stage import ReadStage
from streams.sources.lines import Line, Unreadable
from streams.sources.replaying import Appends, replay
from streams.transports.batches import NewRecord
from streams.watching.config import WatchConfig
from streams.watching.envelopes import UNATTRIBUTED
from streams.watching.output import Output
from streams.watching.watcher import Watcher

#: Records read at once from a partition.
BATCH = 1000


@dataclass(slots=True)
class Summary:
    """What a backtest has seen so far.

    Attributes
    ----------
    mentions
        Accepted lines.
    refused
        The others.
    first_seen, last_seen
        Milliseconds; `None` before the first mention.
    tallies
        The watch's, over all `readings` partitions.
    findings
        By reason.
    """

    mentions: int = 0
    refused: list[Refused] = field(default_factory=list)
    first_seen: int | None = None
    last_seen: int | None = None
    tallies: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)


class _Stored(NamedTuple):
    """A record as a log would hand it out."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Backtest:
    """Replays mentions through reading and watching, in memory.

    Parameters
    ----------
    stage
        Reads; made for a replay, and for `config.readings_partitions`.
    config
        Of the watchers.
    batch
        Records read at once from a partition. What is found does not depend on it.
    """

    def __init__(self, stage: ReadStage, config: WatchConfig, *, batch: int = BATCH) -> None:
        self._stage = stage
        self._config = config
        self._batch = batch
        self._watchers = [Watcher(config, partition) for partition in range(config.readings_partitions)]
        self._waiting: list[list[_Stored]] = [[] for _ in range(config.mentions_partitions)]
        self._offsets = [0] * config.mentions_partitions
        self._marks: dict[int, tuple[NewRecord, int]] = {}
        self._envelopes = 0
        self.summary = Summary()

    def run(self, lines: Iterable[Line | Unreadable]) -> Iterator[Finding]:
        """Findings in the order of their ticks, all revisions; what is refused is in the summary.

        Parameters
        ----------
        lines
            Mentions in JSON, in the order in which they are to be seen.
        """
        known = frozenset(self._config.names) - {UNATTRIBUTED}
        for found in replay(lines, known, self._config.mentions_partitions):
            if isinstance(found, Refused):
                self.summary.refused.append(found)
                continue
            self._append(found)
            if max(len(records) for records in self._waiting) >= self._batch:
                yield from self._read()
        yield from self._read()

    def _append(self, appends: Appends) -> None:
        for partition, record in appends:
            offset = self._offsets[partition]
            self._offsets[partition] = offset + 1
            if record.value:
                self._waiting[partition].append(_stored(record, offset))
                self._note(record.timestamp)
            else:
                # A log would hold every mark; of those in a batch only the last says anything.
                self._marks[partition] = (record, offset)

    def _note(self, seen_at: int | None) -> None:
        self.summary.mentions += 1
        self.summary.last_seen = seen_at
        if self.summary.first_seen is None:
            self.summary.first_seen = seen_at

    def _read(self) -> Iterator[Finding]:
        """Read what waits, partition by partition, and watch it."""
        found: list[Finding] = []
        for partition, records in enumerate(self._waiting):
            mark = self._marks.pop(partition, None)
            if mark is not None:
                records.append(_stored(*mark))
            if not records:
                continue
            start, end = records[0].offset, self._offsets[partition]
            result = self._stage.read_batch(partition, start, end, records, "mentions")
            for letter in result.refused:
                self.summary.refused.append(Refused(0, letter.reason.value, letter.detail))
            records.clear()
            for watcher, envelope in zip(self._watchers, result.envelopes, strict=True):
                found += self._take(watcher.feed(envelope, self._envelopes))
            self._envelopes += 1
        # All partitions have moved on by now: what several watchers found can be told in order of time.
        yield from sorted(found, key=lambda f: (f.fired_at, f.organisation, f.series, f.revision))

    def _take(self, output: Output) -> list[Finding]:
        self.summary.tallies.update(output.tallies)
        self.summary.findings.update(finding.reason for finding in output.findings)
        return output.findings


def _stored(record: NewRecord, offset: int) -> _Stored:
    return _Stored(offset, record.timestamp or 0, record.key, record.value, record.headers)


def backtest(lines: Iterable[bytes], stage: ReadStage, config: WatchConfig) -> Iterator[Finding]:
    """Find what would have fired over mentions in JSON: all revisions, in order of their ticks. See `Backtest`."""
    return Backtest(stage, config).run(Line(number, line) for number, line in enumerate(lines, 1))
