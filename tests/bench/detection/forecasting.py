"""How often what came lies in the interval that was forecast, on simulated organisations with crises."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from detectors.forecast import HORIZONS, Forecaster
from tests.bench.detection.sampling import Floats
from tests.bench.detection.world import BANDS, Simulation, World

SERIES = ("negative", "positive")


class Coverage(NamedTuple):
    """Of one horizon and series: share inside the interval, below and above it, and inside by band of volume."""

    inside: float
    below: float
    above: float
    by_band: Floats


def measured(simulation: Simulation) -> dict[tuple[int, str], Coverage]:
    """Forecast at every hour of the measured weeks and compare with what came."""
    world, forecaster = simulation.world, Forecaster(simulation.world.size)
    hours, made = [], []
    for day in simulation.days():
        counts = np.stack([day.negative, day.positive]).reshape(2, 24, 60, -1).sum(axis=2)
        for hour in range(24):
            forecaster.learn(day.first + 60 * hour, counts[:, hour])
            hours.append(counts[:, hour])
            made.append(forecaster.outlook())
    begin, found = 24 * 7 * world.quiet_weeks, {}
    for place, horizon in enumerate(HORIZONS):
        for series, name in enumerate(SERIES):
            low, high = [], []
            for at in range(begin, len(hours) - horizon):
                total = np.sum([one[series] for one in hours[at + 1 : at + 1 + horizon]], axis=0)
                low.append(total < made[at].low[place, series])
                high.append(total > made[at].high[place, series])
            below, above = np.mean(low, axis=0), np.mean(high, axis=0)
            inside = 1.0 - below - above
            by_band = np.array([inside[simulation.band == band].mean() for band in range(len(BANDS))])
            found[horizon, name] = Coverage(float(inside.mean()), float(below.mean()), float(above.mean()), by_band)
    return found


def show(worlds: Sequence[World]) -> None:
    """Print a row a horizon and series, the mean of the worlds; 0.90 is aimed at."""
    found = [measured(Simulation(world)) for world in worlds]
    print(f"{'hours':>5} {'series':<10}{'inside':>8}{'below':>8}{'above':>8}  by band {' '.join(BANDS)}")
    for key in found[0]:
        rows = [one[key] for one in found]
        inside, below, above = (float(np.mean([row[place] for row in rows])) for place in range(3))
        bands = "  ".join(f"{value:.3f}" for value in np.mean([row.by_band for row in rows], axis=0))
        print(f"{key[0]:>5} {key[1]:<10}{inside:>8.3f}{below:>8.3f}{above:>8.3f}  {bands}")
