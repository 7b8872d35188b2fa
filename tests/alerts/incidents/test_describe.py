"""How an incident is told in Vietnamese."""

import json

from alerts.incidents import describe
from alerts.incidents.handling import Acknowledge, Assign, Conclude, Merge, Rename, Resolve, handle
from alerts.incidents.model import Conclusion
from alerts.incidents.wire import incident_body
from tests.alerts.incidents.changes import NOON, alert, ended, folded, only

HOSTILE = "<script>\u202e\r\nBcc: x"


def test_a_name_says_whom_it_is_about_and_what_is_new() -> None:
    one = only(folded(alert(1, "19", 0, "vỡ đê", "sơ tán")))
    assert describe.name(one) == "Đơn vị 19: sơ tán; vỡ đê"
    many = only(folded(*(alert(n, f"{n}", n, "vỡ đê", "sơ tán") for n in range(1, 8))))
    assert describe.name(many).startswith("Đơn vị 1, Đơn vị 2, Đơn vị 3 và 4 đơn vị khác: ")
    assert describe.name(only(folded(alert(1, "19", 0)))) == "Đơn vị 19"


def test_a_summary_says_how_it_stands() -> None:
    incidents = folded(alert(1, "19", 0))
    id_ = only(incidents).id
    assert "Còn 1 cảnh báo đang diễn ra. Chưa có người tiếp nhận." in describe.summary(only(incidents))
    for act in (Acknowledge(), Assign("phòng báo chí"), Conclude(Conclusion.FALSE), Resolve()):
        handle(incidents, id_, act, "truc-ban", NOON)
    told = describe.summary(only(incidents))
    for part in ("truc-ban đã xác nhận tiếp nhận lúc", "Đã giao xử lý cho phòng báo chí.", "Đã kết thúc lúc"):
        assert part in told
    assert "Kết luận: cảnh báo sai." in told
    quiet = folded(alert(1, "19", 0), ended(1, "19", 1))
    assert "Hiện không còn cảnh báo nào đang diễn ra." in describe.summary(only(quiet))


def test_a_merged_one_says_so() -> None:
    incidents = folded(alert(1, "19", 0), alert(2, "01", 1))
    first, second = incidents.known.values()
    handle(incidents, second.id, Merge(first.id), "a", NOON)
    assert "Đã nhập vào một vụ việc khác." in describe.summary(incidents.known[second.id])


def test_names_of_strangers_lose_their_hidden_signs() -> None:
    incidents = folded(alert(1, "19", 0, HOSTILE))
    handle(incidents, only(incidents).id, Rename(HOSTILE), "a", NOON)
    told = json.dumps(incident_body(only(incidents))["annotations"], ensure_ascii=False)
    assert "\u202e" not in told
    assert "\\r" not in told
