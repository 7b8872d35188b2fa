"""The measurements of guards and forecasts run, and find on a small world what they are to find."""

from detectors.bank import Bank
from detectors.policy import DEFAULT
from tests.bench.detection.forecasting import measured
from tests.bench.detection.guarding import Guarded, caused_by, tally
from tests.bench.detection.world import Simulation, World


def test_most_of_an_outage_is_held_back_and_hardly_a_crisis() -> None:
    world = World(901, per_band=4, quiet_weeks=2, weeks=4, collector=True, sources=3)
    simulation = Simulation(world)
    found = tally(simulation, Guarded(simulation, Bank(DEFAULT, world.size)).run())
    failures = [found[cause] for cause in ("outage", "surge") if cause in found]
    assert sum(one.held for one in failures) >= 0.7 * sum(one.alarms for one in failures) > 0
    assert found["crisis"].held <= 0.1 * found["crisis"].alarms


def test_failures_explain_what_began_while_they_lasted_and_soon_after() -> None:
    simulation = Simulation(World(901, per_band=1, weeks=4, collector=True))
    outage = next(one for one in simulation.failures if one.kind == "outage")
    assert caused_by(simulation.failures, outage.begin) == "outage"
    assert caused_by(simulation.failures, outage.until + 60) == "outage"
    assert caused_by([outage], outage.begin - 1) == ""


def test_intervals_hold_about_nine_of_ten_outcomes() -> None:
    for found in measured(Simulation(World(901, per_band=2, quiet_weeks=2, weeks=2))).values():
        assert 0.8 <= found.inside <= 0.99
