"""Roles and former names of the negative mentions, by minute."""

from alerts.model import FormerName, RoleCount
from streams.watching.counts import HOURS_KEPT
from streams.watching.envelopes import BLAME, EVENT, UNATTRIBUTED, Reading
from streams.watching.standing import NAMES_SHOWN, Standing

NOW = 500_000


def reading(*organisations: str, roles: tuple[int, ...] = (), former: tuple[tuple[str, str], ...] = ()) -> Reading:
    return Reading(0, 0, 0, b"i" * 16, "a", 0, organisations, 0.9, 0.0, 1, roles=roles, former=former)


def test_roles_are_counted_for_each_organisation_the_strongest_first() -> None:
    standing = Standing()
    both = reading("19", "BYT", roles=(0, 3))
    for minute, one in ((NOW - 5, both), (NOW - 4, both), (NOW - 3, reading("BYT", roles=(1,)))):
        for code in one.organisations:
            standing.add(code, minute, one)
    assert standing.since("BYT", NOW - 10, NOW)[0] == (RoleCount("blamed", 2), RoleCount("responsible", 1))
    assert standing.since("BYT", NOW - 4, NOW)[0] == (RoleCount("blamed", 1), RoleCount("responsible", 1))
    assert standing.since("19", NOW - 10, NOW) == ((RoleCount("mentioned", 2),), ())
    assert standing.since("46", NOW - 10, NOW) == ((), ())


def test_former_names_count_for_the_body_responsible_the_most_frequent_first() -> None:
    standing = Standing()
    old = (("BKHCN", "Bộ TT&TT"), ("33", "Thái Bình"))
    standing.add("BKHCN", NOW, reading("33", "BKHCN", former=old))
    standing.add("BKHCN", NOW, reading("BKHCN", former=(("BKHCN", "Bộ TTTT"),)))
    standing.add("BKHCN", NOW, reading("BKHCN", former=(("BKHCN", "Bộ TTTT"),)))
    assert standing.since("BKHCN", NOW, NOW)[1] == (FormerName("Bộ TTTT", 2), FormerName("Bộ TT&TT", 1))
    for number in range(2 * NAMES_SHOWN):
        standing.add("33", NOW, reading("33", former=(("33", f"tên {number}"),)))
    assert len(standing.since("33", NOW, NOW)[1]) == NAMES_SHOWN


def test_nobody_has_no_role() -> None:
    standing = Standing()
    standing.add(UNATTRIBUTED, NOW, reading(UNATTRIBUTED))
    assert standing.since(UNATTRIBUTED, NOW, NOW) == ((), ())


def test_hours_that_are_over_are_not_told_whether_forgotten_or_not() -> None:
    standing = Standing()
    standing.add("19", NOW, reading("19"))
    later = NOW + (HOURS_KEPT + 2) * 60
    assert standing.since("19", NOW, later) == ((), ())
    standing.forget(later)
    assert standing.parts() == {}


def test_what_is_written_is_read_back() -> None:
    standing, again = Standing(), Standing()
    standing.add("19", NOW, reading("19", roles=(2,), former=(("19", "Bắc Kạn"),)))
    standing.add("46", NOW + 90, reading("46"))
    again.take(standing.parts())
    assert again.parts() == standing.parts()
    assert again.since("19", NOW, NOW) == ((RoleCount("rescuing", 1),), (FormerName("Bắc Kạn", 1),))


def test_blame_and_events_are_counted_by_window() -> None:
    standing = Standing()
    for minute, tells in ((1, BLAME), (2, BLAME), (2, EVENT), (3, 0)):
        standing.add("19", minute, Reading(0, 0, 0, b"", "a", 0, ("19",), 0.9, 0.0, 1, tells=tells))
    assert standing.told("19", 0, 5) == (2, 1)
    assert standing.told("19", 2, 5) == (1, 1)
    assert standing.told("01", 0, 5) == (0, 0)
    again = Standing()
    again.take(standing.parts())
    assert again.told("19", 0, 5) == (2, 1)
