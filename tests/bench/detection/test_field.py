from dataclasses import replace

import numpy as np
import pytest

from tests.bench.detection import field, rivers, rules
from tests.bench.detection.measure import alarms_above, exceeding
from tests.bench.detection.rules import Past
from tests.bench.detection.sampling import Floats, Ints
from tests.bench.detection.world import DAY, Day, Simulation, World

SMALL = World(seed=4, per_band=2, quiet_weeks=2, weeks=2)


def past(counts: Ints) -> Past:
    """Days of one organisation with these negatives."""
    rows = counts[:, None]
    blank = rows[:DAY]
    return Past([
        Day(0, blank.astype(float), rows[begin : begin + DAY], blank, blank, blank, blank[None], blank[None])
        for begin in range(0, len(rows), DAY)
    ])  # fmt: skip


def steady(each: int = 6) -> Ints:
    return np.full(15 * DAY, each, dtype=np.int64)


@pytest.mark.parametrize(
    ("rule", "usual"),
    [
        (rules.hour_against_week, 1.0), (rules.day_against_week, 0.0), (rules.minutes_against_hours, 1.0),
        (rules.hour_rechecked, 1.0), (rules.ears, 0.0), (rules.seasonal_hybrid_esd, 0.0),
    ],
)  # fmt: skip
def test_a_rule_finds_nothing_in_a_steady_series_and_much_in_a_flood(rule: rules.Rule, usual: float) -> None:
    calm: Floats = rule(past(steady()))
    assert calm == pytest.approx(usual)
    flood = steady()
    flood[-120:] *= 10
    assert rule(past(flood))[-1, 0] > usual + 0.5


def test_a_rule_sees_nothing_that_comes_later() -> None:
    flood = steady()
    flood[-60:] *= 10
    for _, rule, _ in rules.RULES:
        assert np.array_equal(rule(past(flood))[:-60], rule(past(steady()))[:-60])


@pytest.mark.parametrize(("name", "make"), rivers.RIVERS, ids=[name for name, _ in rivers.RIVERS])
def test_every_detector_of_river_scores_a_flood_above_what_is_usual(name: str, make: rivers.Make) -> None:
    peer, rng = make(), np.random.default_rng(3)
    usual = [peer.step(float(np.log1p(value))) for value in rng.poisson(20, 600)]
    flood = peer.step(float(np.log1p(400)))
    assert flood > float(np.median(usual[200:])), name
    assert np.isfinite([*usual, flood]).all()


def test_thresholds_keep_to_the_budget_in_every_band() -> None:
    simulation = Simulation(replace(SMALL, crises=False))
    kept = exceeding(rules.scores(simulation, rules.hour_against_week), 0.0)
    limits = field.thresholds(simulation, kept)
    alarms = alarms_above(kept, limits[simulation.band])
    late = alarms.row[alarms.minute >= simulation.world.measured]
    for band in field.ALL:
        weeks = np.count_nonzero(simulation.band == band) * simulation.world.weeks
        assert np.count_nonzero(simulation.band[late] == band) / weeks <= field.BUDGET
