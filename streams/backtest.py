"""What would have fired: mentions in, findings out, by the very fold of the live watch, without a log between."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from alerts.model import Finding, Level
from alerts.ports import Refused
from detectors.bank import Why
from detectors.policy import Policy
from streams.mentions import Mention, mark_record
from streams.reading.stage import ReadStage
from streams.records import ParsedRecord
from streams.sources.lines import Line, Unreadable
from streams.sources.replaying import Appends, Replaying, replay
from streams.transports.batches import NewRecord
from streams.watching.config import WatchConfig
from streams.watching.envelopes import UNATTRIBUTED, home
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


class Backtest:
    """Replays mentions through reading and watching, in memory.

    Parameters
    ----------
    stage
        Reads; made for a replay, and for `config.readings_partitions`.
    config
        Of the watchers.
    rival
        Another policy that watches the very same readings; what it finds is in `rival_findings`.
    until
        Milliseconds, a whole minute: what is placed in minutes from then on is not asked for, and reading ends when all
        before is closed.
    on_level
        Told every level, if `config.levels`.
    batch
        Records read at once from a partition. What is found does not depend on it.
    """

    def __init__(
        self,
        stage: ReadStage,
        config: WatchConfig,
        *,
        rival: Policy | None = None,
        until: int | None = None,
        on_level: Callable[[Level], None] | None = None,
        batch: int = BATCH,
    ) -> None:
        self._stage = stage
        self._config = config
        self._until = until
        self._on_level = on_level
        self._batch = batch
        known = frozenset(config.names) - {UNATTRIBUTED}
        self._replaying = Replaying(known, config.mentions_partitions)
        self._watchers = _watchers(config)
        self._rivals = [] if rival is None else _watchers(replace(config, policy=rival, levels=False))
        self._waiting: list[list[ParsedRecord]] = [[] for _ in range(config.mentions_partitions)]
        self._offsets = [0] * config.mentions_partitions
        self._marks: dict[int, tuple[NewRecord, int]] = {}
        self._envelopes = 0
        self.summary = Summary()
        self.rival_findings: list[Finding] = []

    def run(self, lines: Iterable[Line | Unreadable]) -> Iterator[Finding]:
        """Findings in the order of their ticks, all revisions; what is refused is in the summary.

        Parameters
        ----------
        lines
            Mentions in JSON, in the order in which they are to be seen.
        """
        for found in replay(lines, self._replaying):
            if isinstance(found, Refused):
                self.summary.refused.append(found)
                continue
            if self._is_over():
                self._append(self._last_marks())
                break
            self._append(found)
            if max(len(records) for records in self._waiting) >= self._batch:
                yield from self._read()
        yield from self._read()

    def why(self, organisation: str) -> Why:
        """What the newest closed minute of an organisation was tested against, and why it did not fire."""
        watcher = self._watchers[home(organisation, len(self._watchers))]
        return watcher.bank.why(watcher.codes.index(organisation))

    def _is_over(self) -> bool:
        """Whether the mention taken last was seen after all that is to be told."""
        seen_at = self._replaying.seen_at
        return self._until is not None and seen_at is not None and seen_at >= self._until + self._config.lateness

    def _last_marks(self) -> Appends:
        mark = mark_record((self._until or 0) + self._config.lateness, final=True)
        return [(partition, mark) for partition in range(self._config.mentions_partitions)]

    def _append(self, appends: Appends) -> None:
        for partition, record in appends:
            offset = self._offsets[partition]
            self._offsets[partition] = offset + 1
            if record.value:
                self._waiting[partition].append(_stored(record, offset, self._replaying.mention))
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
        rivals: list[Finding] = []
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
            for watcher, envelope in zip(self._rivals, result.envelopes, strict=False):
                rivals += watcher.feed(envelope, self._envelopes).findings
            self._envelopes += 1
        # All partitions have moved on by now: what several watchers found can be told in order of time.
        self.rival_findings += sorted(rivals, key=_place)
        yield from sorted(found, key=_place)

    def _take(self, output: Output) -> list[Finding]:
        self.summary.tallies.update(output.tallies)
        self.summary.findings.update(finding.reason for finding in output.findings)
        if self._on_level is not None:
            for level in output.levels:
                self._on_level(level)
        return output.findings


def _watchers(config: WatchConfig) -> list[Watcher]:
    return [Watcher(config, partition) for partition in range(config.readings_partitions)]


def _place(finding: Finding) -> tuple[str, str, str, int]:
    return finding.fired_at, finding.organisation, finding.series, finding.revision


def _stored(record: NewRecord, offset: int, mention: Mention | None = None) -> ParsedRecord:
    return ParsedRecord(offset, record.timestamp or 0, record.key, record.value, record.headers, mention)


def backtest(lines: Iterable[bytes], stage: ReadStage, config: WatchConfig) -> Iterator[Finding]:
    """Find what would have fired over mentions in JSON: all revisions, in order of their ticks. See `Backtest`."""
    return Backtest(stage, config).run(Line(number, line) for number, line in enumerate(lines, 1))
