"""Recall, delay, false alarms and calibration on simulated organisations.

    python -m tests.bench.detection [recall|calibration|field|guards|forecast|oracle] [--full] [--evaluation]
        [--budget B] [--drift D]

`recall` holds the shipped detector beside the oracle; `calibration` holds budgets against what is measured; `field`
holds it beside others' (`--peers rules` takes some minutes, `--peers river` a quarter of an hour); `guards` counts
what is held back of injected crises, outages and surges; `forecast` how often outcomes lie in the intervals. Without
`--evaluation` the selection seeds are used: settings are chosen on those, figures are quoted from the others.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from detectors.bank import Bank
from detectors.policy import DEFAULT, Policy
from tests.bench.detection import diagram, field, forecasting, guarding, measure, oracle
from tests.bench.detection.diagram import Point
from tests.bench.detection.field import ALL, BUSY
from tests.bench.detection.measure import Judged
from tests.bench.detection.world import BANDS, EVALUATION, FACTORS, SELECTION, Simulation, World

#: Budgets that are held against what is measured, in false alarms a week.
BUDGETS = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)

Make = Callable[[int], measure.Closes]


def of_bank(make: Make, worlds: Sequence[World]) -> Judged:
    """Judge a bank, fresh in each world."""
    found = []
    for world in worlds:
        simulation = Simulation(world)
        found.append(measure.judge(simulation, measure.alarms_of(make(world.size), simulation.days())))
    return measure.pooled(found)


def of_oracle(worlds: Sequence[World]) -> Judged:
    """Judge the oracle at its thresholds."""
    found, limits = [], np.array(oracle.THRESHOLDS)
    for world in worlds:
        simulation = Simulation(world)
        kept = measure.exceeding(oracle.scores(simulation), min(oracle.THRESHOLDS))
        found.append(measure.judge(simulation, measure.alarms_above(kept, limits[simulation.band])))
    return measure.pooled(found)


def oracle_thresholds(worlds: Sequence[World]) -> list[float]:
    """The least threshold of each band that keeps the oracle's false alarms within its budget."""
    simulations = [Simulation(world) for world in worlds]
    kept = [measure.exceeding(oracle.scores(simulation), 3.0) for simulation in simulations]
    chosen = []
    for band in ALL:
        low, high = 3.0, 12.0
        while high - low > 0.005:
            middle = (low + high) / 2.0
            judged = [measure.judge(s, measure.alarms_above(k, middle)) for s, k in zip(simulations, kept, strict=True)]
            if measure.false_alarms(measure.pooled(judged), [band]).a_week > oracle.BUDGET:
                low = middle
            else:
                high = middle
        chosen.append(round(high, 2))
    return chosen


def show_recall(detector: Judged, ideal: Judged) -> None:
    """The table: a row a band and factor, the detector beside the oracle."""
    print(f"{'negatives/min':<14}{'peak':>5}{'crises':>8}{'recall':>8}{'oracle':>8}{'ratio':>7}", end="")
    print(f"{'delay':>8}{'oracle':>8}{'allowed':>9}{'false/week':>12}{'90 %':>16}{'oracle':>8}")
    for name, bands in [*((band, [place]) for place, band in enumerate(BANDS)), (">= 1", BUSY), ("all", ALL)]:
        for factor in FACTORS:
            mine, best = (measure.cell(judged, bands, factor) for judged in (detector, ideal))
            allowed = 1.3 * best.delay + 1.0
            print(f"{name:<14}{factor:>4.0f}x{mine.crises:>8}{mine.recall:>8.3f}{best.recall:>8.3f}", end="")
            print(f"{mine.recall / best.recall if best.recall else 1.0:>7.2f}", end="")
            print(f"{mine.delay:>8.0f}{best.delay:>8.0f}{allowed:>9.0f}", end="")
            if factor == FACTORS[0]:
                false, least = measure.false_alarms(detector, bands), measure.false_alarms(ideal, bands)
                print(f"{false.a_week:>12.3f}{f'{false.low:.3f}-{false.high:.3f}':>16}{least.a_week:>8.3f}", end="")
            print()


