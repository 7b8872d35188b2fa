"""The detector's clock: closes the minutes that are over, idle ones many at a time, and hands out what is decided."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from detectors.bank import Bank, Decision
from detectors.policy import Policy
from detectors.snapshots import SnapshotError
from streams.reading.placing import MINUTE_MS as MINUTE
from streams.watching.config import WatchConfig
from streams.watching.counts import HOUR_MINUTES
from streams.watching.known import Known
from streams.watching.levels import Levels
from streams.watching.memory import Memory
from streams.watching.output import Output


class Minutes:
    """The bank, and which minute it closes next.

    Parameters
    ----------
    config
        Of the run.
    codes
        What is watched, row by row.
    memory
        Where the counts are.
    """

    def __init__(self, config: WatchConfig, codes: Sequence[str], memory: Memory) -> None:
        self.config = config
        self._memory = memory
        self.levels = Levels(codes)
        self.bank = Bank(config.policy, len(codes), codes=codes)
        #: The next minute to close; unknown at first.
        self.next_minute: int | None = None
        #: The last minute closed that had a mention, and whether the baselines ended since.
        self.last_busy = 0
        self.silent = False

    def begin(self, seen_at: int) -> None:
        """Let the baselines begin with the first minute in which something seen then may count."""
        self.next_minute = self.last_busy = (seen_at - self.config.lateness) // MINUTE
        self.silent = False

    def grow(self, codes: Sequence[str]) -> None:
        """Add organisations after those that are there."""
        self.bank.grow(len(codes), codes)
        self._memory.grow(len(codes))
        self.levels.grow(codes)

    def retune(self, policy: Policy) -> bool:
        """Go on with what was learned under another policy, if it has the same scales."""
        try:
            self.bank = Bank.restore(policy, self.bank.snapshot(), self.bank.codes)
        except SnapshotError:
            return False
        return True

    def known(self, row: int, tick: int) -> Known:
        """What the detector knows of a row at a tick."""
        return Known(self.bank, self._memory.counts, row, tick)

    def test_open(self, tick: int, rows: list[int]) -> list[Decision]:
        """Test the open minutes of the rows that were touched."""
        if not rows or self.bank.next_minute is None or self.next_minute is None:
            return []
        width = (tick - 1) // MINUTE - self.next_minute + 1
        touched = np.array(rows, dtype=np.int64)
        return self.bank.early(touched, *self._memory.counts.window(touched, self.next_minute, width))

    def close_due(self, now: int, rows: Mapping[str, int], output: Output) -> Iterator[list[Decision]]:
        """Close the minutes that ended `lateness` before `now` or earlier; what each step decides is to be said."""
        until = (now - self.config.lateness) // MINUTE
        while self.next_minute is not None and self.next_minute < until:
            minute = self.next_minute
            if minute in self._memory.counts.busy or self.bank.next_minute is None:
                yield self._close(minute, rows, output)
            elif minute >= self.last_busy + self.config.longest_silence:
                self._end(output)
                break
            else:
                stops = (
                    until,
                    (minute // HOUR_MINUTES + 1) * HOUR_MINUTES,
                    self.last_busy + self.config.longest_silence,
                    self.bank.end_of_block(minute),  # what is decided there is said of that minute, and of no later one
                    *self._memory.counts.busy,
                )
                self.next_minute = min(stops)
                yield self.bank.close_idle(self.next_minute)
            if self.next_minute % HOUR_MINUTES == 0:
                self._end_hour(self.next_minute, output)

    def _close(self, minute: int, rows: Mapping[str, int], output: Output) -> list[Decision]:
        self.next_minute, self.last_busy = minute + 1, minute
        negative, mentions = self._memory.counts.close(minute)
        learned = self._memory.caps.close(minute, negative, rows)
        decisions = self.bank.close(minute, negative, mentions, learned)
        if self.config.levels:
            output.levels.extend(self.levels.minute(self.bank, minute, negative, mentions))
        if minute % HOUR_MINUTES == 0:
            self._memory.sources.forget(minute)
            self._memory.standing.forget(minute)
        return decisions

    def _end(self, output: Output) -> None:
        """Forget the baselines after a silence that none outlives, such as a wrong clock leaves; begin anew later."""
        self.bank = Bank(self.config.policy, self.bank.size, codes=self.bank.codes)
        self.next_minute, self.silent = None, True
        output.count("baselines_ended")

    def _end_hour(self, end: int, output: Output) -> None:
        expected = self.bank.nearest(np.arange(self.bank.size)).expected
        self._memory.guarding.expectations.note(end - HOUR_MINUTES, expected)
        self._memory.crowd.forget(end)
        positive = self._memory.positives(end - HOUR_MINUTES)
        if self.config.levels:
            output.levels.extend(self.levels.hour(self.bank, end - 1, positive))
