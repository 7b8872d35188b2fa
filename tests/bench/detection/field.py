"""The field side by side: what each finds at the same rate of false alarms, on the same streams.

Peers get a threshold for each band of volume, set on calm streams of a selection seed; what is shown is measured on an
evaluation seed. This detector runs as it is shipped, at the same budget, and has no threshold to set.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tests.bench.detection import measure, oracle, rivers, rules
from tests.bench.detection.measure import Exceeding, Judged
from tests.bench.detection.sampling import Floats
from tests.bench.detection.world import BANDS, EVALUATION, FACTORS, SELECTION, Day, Simulation, World

BUDGET = 0.1
#: Organisations in each band: river's detectors cost up to a fifth of a millisecond a step.
CROWD = 20
BUSY = tuple(place for place, band in enumerate(BANDS) if float(band.split("-")[0]) >= 1.0)
ALL = tuple(range(len(BANDS)))


class Peer(NamedTuple):
    """A scorer by name, and the threshold that is published for it, if one is."""

    name: str
    scores: Callable[[Any], Iterator[tuple[Day, Floats]]]
    published: float | None


def peers(kind: str) -> list[Peer]:
    """Those of a kind: ``rules``, ``river``, or ``all``."""
    found = []
    if kind in {"rules", "all"}:
        found += [Peer("oracle: knows baseline and dispersion", oracle.scores, None)]
        found += [Peer(name, partial(rules.scores, rule=rule), at) for name, rule, at in rules.RULES]
    if kind in {"river", "all"}:
        found += [Peer(name, partial(rivers.scores, make=make), None) for name, make in rivers.RIVERS]
    return found


def calm(seed: int = SELECTION[5]) -> Simulation:
    """Streams without crises."""
    return Simulation(World(seed, per_band=CROWD, weeks=4, crises=False))


def upset(seed: int = EVALUATION[5]) -> Simulation:
    """Streams with them."""
    return Simulation(World(seed, per_band=CROWD, weeks=4))


def thresholds(simulation: Simulation, kept: Exceeding) -> Floats:
    """The least threshold of each band that keeps its false alarms within `BUDGET`."""
    chosen = []
    for band in ALL:
        inside = simulation.band[kept.row] == band
        mine = Exceeding(kept.row[inside], kept.minute[inside], kept.score[inside])
        chosen.append(_least(simulation, mine, np.unique(mine.score)[::-1], band))
    return np.array(chosen)


def _least(simulation: Simulation, kept: Exceeding, levels: Floats, band: int) -> float:
    """Go down from the highest level until the budget is exceeded: far below, all alarms melt into few endless ones."""
    if not len(levels):
        return np.inf
    fine, step = 0, 1
    while fine + step < len(levels) and _rate(simulation, kept, float(levels[fine + step]), band) <= BUDGET:
        fine, step = fine + step, 2 * step
    while step > 1:
        step //= 2
        if fine + step < len(levels) and _rate(simulation, kept, float(levels[fine + step]), band) <= BUDGET:
            fine += step
    return float(levels[fine])


def _rate(simulation: Simulation, kept: Exceeding, threshold: float, band: int) -> float:
    alarms = measure.alarms_above(kept, threshold)
    late = alarms.minute >= simulation.world.measured
    return float(late.sum()) / (np.count_nonzero(simulation.band == band) * simulation.world.weeks)


class Row(NamedTuple):
    """A row of the table: false alarms a week as published, if it has a threshold, and all else at `BUDGET`."""

    name: str
    published: float | None
    judged: Judged


def measured(peer: Peer) -> Row:
    """Set a peer's thresholds, and judge it."""
    quiet, loud = calm(), upset()
    kept = measure.exceeding(peer.scores(quiet), 0.0)
    limits = thresholds(quiet, kept)
    published = None
    if peer.published is not None:
        alarms = measure.alarms_above(kept, peer.published)
        late = np.count_nonzero(alarms.minute >= quiet.world.measured)
        published = late / (quiet.world.size * quiet.world.weeks)
    kept = measure.exceeding(peer.scores(loud), float(limits.min()))
    return Row(peer.name, published, measure.judge(loud, measure.alarms_above(kept, limits[loud.band])))


def of_bank(name: str, make: Callable[[int], measure.Closes]) -> Row:
    """Judge this detector, as it is shipped."""
    loud = upset()
    return Row(name, None, measure.judge(loud, measure.alarms_of(make(loud.world.size), loud.days())))


def show(rows: Sequence[Row]) -> None:
    """The table, in Markdown as it stands in the README."""
    heads = [f"{factor:g} x" for factor in FACTORS]
    print(f"| at {BUDGET:g} false alarms | as published | measured | {' | '.join([*heads, *heads])} |")
    print(f"| --- | {' | '.join(['---:'] * (2 + 2 * len(heads)))} |")
    for row in rows:
        cells = [
            "" if row.published is None else f"{row.published:.2f}",
            f"{measure.false_alarms(row.judged).a_week:.2f}",
            *_cells(row.judged, BUSY),
            *_cells(row.judged, ALL),
        ]
        print(f"| {row.name} | {' | '.join(cells)} |", flush=True)


def _cells(judged: Judged, bands: Sequence[int]) -> list[str]:
    found = [measure.cell(judged, bands, factor) for factor in FACTORS]
    return [f"{each.recall:.2f}, {each.delay:.0f} min" if each.recall else "0.00" for each in found]