def show_calibration(make: Callable[[float], Make], budgets: Sequence[float], worlds: Sequence[World]) -> list[Point]:
    """The table: a row a budget, what was measured of all and of each band."""
    print(f"{'budget':>7}{'measured':>10}{'90 %':>16}{'weeks':>8}{'ratio':>7}  holds  {'by band':<}")
    points = []
    for budget in budgets:
        judged = of_bank(make(budget), worlds)
        false = measure.false_alarms(judged)
        holds = false.low <= budget <= false.high and 1 / 1.5 <= false.a_week / budget <= 1.5
        points.append(Point(budget, false, {BANDS[band]: measure.false_alarms(judged, [band]) for band in ALL}))
        bands = "  ".join(f"{rate.a_week:.3f}" for rate in points[-1].bands.values())
        print(f"{budget:>7.2f}{false.a_week:>10.3f}{f'{false.low:.3f}-{false.high:.3f}':>16}", end="")
        print(f"{false.weeks:>8.0f}{false.a_week / budget:>7.2f}  {'yes' if holds else 'no':<5}  {bands}", flush=True)
    return points


def shipped(budget: float) -> Make:
    """Banks of the shipped policy at a budget."""
    policy: Policy = replace(DEFAULT, budget=budget)
    return lambda size: Bank(policy, size)


def main() -> None:
    """Run what is asked and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "what", nargs="?", choices=("recall", "calibration", "field", "guards", "forecast", "oracle"), default="recall"
    )
    parser.add_argument("--full", action="store_true", help="more organisations: minutes instead of seconds")
    parser.add_argument("--evaluation", action="store_true", help="the seeds that figures are quoted from")
    parser.add_argument("--budget", type=float, default=oracle.BUDGET)
    parser.add_argument("--budgets", type=float, nargs="+", default=BUDGETS)
    parser.add_argument("--drift", type=float, default=0.0, help="weekly standard deviation of the level's logarithm")
    parser.add_argument("--peers", choices=("rules", "river", "all", "none"), default="rules")
    parser.add_argument("--diagram", type=Path, help="with calibration: draw the reliability diagram there (SVG)")
    asked = parser.parse_args()
    seeds = EVALUATION if asked.evaluation else SELECTION
    began = time.perf_counter()
    if asked.what == "field":
        worlds = [field.calm().world, field.upset().world]
        rows = [field.of_bank("this detector, as shipped", shipped(asked.budget))]
        field.show([*rows, *(field.measured(peer) for peer in field.peers(asked.peers))])
    elif asked.what == "oracle":
        worlds = [World(seed, per_band=100, quiet_weeks=1, crises=False) for seed in SELECTION[:2]]
        print("THRESHOLDS =", tuple(oracle_thresholds(worlds)))
    elif asked.what == "calibration":
        crowd = 80 if asked.full else 40
        worlds = [World(seed, per_band=crowd, crises=False, drift=asked.drift) for seed in seeds[:1]]
        points = show_calibration(shipped, asked.budgets, worlds)
        if asked.diagram is not None:
            title = f"{points[0].all_bands.weeks:,.0f} organisation-weeks a budget"
            asked.diagram.write_text(diagram.draw(title, points), encoding="utf-8")
    elif asked.what == "guards":
        crowd = 40 if asked.full else 20
        worlds = [World(seed, per_band=crowd, collector=True, sources=5) for seed in seeds[: 4 if asked.full else 1]]
        policy = replace(DEFAULT, budget=asked.budget)
        guarding.show(worlds, lambda size: Bank(policy, size))
    elif asked.what == "forecast":
        worlds = [World(seed, weeks=4) for seed in seeds[: 3 if asked.full else 1]]
        forecasting.show(worlds)
    else:
        crowd, many, weeks = (100, 2, 4) if asked.full else (80, 1, 2)
        worlds = [World(seed, per_band=crowd, weeks=weeks, drift=asked.drift) for seed in seeds[:many]]
        show_recall(of_bank(shipped(asked.budget), worlds), of_oracle(worlds))
    print(f"({time.perf_counter() - began:.0f} s, seeds {', '.join(str(world.seed) for world in worlds)})")


if __name__ == "__main__":
    main()
