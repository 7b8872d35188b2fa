"""What the detector knows of one organisation at a tick."""

import numpy as np

from detectors.bank import Bank
from detectors.decisions import Why
from detectors.layout import SERIES
from streams.reading.placing import MINUTE_MS as MINUTE
from streams.watching.counts import OpenMinutes


class Known:
    """A row of the bank with its open minutes: see `findings.Baseline`."""

    def __init__(self, bank: Bank, counts: OpenMinutes, row: int, tick: int) -> None:
        self._bank = bank
        self._counts = counts
        self._row = row
        self._tick = tick

    def expected_until(self, minute: int) -> float:
        """Negatives expected since the baselines began, until `minute` (exclusive)."""
        return self._bank.expected_until(self._row, minute)

    def why(self, series: str) -> Why | None:
        """What the series' newest closed window was tested against; `None` of a share, which has no windows."""
        return self._bank.why(self._row, SERIES.index(series)) if series in SERIES else None

    def present(self, series: str) -> tuple[float, float]:
        """Weekly probability of what the open minutes hold, and that of the single test."""
        first = self._bank.next_minute or 0
        width = max((self._tick - 1) // MINUTE - first + 1, 0)
        negative, _ = self._counts.window(np.array([self._row], dtype=np.int64), first, width)
        return self._bank.present(self._row, series, negative[0].tolist())
