"""Which alerts are one incident."""

import pytest

from alerts.incidents.grouping import above
from tests.alerts.incidents.changes import alert, ended, folded, groups, only

FLOOD = ("vỡ đê", "sơ tán", "cứu trợ", "ngập sâu")
FIRE = ("cháy chung cư", "lối thoát hiểm", "khói", "mặt nạ")


def test_alerts_of_one_organisation_are_one_incident() -> None:
    assert groups(folded(alert(1, "19", 0, *FLOOD), alert(2, "19", 30, *FIRE))) == [[1, 2]]


def test_alerts_of_several_organisations_with_the_same_mention_are_one_incident() -> None:
    first = alert(1, "19", 0, mentions_shown=("a", "b"))
    assert groups(folded(first, alert(2, "BYT", 5, mentions_shown=("b", "c")))) == [[1, 2]]


def test_alerts_of_several_organisations_with_the_same_new_words_are_one_incident() -> None:
    assert groups(folded(alert(1, "19", 0, *FLOOD), alert(2, "24", 5, "Vỡ đê", "SƠ TÁN", "mất điện"))) == [[1, 2]]


def test_alerts_of_different_causes_stay_apart() -> None:
    assert groups(folded(alert(1, "19", 0, *FLOOD), alert(2, "01", 1, *FIRE))) == [[1], [2]]


def test_one_word_in_common_is_not_enough() -> None:
    assert groups(folded(alert(1, "19", 0, *FLOOD), alert(2, "01", 1, "cứu trợ", *FIRE))) == [[1], [2]]


def test_words_in_everybodys_mouth_bring_nothing_together() -> None:
    common = ("người dân", "bức xúc")
    apart = [alert(n, f"{n}", n, f"x{n}", f"y{n}", f"z{n}", *common) for n in range(1, 9)]
    incidents = folded(*apart)
    assert len(groups(incidents)) >= 6


@pytest.mark.parametrize("order", [("so-y-te-19", "19"), ("19", "so-y-te-19")])
def test_a_body_and_the_one_above_it_are_one_incident(order: tuple[str, str]) -> None:
    parents = {"so-y-te-19": "19"}
    first, second = order
    assert groups(folded(alert(1, first, 0), alert(2, second, 5), parents=parents)) == [[1, 2]]
    assert groups(folded(alert(1, first, 0, *FLOOD), alert(2, second, 5, "vỡ đê", *FIRE), parents=parents)) == [[1, 2]]


def test_bodies_above_each_other_with_nothing_in_common_stay_apart() -> None:
    parents = {"so-y-te-19": "19"}
    assert groups(folded(alert(1, "so-y-te-19", 0, *FLOOD), alert(2, "19", 5, *FIRE), parents=parents)) == [[1], [2]]


def test_a_circle_of_parents_ends() -> None:
    assert above("a", {"a": "b", "b": "a"}) == ["b", "a"]


def test_what_begins_again_within_a_day_is_the_same_incident() -> None:
    incidents = folded(alert(1, "19", 0, *FLOOD), ended(1, "19", 60), alert(2, "19", 60 * 20, *FLOOD))
    incident = only(incidents)
    assert (incident.reopened, incident.state.value, len(incident.members)) == (1, "open", 2)


def test_what_begins_again_after_days_is_another_one() -> None:
    assert groups(folded(alert(1, "19", 0, *FLOOD), ended(1, "19", 60), alert(2, "19", 60 * 40, *FLOOD))) == [[1], [2]]


def test_two_incidents_that_turn_out_to_be_the_same_become_one() -> None:
    apart = folded(alert(1, "19", 0, *FLOOD, mentions_shown=("a",)), alert(2, "01", 1, *FIRE, mentions_shown=("b",)))
    assert groups(apart) == [[1], [2]]
    together = folded(alert(3, "BCA", 2, mentions_shown=("a", "b")), into=apart)
    assert groups(together) == [[1, 2, 3]]
    gone = next(one for one in together.known.values() if one.state.value == "merged")
    assert gone.merged_into == only(together).id
