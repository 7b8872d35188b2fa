"""The body of an alert."""

import msgspec
import pytest

from alerts.wire import alert_body
from tests.alerts.examples import EXCERPT, FINDING, alert


def test_the_body_has_every_field_of_the_finding_by_its_name() -> None:
    body = alert_body(alert())
    given = msgspec.json.decode(msgspec.json.encode(FINDING))
    assert {name: body[name] for name in given if name != "representatives"} == {
        name: value for name, value in given.items() if name != "representatives"
    }
    assert (body["run"], body["drill"], body["stale"]) == ("", False, False)
    assert body["annotations"]["title"].startswith("Cảnh báo – Thái Nguyên")
    assert "tiêu cực" in body["annotations"]["summary"]


def test_representatives_carry_their_texts_where_they_are_there() -> None:
    first, second = alert_body(alert(), [EXCERPT])["representatives"]
    assert (first["id"], first["title"], first["url"]) == ("m1", EXCERPT.title, EXCERPT.url)
    assert (second["id"], second["title"], second["url"]) == ("m2", None, None)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", "//a.example.vn", "ftp://a.example.vn"])
def test_only_web_addresses_are_links(url: str) -> None:
    text = msgspec.structs.replace(EXCERPT, url=url)
    assert alert_body(alert(), [text])["representatives"][0]["url"] is None


def test_a_drill_is_marked() -> None:
    body = alert_body(alert(run="demo-1"))
    assert (body["run"], body["drill"]) == ("demo-1", True)
    assert body["annotations"]["title"].startswith("DIỄN TẬP")


def test_rendering_does_not_touch_the_finding() -> None:
    before = msgspec.json.encode(FINDING)
    alert_body(alert(), [EXCERPT])
    assert msgspec.json.encode(FINDING) == before
