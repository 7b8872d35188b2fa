"""The calendar: lunar dates computed, spells that end, and what baselines do in them."""

from datetime import date, timedelta
from math import floor, pi, sin

import numpy as np
import pytest

from detectors.bank import Bank, Kind
from detectors.calendar import Calendar, Spell, shipped
from detectors.policy import DEFAULT, Policy
from tests.detectors.series import DAY, MONDAY, ordinary, run

JULIAN_2000 = 2451545.0
MONTH = 29.530588861
FIRST = MONDAY // DAY + 1  # the Vietnamese day of `MONDAY`, counted from 1970


def new_moon(number: int) -> date:
    """Vietnamese day of a new moon, counted from the first of 2000 (Meeus, Astronomical Algorithms, chapter 49)."""
    t = number / 1236.85
    sun, moon, lat = (
        (a + b * number + c * t * t) * pi / 180
        for a, b, c in (
            (2.5534, 29.10535670, -0.0000014),
            (201.5643, 385.81693528, 0.0107582),
            (160.7108, 390.67050284, -0.0016118),
        )
    )  # fmt: skip
    e = 1 - 0.002516 * t
    at = 2451550.09766 + MONTH * number + 0.00015437 * t * t
    at += -0.40720 * sin(moon) + 0.17241 * e * sin(sun) + 0.01608 * sin(2 * moon) + 0.01039 * sin(2 * lat)
    at += 0.00739 * e * sin(moon - sun) - 0.00514 * e * sin(moon + sun) + 0.00208 * e * e * sin(2 * sun)
    at += -0.00111 * sin(moon - 2 * lat) - 0.00057 * sin(moon + 2 * lat) + 0.00056 * e * sin(2 * moon + sun)
    dynamic = 70.0 / 86400.0  # seconds by which clocks are behind
    return date(2000, 1, 1) + timedelta(days=floor(at - dynamic + 7 / 24 + 0.5) - floor(JULIAN_2000))


def month_after_solstice(year: int, months: int) -> date:
    """First day of the lunar month so many after the one with the winter solstice before a year."""
    solstice = date(year - 1, 12, 21)
    number = round((solstice - date(2000, 1, 6)).days / MONTH) + 1
    while new_moon(number) > solstice:
        number -= 1
    return new_moon(number + months)


@pytest.mark.parametrize("year", range(2025, 2031))
def test_lunar_days_are_those_of_the_sky_over_vietnam(year: int) -> None:
    new_year, kings = month_after_solstice(year, 2), month_after_solstice(year, 4) + timedelta(days=9)
    by_name = [(s.name, date.fromisoformat(s.first), date.fromisoformat(s.last)) for s in shipped()]
    tet = [
        (first, last)
        for name, first, last in by_name
        if name.startswith("Tết ") and first.year == year and "Dương" not in name
    ]
    assert len(tet) == 1
    assert tet[0][0] <= new_year - timedelta(days=1)
    assert new_year + timedelta(days=3) <= tet[0][1]
    assert any(name == "Giỗ Tổ Hùng Vương" and first == kings for name, first, _ in by_name)


def test_an_almanac_agrees() -> None:
    assert [month_after_solstice(year, 2) for year in (2025, 2026, 2027, 2030)] == [
        date(2025, 1, 29), date(2026, 2, 17), date(2027, 2, 6), date(2030, 2, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [("2026-02-02", "2026-02-01", 1.0), ("2026-02-01", "2026-02-02", 0.0)])
def test_a_spell_that_cannot_be_is_refused(wrong: tuple[str, str, float]) -> None:
    with pytest.raises(ValueError, match="spells"):
        Spell(*wrong)


def a_spell(first: int, days: int, times: float, *codes: str) -> Spell:
    """A spell that begins so many days after the first Monday."""
    begin = date(1970, 1, 1) + timedelta(days=FIRST + first)
    return Spell(begin.isoformat(), (begin + timedelta(days=days - 1)).isoformat(), times, codes)


def test_after_days_of_rest_what_was_usual_is_usual_again() -> None:
    negative = ordinary([1.0], days=36)
    negative[21 * DAY : 28 * DAY] = ordinary([0.25], days=7, seed=5)
    policies = (Policy(spells=(a_spell(21, 7, 0.6),)), Policy(spells=()))
    expected, fired = [], []
    for policy in policies:
        bank = Bank(policy, 1)
        made = run(bank, negative[: 28 * DAY + 600])
        expected.append(float(bank.nearest(np.array([0])).expected[0]))
        made += run(bank, negative[28 * DAY + 600 :])
        fired.append(sum(d.kind is Kind.FIRED for d in made if d.minute >= MONDAY + 28 * DAY))
    assert fired[0] <= fired[1], "the return of ordinary days is no news"
    assert expected[0] > 1.3 * expected[1], "without the calendar the level has sunk"


def test_an_announced_event_is_expected_of_those_it_concerns() -> None:
    policy = Policy(spells=(a_spell(10, 1, 3.0, "BGDDT"),))
    bank = Bank(policy, 2, codes=("BGDDT", "BYT"))
    run(bank, ordinary([0.5, 0.5], days=10)[:-1])
    before = bank.nearest(np.array([0, 1])).expected
    run(bank, ordinary([0.5, 0.5], days=1, seed=3)[:600])
    during = bank.nearest(np.array([0, 1])).expected
    assert during[0] > 2.0 * during[1]
    assert before[0] < 1.5 * before[1]


def test_the_shipped_calendar_is_the_policys() -> None:
    assert DEFAULT.spells == shipped()
    assert Calendar(shipped()).rest(20_501) is not None
