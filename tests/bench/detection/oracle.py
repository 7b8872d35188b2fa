"""What could be found at best by counting: an alarm that knows each organisation's true baseline and dispersion.

It scans windows of several lengths with the exact distribution of their counts. What it does not know is when a crisis
comes, and how it will go on. Its thresholds, one a band, hold its false alarms at `BUDGET`; they were set on the
selection seeds by `python -m tests.bench.detection oracle`.
"""

from collections.abc import Iterator

import numpy as np
from scipy.special import betainc

from tests.bench.detection.sampling import Floats, Ints
from tests.bench.detection.world import DAY, Day, Simulation

#: False alarms an organisation and week.
BUDGET = 0.1
#: Minutes of the windows it scans.
WINDOWS = (1, 2, 4, 8, 15, 30, 60, 120, 240, 480)
#: -log10 of the most improbable window's chance above which it fires, by band.
THRESHOLDS = (4.85, 4.96, 5.2, 5.34, 5.55)
#: Standard deviations below which a window is not worth an exact figure.
_REMARKABLE = 2.0
_LEAST = 1e-300


def scores(simulation: Simulation) -> Iterator[tuple[Day, Floats]]:
    """Each day with -log10 of the chance of its minutes' most improbable windows, (minutes, organisations)."""
    reach = max(WINDOWS)
    size = simulation.world.size
    negative, expected = np.zeros((reach, size), dtype=np.int64), np.zeros((reach, size))
    for day in simulation.days():
        negative = np.concatenate((negative[-reach:], day.negative))
        expected = np.concatenate((expected[-reach:], day.expected))
        yield day, _scan(negative, expected, simulation.dispersion)


def _scan(negative: Ints, expected: Floats, dispersion: Floats) -> Floats:
    seen, due = (np.concatenate((np.zeros((1, v.shape[1]), v.dtype), v.cumsum(axis=0))) for v in (negative, expected))
    best = np.zeros((DAY, negative.shape[1]))
    for window in WINDOWS:
        count = seen[-DAY:] - seen[-DAY - window : -window]
        mean = due[-DAY:] - due[-DAY - window : -window]
        beyond = count - mean
        where = np.nonzero((beyond > 0.5) & (beyond * beyond > _REMARKABLE**2 * dispersion * mean))
        spread = dispersion[where[1]]
        size = np.maximum(mean[where], 1e-9) / (spread - 1.0)
        chance = betainc(count[where].astype(np.float64), size, 1.0 - 1.0 / spread)
        found = -np.log10(np.maximum(chance, _LEAST))
        best[where] = np.maximum(best[where], found)
    return best
