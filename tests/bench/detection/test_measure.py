import numpy as np
import pytest

from tests.bench.detection import measure
from tests.bench.detection.measure import Alarms, Exceeding, Judged, alarms_above, false_alarms, judge, pooled
from tests.bench.detection.world import FACTORS, Simulation, World

SIMULATION = Simulation(World(seed=2, per_band=6, quiet_weeks=1, weeks=4))


def at(rows: list[int], minutes: list[int], *, new: bool = True) -> Alarms:
    return Alarms(np.array(rows, dtype=np.int64), np.array(minutes, dtype=np.int64), np.full(len(rows), new))


def judged(rows: list[int], minutes: list[int], *, new: bool = True) -> Judged:
    return judge(SIMULATION, at(rows, minutes, new=new))


def test_an_alarm_in_each_crisis_finds_all_and_none_is_false() -> None:
    crises = SIMULATION.crises
    found = judged(crises.row.tolist(), (crises.onset + 4).tolist())
    assert found.delay.tolist() == [5.0] * len(crises.row)
    assert found.false.sum() == 0


def test_no_alarms_find_nothing() -> None:
    found = judged([], [])
    assert not np.isfinite(found.delay).any()
    assert false_alarms(found).a_week == 0.0


@pytest.mark.parametrize(("new", "false"), [(True, 1), (False, 0)])
def test_only_a_new_alarm_can_be_false(new: bool, false: int) -> None:  # noqa: FBT001
    calm = int(SIMULATION.crises.onset[0]) - 1
    found = judged([int(SIMULATION.crises.row[0])], [calm], new=new)
    assert found.false.sum() == false
    assert not np.isfinite(found.delay).any()


def test_an_alarm_while_a_crisis_fades_is_neither_a_hit_nor_false() -> None:
    crises = SIMULATION.crises
    found = judged([int(crises.row[0])], [int(crises.end[0]) + 1])
    assert found.false.sum() == 0
    assert not np.isfinite(found.delay).any()


def test_what_is_not_measured_is_not_counted() -> None:
    assert judged([0], [SIMULATION.world.first]).false.sum() == 0


def test_a_crisis_of_another_organisation_excuses_nothing() -> None:
    crises = SIMULATION.crises
    last = int(crises.row[crises.onset < crises.onset.min() + 7 * 1440][-1])
    begins = crises.onset[crises.row == last].min()
    earlier = crises.onset[(crises.row != last) & (crises.onset < begins)]
    assert judged([last], [int(earlier[0])]).false.sum() == 1


def test_a_scorer_alarms_once_until_it_has_been_quiet_for_long_enough() -> None:
    minutes = np.array([10, 11, 700, 1421, 5])
    kept = Exceeding(np.array([0, 0, 0, 0, 1]), minutes, np.array([2.0, 5.0, 2.0, 2.0, 2.0]))
    assert alarms_above(kept, 1.0).minute.tolist() == [10, 1421, 5]
    assert alarms_above(kept, 3.0).minute.tolist() == [11]
    assert alarms_above(kept, np.array([9.0, 1.0])).row.tolist() == [1]


def test_simulations_are_pooled() -> None:
    found = judged([], [])
    both = pooled([found, found])
    assert measure.cell(both, range(5), FACTORS[0]).crises == 2 * measure.cell(found, range(5), FACTORS[0]).crises
    assert false_alarms(both).weeks == pytest.approx(2 * false_alarms(found).weeks)
