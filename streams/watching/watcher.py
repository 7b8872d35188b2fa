"""The fold over one `readings` partition: records in, findings out (docs/determinism.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import msgspec
import numpy as np

from alerts.model import Excerpt, Finding, Level
from detectors.bank import Bank, Decision
from detectors.policy import DEFAULT, Policy
from detectors.snapshots import SnapshotError
from streams.reading.placing import LATENESS_MS as LATENESS
from streams.reading.placing import MINUTE_MS as MINUTE
from streams.reading.placing import place
from streams.watching.caps import SourceCaps
from streams.watching.counts import HOUR_MINUTES, OpenMinutes, SourceCounts
from streams.watching.envelopes import UNATTRIBUTED, Adopt, Envelope, Partitions, ReadingsRecord, Without, home
from streams.watching.envelopes import Marks as IdleMarks
from streams.watching.findings import AlertBook, Revision
from streams.watching.identities import Identities
from streams.watching.known import Known
from streams.watching.levels import Levels
from streams.watching.marks import Marks
from streams.watching.pending import TICK, Entry, Pending
from streams.watching.stories import Stories
from streams.watching.words import Words

#: Minutes of silence that no baseline outlives.
LONGEST_SILENCE = 400 * 24 * 60


@dataclass(frozen=True, slots=True)
class WatchConfig:
    """What every watcher of a run is told.

    Parameters
    ----------
    names
        Names of all organisations by code: these are watched, and the unattributed.
    readings_partitions
        How `readings` is cut: an organisation is watched in its `home`.
    mentions_partitions
        How `mentions` is cut at first; grows by `Partitions` records.
    policy
        The detector's.
    lateness
        How far before it was seen a mention may be placed: whole minutes, in milliseconds.
    levels
        Whether to make levels.
    longest_silence
        After so many minutes without any mention the baselines end, and begin anew with the next.
    """

    names: Mapping[str, str]
    readings_partitions: int = 1
    mentions_partitions: int = 1
    policy: Policy = DEFAULT
    lateness: int = LATENESS
    levels: bool = True
    longest_silence: int = LONGEST_SILENCE

    def __post_init__(self) -> None:
        """Refuse a lateness that minutes cannot keep open."""
        if not 0 <= self.lateness <= LATENESS or self.lateness % MINUTE:
            raise ValueError(f"lateness must be whole minutes, at most 10, not {self.lateness} ms")

    def codes(self, partition: int) -> tuple[str, ...]:
        """What is watched in a `readings` partition, in order."""
        codes = sorted({*self.names, UNATTRIBUTED})
        return tuple(code for code in codes if home(code, self.readings_partitions) == partition)


@dataclass(slots=True)
class Output:
    """What one record led to. `tallies` are the counts to add, by name."""

    findings: list[Finding] = field(default_factory=list)
    excerpts: list[Excerpt] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    tallies: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, amount: int = 1) -> None:
        """Add to a tally."""
        if amount:
            self.tallies[name] = self.tallies.get(name, 0) + amount

    def say(self, revision: Revision) -> None:
        """Add a finding and its excerpts."""
        self.findings.append(revision.finding)
        self.excerpts.extend(revision.excerpts)


class Watcher:
    """Watches the organisations of one `readings` partition.

    What it finds is a function of the mentions alone: not of how they were cut into records, nor of when it was
    stopped and restored, nor of any clock.

    Parameters
    ----------
    config
        Of the run.
    partition
        The `readings` partition.
    codes
        What is watched, row by row; by the names in `config` unless told.

    Examples
    --------
    >>> watcher = Watcher(WatchConfig(names={"19": "Thái Nguyên"}), partition=0)
    >>> watcher.feed(Envelope(partition=0, start=0, end=0, mark=60_000), offset=0).findings
    []
    >>> watcher.watermark
    60000
    """

    def __init__(self, config: WatchConfig, partition: int, codes: Sequence[str] | None = None) -> None:
        self.config = config
        self.partition = partition
        self.codes = config.codes(partition) if codes is None else tuple(codes)
        self._rows = {code: row for row, code in enumerate(self.codes)}
        self.position = self.tick = 0
        #: When the first mention of the run was seen, and the next minute to close; both unknown at first.
        self.earliest: int | None = None
        self.next_minute: int | None = None
        #: The last minute closed that had a mention, and whether the baselines ended since.
        self.last_busy = 0
        self.silent = False
        #: What is to be adopted when its minute comes, in order.
        self.adoptions: list[Adopt] = []
        self.marks = Marks.of(config.mentions_partitions)
        self.pending = Pending()
        self.identities = Identities()
        self.counts = OpenMinutes(len(self.codes))
        self.sources = SourceCounts()
        self.caps = SourceCaps()
        self.stories: dict[str, Stories] = {}
        self.words: dict[str, Words] = {}
        self.book = AlertBook(config.names, self.sources, self.stories, self.words)
        self.levels = Levels(self.codes)
        self.bank = Bank(config.policy, len(self.codes))

    @property
    def watermark(self) -> int | None:
        """Everything seen before it is here (milliseconds); `None` until every `mentions` partition has spoken."""
        return self.marks.watermark

    @property
    def pending_bytes(self) -> int:
        """Estimated memory of what waits for the watermark."""
        return self.pending.bytes

    def ahead(self) -> frozenset[int]:
        """`mentions` partitions that are ahead of the watermark: their readers may pause."""
        return self.marks.ahead()

    def behind(self) -> frozenset[int]:
        """`mentions` partitions that ticks wait for."""
        return self.marks.behind()

    def snapshot(self) -> dict[str, bytes]:
        """The whole state in named parts; a part that did not change has the same bytes."""
        from streams.watching.state import snapshot  # noqa: PLC0415 - state knows the watcher, not the reverse

        return snapshot(self)

    @classmethod
    def restore(cls, config: WatchConfig, parts: Mapping[str, bytes]) -> Self:
        """Rebuild from `snapshot`. Raises `streams.watching.state.StateError` if the parts do not fit."""
        from streams.watching.state import restore  # noqa: PLC0415 - state knows the watcher, not the reverse

        return restore(cls, config, parts)

    # -- records in -------------------------------------------------------------------------------------------------

    def feed(self, record: ReadingsRecord, offset: int) -> Output:
        """Fold one record of the partition.

        Parameters
        ----------
        record
            Decoded.
        offset
            Its place in the partition; records come in its order.
        """
        output = Output()
        match record:
            case Envelope():
                self._take(record, output)
            case IdleMarks():
                for envelope in record.envelopes():
                    self._take(envelope, output)
            case Without():
                output.count("watch_without", int(self.marks.go_without(record.partition, record.watermark)))
            case Partitions():
                self.marks.grow(record.count, record.since)
            case Adopt():
                self.adoptions = sorted([*self.adoptions, record], key=lambda adopt: adopt.since)
                self._adopt_until(self.tick, output)
        self._advance(output)
        self.position = offset + 1
        return output

    def _take(self, envelope: Envelope, output: Output) -> None:
        """Let the readings wait that are new, and take the mark."""
        progress = self.marks.progress(envelope.partition)
        if envelope.end > progress.next_offset and not envelope.final:
            self.marks.reopen(envelope.partition)
        if progress.without:
            self.marks.speak(envelope.partition, progress.mark)  # its mark moves to the watermark before any reading
        if envelope.start < envelope.end and envelope.first:
            self._began(envelope.first)
        next_offset, mark, last_seen = progress.next_offset, progress.mark, progress.last_seen
        repeated = raised = 0
        for reading in envelope.readings:
            if reading.offset < next_offset:
                repeated += 1
                continue
            seen_at = reading.seen_at
            if seen_at < mark or seen_at < last_seen:
                raised += 1
                seen_at = max(mark, last_seen)
            last_seen = seen_at
            if not envelope.first:
                self._began(seen_at)
            source = envelope.sources[reading.source]
            self.pending.add(Entry(seen_at, envelope.partition, reading.offset, reading, source))
        progress.next_offset = max(next_offset, envelope.end)
        progress.last_seen = last_seen
        self.marks.speak(envelope.partition, envelope.mark, final=envelope.final)
        output.count("readings_repeated", repeated)
        output.count("readings_raised", raised)

    def _began(self, seen_at: int) -> None:
        if self.earliest is None or (seen_at < self.earliest and self.next_minute is None):
            self.earliest = seen_at

    # -- ticks ------------------------------------------------------------------------------------------------------

    def _advance(self, output: Output) -> None:
        """Do everything that is due at the ticks that the watermark has reached, in their order."""
        if self.watermark is None:
            return
        end = self.watermark - self.watermark % TICK
        if end <= self.tick or self.earliest is None or end <= self.earliest:
            return
        if self.next_minute is None and not self.silent:
            self._begin(self.earliest)
        for tick, entries in self.pending.until(end):
            self._adopt_until(tick - TICK, output)
            self._close_due(tick - 1, output)
            if self.next_minute is None:
                self._begin(entries[0].seen_at)
            self._test_open(tick, self._fold(entries, output), output)
        self._adopt_until(end, output)
        self._close_due(end, output)
        self.tick = end

    def _adopt_until(self, tick: int, output: Output) -> None:
        """Adopt what holds for mentions seen from `tick` or earlier on, each at its minute."""
        while self.adoptions and self.adoptions[0].since <= tick:
            adopt = self.adoptions.pop(0)
            at = max(adopt.since, self.tick)
            self._close_due(at, output)
            self._adopt(adopt, at, output)

    def _adopt(self, adopt: Adopt, at: int, output: Output) -> None:
        policy = msgspec.json.decode(adopt.detection, type=Policy)
        if policy != self.config.policy and not self._retune(policy):
            # Other scales: what was learned means nothing to them.
            baselines = {code: self._known(self._rows[code], at) for code in self.book.active}
            for revision in self.book.resolve_all(at, baselines):
                output.say(revision)
            self.bank = Bank(policy, len(self.codes))
            output.count("baselines_ended")
        self.config = replace(self.config, names=adopt.names, policy=policy)
        self.book.rename(adopt.names)
        known = set(self.codes)
        self.codes = (*self.codes, *(code for code in self.config.codes(self.partition) if code not in known))
        if len(self.codes) > len(known):
            self._rows = {code: row for row, code in enumerate(self.codes)}
            self.bank.grow(len(self.codes))
            self.counts.grow(len(self.codes))
            self.levels.grow(self.codes)

    def _retune(self, policy: Policy) -> bool:
        """Go on with what was learned under another policy, if it has the same scales."""
        try:
            self.bank = Bank.restore(policy, self.bank.snapshot())
        except SnapshotError:
            return False
        return True

    def _begin(self, seen_at: int) -> None:
        """Let the baselines begin with the first minute in which something seen then may count."""
        self.next_minute = self.last_busy = (seen_at - self.config.lateness) // MINUTE
        self.silent = False

    def _fold(self, entries: list[Entry], output: Output) -> list[int]:
        """Count the readings seen before a tick; returns the rows with a new negative."""
        touched: set[int] = set()
        for entry in entries:
            reading = entry.reading
            if not self.identities.is_new(reading.identity, entry.seen_at):
                output.count("mentions_duplicate")
                continue
            start, delayed, backfill = place(entry.seen_at, reading.published_at, self.config.lateness)
            if backfill:
                output.count("mentions_backfilled")
                continue
            output.count("mentions_counted")
            if delayed:
                output.count("mentions_delayed")
            for code in reading.organisations:
                row = self._rows.get(code)
                if row is not None:
                    self._count(row, start // MINUTE, entry)
                    if reading.counts == 1:
                        touched.add(row)
        return sorted(touched)

    def _count(self, row: int, minute: int, entry: Entry) -> None:
        code, reading, source = self.codes[row], entry.reading, entry.source
        negative = reading.counts == 1
        self.counts.add(row, minute, negative=negative)
        self.sources.add(code, minute, (source.kind, source.name), negative=negative)
        self.book.count(code, minute, negative=negative)
        if negative:
            self.caps.add(code, minute, (source.kind, source.name))
            if code not in self.stories:
                self.stories[code], self.words[code] = Stories([]), Words(0, {})
            self.stories[code].add(reading, source, entry.seen_at, minute)
            self.words[code].learn(reading.title)

    def _test_open(self, tick: int, rows: list[int], output: Output) -> None:
        """Test the open minutes of the rows that were touched."""
        if not rows or self.bank.next_minute is None or self.next_minute is None:
            return
        width = (tick - 1) // MINUTE - self.next_minute + 1
        touched = np.array(rows, dtype=np.int64)
        self._decide(self.bank.early(touched, *self.counts.window(touched, self.next_minute, width)), output, tick)
        for row in rows:
            for revision in self.book.update(self.codes[row], tick, self._known(row, tick)):
                output.say(revision)

    def _close_due(self, now: int, output: Output) -> None:
        """Close the minutes that ended `lateness` before `now` or earlier."""
        until = (now - self.config.lateness) // MINUTE
        while self.next_minute is not None and self.next_minute < until:
            minute = self.next_minute
            if minute in self.counts.busy or self.bank.next_minute is None:
                self._close(minute, output)
            elif minute >= self.last_busy + self.config.longest_silence:
                self._end(output)
                break
            else:
                stops = (
                    until,
                    self._end_of_hour(minute, until),
                    self.last_busy + self.config.longest_silence,
                    self.bank.end_of_block(minute),  # what is decided there is said of that minute, and of no later one
                    *self.counts.busy,
                )
                self.next_minute = min(stops)
                self._decide(self.bank.close_idle(self.next_minute), output)
            if self.config.levels and self.next_minute % HOUR_MINUTES == 0:
                output.levels.extend(self.levels.hour(self.bank, self.next_minute - 1))

    def _end(self, output: Output) -> None:
        """Forget the baselines after a silence that none outlives, such as a wrong clock leaves; begin anew later."""
        self.bank = Bank(self.config.policy, len(self.codes))
        self.next_minute, self.silent = None, True
        output.count("baselines_ended")

    def _end_of_hour(self, minute: int, otherwise: int) -> int:
        return (minute // HOUR_MINUTES + 1) * HOUR_MINUTES if self.config.levels else otherwise

    def _close(self, minute: int, output: Output) -> None:
        self.next_minute, self.last_busy = minute + 1, minute
        negative, mentions = self.counts.close(minute)
        learned = self.caps.close(minute, negative, self._rows)
        self._decide(self.bank.close(minute, negative, mentions, learned), output)
        if self.config.levels:
            output.levels.extend(self.levels.minute(self.bank, minute, negative, mentions))
        if minute % HOUR_MINUTES == 0:
            self.sources.forget(minute)

    def _decide(self, decisions: list[Decision], output: Output, tick: int | None = None) -> None:
        """Say what the detector decided: at a tick, or when the minute it names was closed."""
        for decision in decisions:
            at = (decision.minute + 1) * MINUTE + self.config.lateness if tick is None else tick
            known = self._known(decision.index, at)
            revision = self.book.decide(self.codes[decision.index], decision, at, known)
            if revision is not None:
                output.say(revision)

    def _known(self, row: int, tick: int) -> Known:
        return Known(self.bank, self.counts, row, tick)
