import numpy as np
import pytest

from tests.bench.detection.world import BANDS, FACTORS, SURGE, TET, WEEK, Simulation, World, shape


def small(**changed: int | bool) -> World:
    return World(**({"seed": 5, "per_band": 8, "quiet_weeks": 1, "weeks": 4, "crises": False} | changed))  # type: ignore[arg-type]


def test_a_day_is_the_same_whether_or_not_those_before_it_were_drawn() -> None:
    days = list(Simulation(small()).days())
    again = next(Simulation(small()).days(first=9))
    assert np.array_equal(days[9].negative, again.negative)
    assert np.array_equal(days[9].mentions, again.mentions)


def test_another_seed_is_another_world() -> None:
    one, other = (next(Simulation(small(seed=seed)).days()) for seed in (1, 2))
    assert not np.array_equal(one.negative, other.negative)


@pytest.mark.parametrize("minutes", [1, 60, 1440])
def test_counts_have_the_stated_mean_and_dispersion_at_every_scale(minutes: int) -> None:
    simulation = Simulation(small(per_band=40, positives=False))
    excess, squares = np.zeros(simulation.world.size), np.zeros(simulation.world.size)
    for day in simulation.days():
        seen, due = (v.reshape(-1, minutes, v.shape[1]).sum(axis=1) for v in (day.negative, day.expected))
        excess += (seen - due).sum(axis=0)
        squares += ((seen - due) ** 2 / simulation.dispersion).sum(axis=0)
    mean = simulation.rate * simulation.world.days * 1440
    for band in range(len(BANDS)):
        inside = simulation.band == band
        assert abs(excess[inside].sum()) < 6.0 * np.sqrt((3.0 * mean[inside]).sum())
        assert squares[inside].sum() / mean[inside].sum() == pytest.approx(1.0, abs=0.15)


def test_mentions_hold_what_they_are_made_of() -> None:
    day = next(Simulation(small(sources=3)).days())
    assert (day.negative + day.positive <= day.mentions).all()
    assert np.array_equal(day.split_negative.sum(axis=0), day.negative)
    assert np.array_equal(day.split_mentions.sum(axis=0), day.mentions)


def test_every_band_has_as_many_crises_of_each_factor() -> None:
    simulation = Simulation(small(per_band=9, weeks=6, crises=True))
    crises = simulation.crises
    for band in range(len(BANDS)):
        factors = crises.factor[simulation.band[crises.row] == band]
        assert [int((factors == factor).sum()) for factor in FACTORS] == [9, 9, 9]


def test_crises_of_an_organisation_are_a_week_apart_and_inside_what_is_measured() -> None:
    world = small(weeks=8, crises=True)
    crises = Simulation(world).crises
    assert (crises.onset >= world.measured).all()
    assert (crises.end < world.first + world.days * 1440).all()
    for row in range(world.size):
        assert (np.diff(crises.onset[crises.row == row]) >= WEEK).all()


def test_a_crisis_shows_in_the_counts_and_not_in_what_is_expected() -> None:
    calm, upset = Simulation(small()), Simulation(small(crises=True))
    crises = upset.crises
    place = int(np.flatnonzero((crises.factor == 20.0) & (upset.band[crises.row] == len(BANDS) - 1))[0])
    number = int(crises.onset[place] + crises.rise[place] - upset.world.first) // 1440
    before, after = next(calm.days(number)), next(upset.days(number))
    row = crises.row[place]
    assert np.array_equal(before.expected, after.expected)
    assert after.negative[:, row].sum() > 1.2 * before.negative[:, row].sum()


def test_an_outage_delays_mentions_and_loses_none() -> None:
    world = small(per_band=20, collector=True)
    simulation = Simulation(world)
    outage = next(f for f in simulation.failures if f.kind == "outage")
    day = next(simulation.days((outage.begin - world.first) // 1440))
    off, on, caught = (minute - day.first for minute in (outage.begin, outage.end, outage.until))
    assert day.mentions[off:on].sum() == 0
    assert day.delayed[:on].sum() == 0
    assert 0 < day.delayed[on:caught].sum() <= day.mentions[on:caught].sum()
    assert day.negative.sum() == pytest.approx(day.expected.sum(), rel=0.1)


def test_a_surge_of_the_collector_is_in_what_is_expected_of_all() -> None:
    plain, surged = Simulation(small()), Simulation(small(collector=True))
    surge = next(f for f in surged.failures if f.kind == "surge")
    number = (surge.begin - surged.world.first) // 1440
    before, after = next(plain.days(number)), next(surged.days(number))
    minute = surge.begin - before.first
    assert after.expected[minute] == pytest.approx(SURGE * before.expected[minute])
    assert after.expected[minute - 1] == pytest.approx(before.expected[minute - 1])


def test_tet_is_quieter() -> None:
    world = World(seed=3, per_band=4, quiet_weeks=1, weeks=8)
    simulation = Simulation(world)
    number = (TET[1] - world.start).days
    ordinary, holiday = next(simulation.days(number - 7)), next(simulation.days(number))
    assert (holiday.expected.sum(axis=0) < ordinary.expected.sum(axis=0)).all()


def test_a_crisis_rises_to_its_peak_and_halves_in_its_half_life() -> None:
    rise, half_life = np.array(10.0), np.array(60.0)
    course = [float(shape(np.array(minute), rise, half_life)) for minute in (-5.0, 0.0, 5.0, 10.0, 70.0)]
    assert course == pytest.approx([0.0, 0.0, 0.5, 1.0, 0.5])
