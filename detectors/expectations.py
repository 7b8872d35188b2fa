"""What was expected of every organisation in each of the last hours: a gap is tested against its sum."""

import numpy as np
from numpy.typing import NDArray

from detectors.snapshots import SnapshotError, pack, unpack

Floats = NDArray[np.float64]

#: Hours that are remembered: more than mentions may come late.
HOURS = 26


class Expectations:
    """A rate an hour and organisation, in a ring.

    Parameters
    ----------
    size
        Organisations, row by row.

    Examples
    --------
    >>> expectations = Expectations(1)
    >>> for hour, rate in enumerate([0.1, 0.2, 0.3]):
    ...     expectations.note(60 * hour, np.array([rate]))
    >>> round(expectations.between(0, 30, 130), 3)
    18.0
    """

    def __init__(self, size: int) -> None:
        self._rates: Floats = np.zeros((HOURS, size))
        #: First minute of the last hour noted.
        self.newest: int | None = None

    def grow(self, size: int) -> None:
        """Add organisations of which nothing was expected yet."""
        more = np.zeros((HOURS, size - self._rates.shape[1]))
        self._rates = np.concatenate([self._rates, more], axis=1)

    def note(self, hour: int, rates: Floats) -> None:
        """Remember what was expected a minute in the hour that begins at a minute; hours come in turn."""
        if self.newest is not None:
            for missed in range(max(self.newest + 60, hour - 60 * HOURS), hour, 60):
                self._rates[missed // 60 % HOURS] = rates
        self._rates[hour // 60 % HOURS] = rates
        self.newest = hour

    def between(self, row: int, start: int, end: int) -> float:
        """Sum up what was expected of a row from one minute to another; hours not known are as the nearest known."""
        if self.newest is None:
            return 0.0
        total, at = 0.0, max(start, end - 60 * (HOURS - 1))
        while at < end:
            following = min(end, (at // 60 + 1) * 60)
            hour = min(max(at // 60 * 60, self.newest - 60 * (HOURS - 1)), self.newest)
            total += float(self._rates[hour // 60 % HOURS, row]) * (following - at)
            at = following
        return total

    def snapshot(self) -> bytes:
        """Everything that is remembered, exactly."""
        return pack({"newest": self.newest}, {"rates": self._rates})

    def resume(self, data: bytes) -> None:
        """Continue from a snapshot of the same organisations. Raises `SnapshotError` if it is none."""
        head, state = unpack(data)
        rates = state.get("rates")
        if rates is None or rates.shape != self._rates.shape:
            raise SnapshotError("the snapshot is of other organisations")
        self._rates, self.newest = rates, head["newest"]
