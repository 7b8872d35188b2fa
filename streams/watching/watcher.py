"""The fold over one `readings` partition: records in, findings out (docs/determinism.md)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Self

import msgspec

from detectors.bank import Bank, Decision
from detectors.policy import Policy
from streams.reading.placing import MINUTE_MS as MINUTE
from streams.watching.arrivals import TICK, Arrivals
from streams.watching.config import WatchConfig
from streams.watching.envelopes import FEEDS, Adopt, Envelope, Partitions, ReadingsRecord, Without, home
from streams.watching.envelopes import Marks as IdleMarks
from streams.watching.feeds import Feeds
from streams.watching.findings import Revision
from streams.watching.intake import Intake
from streams.watching.memory import Memory
from streams.watching.minutes import Minutes
from streams.watching.output import Output
from streams.watching.suspicions import Suspicions


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
        #: What is to be adopted when its minute comes, in order.
        self.adoptions: list[Adopt] = []
        self.intake = Intake(config.mentions_partitions)
        flowing = self.intake.flowing
        self.memory = Memory(self.codes, config.names, lambda: flowing.flows, lambda code: self._rows[code])
        #: Feeds are told of in one partition, though every watcher sees them all.
        self.feeds = Feeds() if home(FEEDS, config.readings_partitions) == partition else None
        self.minutes = Minutes(config, self.codes, self.memory)
        self.book = self.memory.book
        self.suspicions = Suspicions({})

    @property
    def watermark(self) -> int | None:
        """Everything seen before it is here (milliseconds); `None` until every `mentions` partition has spoken."""
        return self.intake.marks.watermark

    @property
    def pending_bytes(self) -> int:
        """Estimated memory of what waits for the watermark."""
        return self.intake.pending.bytes

    @property
    def bank(self) -> Bank:
        """The detector."""
        return self.minutes.bank

    def marks(self) -> dict[int, int]:
        """How far each `mentions` partition has been read: its mark in milliseconds."""
        return {partition: progress.mark for partition, progress in self.intake.marks.partitions.items()}

    def ahead(self) -> frozenset[int]:
        """`mentions` partitions that are ahead of the watermark: their readers may pause."""
        return self.intake.marks.ahead()

    def behind(self) -> frozenset[int]:
        """`mentions` partitions that ticks wait for."""
        return self.intake.marks.behind()

    def snapshot(self) -> dict[str, bytes]:
        """The whole state in named parts; a part that did not change has the same bytes."""
        from streams.watching.state import snapshot  # noqa: PLC0415 - state knows the watcher, not the reverse

        return snapshot(self)

    @classmethod
    def restore(cls, config: WatchConfig, parts: Mapping[str, bytes]) -> Self:
        """Rebuild from `snapshot`. Raises `streams.watching.state.StateError` if the parts do not fit."""
        from streams.watching.state import restore  # noqa: PLC0415 - state knows the watcher, not the reverse

        return restore(cls, config, parts)

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
                self._take([record], output)
            case IdleMarks():
                self._take(record.envelopes(), output)
            case Without():
                output.count("watch_without", int(self.intake.marks.go_without(record.partition, record.watermark)))
            case Partitions():
                self.intake.marks.grow(record.count, record.since)
            case Adopt():
                self.adoptions = sorted([*self.adoptions, record], key=lambda adopt: adopt.since)
                self._adopt_until(self.tick, output)
        self._advance(output)
        self.position = offset + 1
        return output

    def _take(self, envelopes: Iterable[Envelope], output: Output) -> None:
        for envelope in envelopes:
            self.intake.take(envelope, output, begun=self.minutes.next_minute is not None)

    def _advance(self, output: Output) -> None:
        """Do everything that is due at the ticks that the watermark has reached, in their order."""
        end = self.intake.end(self.tick)
        if end is None:
            return
        if self.minutes.next_minute is None and not self.minutes.silent and self.intake.earliest is not None:
            self.minutes.begin(self.intake.earliest)
        arrivals = self.intake.until(end)
        if arrivals is not None:
            self._count(arrivals, output)
        self._pass(end, output)
        self._adopt_until(end, output)
        self._close_due(end, output)
        self._settle(end, output)
        self.tick = end

    def _pass(self, tick: int, output: Output) -> None:
        """Let the flows of the sources come to a tick: all of the minutes before it is known."""
        for minute in self.intake.flowing.close((tick - 1) // MINUTE):
            if self.feeds is not None:
                finding = self.feeds.check(self.intake.flowing.flows.silent(), minute)
                if finding is not None:
                    output.findings.append(finding)

    def _count(self, arrivals: Arrivals, output: Output) -> None:
        """Count what has arrived, and test, tick by tick."""
        for tick, here in arrivals.ticks():
            self._pass(tick, output)
            self._adopt_until(tick - TICK, output)
            self._close_due(tick - 1, output)
            if self.minutes.next_minute is None:
                self.minutes.begin(int(arrivals.seen_at[here.start]))
            rows = self.memory.fold(arrivals, here, self._rows, self.config.lateness, output)
            self._decide(self.minutes.test_open(tick, rows), output, tick)
            self._update(rows, tick, output)
            self._suspect(arrivals, here, tick, output)

    def _suspect(self, arrivals: Arrivals, here: slice, tick: int, output: Output) -> None:
        """Flag what repeats a listed claim, and what few voices repeat."""
        self._settle(tick, output)
        names, found = self.config.names, list[Revision | None]()
        for number in arrivals.entry[here].tolist():
            if number >= 0 and arrivals.entries[number].reading.suspected is not None:
                found.append(self.suspicions.listed(arrivals.entries[number], tick, names, self._rows))
        for code, entry, story in self.memory.repeated:
            found.append(self.suspicions.repeated(code, entry, story, self.memory.crowd, tick, names))
        for revision in found:
            if revision is not None:
                output.say(revision)

    def _settle(self, tick: int, output: Output) -> None:
        for revision in self.suspicions.settle(tick, self.config.names):
            output.say(revision)

    def _close_due(self, now: int, output: Output) -> None:
        for decisions in self.minutes.close_due(now, self._rows, output):
            self._decide(decisions, output)

    def _decide(self, decisions: list[Decision], output: Output, tick: int | None = None) -> None:
        """Say what the detector decided: at a tick, or when the minute it names was closed."""
        for decision in decisions:
            at = (decision.minute + 1) * MINUTE + self.config.lateness if tick is None else tick
            known = self.minutes.known(decision.index, at)
            revision = self.book.decide(self.codes[decision.index], decision, at, known)
            if revision is not None:
                output.say(revision)

    def _update(self, rows: list[int], tick: int, output: Output) -> None:
        """Say which alerts of the rows that were touched have grown."""
        if self.bank.next_minute is None:
            return
        for row in rows:
            for revision in self.book.update(self.codes[row], tick, self.minutes.known(row, tick)):
                output.say(revision)

    # -- what is watched, and how, changes at a minute that was announced ---------------------------------------------

    def _adopt_until(self, tick: int, output: Output) -> None:
        """Adopt what holds for mentions seen from `tick` or earlier on, each at its minute."""
        while self.adoptions and self.adoptions[0].since <= tick:
            adopt = self.adoptions.pop(0)
            at = max(adopt.since, self.tick)
            self._close_due(at, output)
            self._adopt(adopt, at, output)

    def _adopt(self, adopt: Adopt, at: int, output: Output) -> None:
        policy = msgspec.json.decode(adopt.detection, type=Policy)
        if policy != self.config.policy and not self.minutes.retune(policy):
            # Other scales: what was learned means nothing to them.
            baselines = {code: self.minutes.known(self._rows[code], at) for code in self.book.active}
            for revision in self.book.resolve_all(at, baselines):
                output.say(revision)
            self.minutes.bank = Bank(policy, len(self.codes), codes=self.codes)
            output.count("baselines_ended")
        self.config = replace(self.config, names=adopt.names, policy=policy)
        self.minutes.config = self.config
        self.book.rename(adopt.names)
        known = set(self.codes)
        self.codes = (*self.codes, *(code for code in self.config.codes(self.partition) if code not in known))
        if len(self.codes) > len(known):
            self._rows = {code: row for row, code in enumerate(self.codes)}
            self.memory.codes = self.codes
            self.minutes.grow(self.codes)
