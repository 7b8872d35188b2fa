"""What wakes people."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.message import Option
from alerts.channels.paging import pagerduty_message, shortened, sms_message
from alerts.model import AlertState, Severity
from tests.alerts.channels.notices import LINK, OPTION, notice

SMS = Option(to=("+84900000000",), key="bearer-1", sender="CANHBAO")


@pytest.mark.parametrize(
    ("severity", "theirs"),
    [
        (Severity.NOTICE, "info"),
        (Severity.WARNING, "warning"),
        (Severity.SERIOUS, "error"),
        (Severity.CRITICAL, "critical"),
    ],
)
def test_pagerduty_is_told_the_severity_on_its_scale(severity: Severity, theirs: str) -> None:
    event = json.loads(pagerduty_message(notice(severity=severity), OPTION).body)
    assert event["payload"]["severity"] == theirs
    assert (event["event_action"], event["routing_key"], event["client_url"]) == ("trigger", "k-1", LINK)


def test_revisions_of_an_alert_are_one_incident_and_its_end_resolves_it() -> None:
    first = json.loads(pagerduty_message(notice(), OPTION).body)
    end = json.loads(pagerduty_message(notice(revision=5, state=AlertState.RESOLVED), OPTION).body)
    drill = json.loads(pagerduty_message(notice(run="drill-1"), OPTION).body)
    assert first["dedup_key"] == end["dedup_key"] != drill["dedup_key"]
    assert end["event_action"] == "resolve"


def test_an_sms_carries_recipient_text_id_and_sender() -> None:
    message = sms_message(notice(), SMS)
    sent = json.loads(message.body)
    assert set(sent) == {"to", "text", "id", "sender"}
    assert sent["text"].startswith("Cảnh báo – Thái Nguyên: 1.200")
    assert dict(message.headers) == {"authorization": "Bearer bearer-1"}


def test_a_gateway_may_have_names_of_its_own_and_plain_letters() -> None:
    option = Option(to=("0900000000",), diacritics=False, fields=(("text", "content"), ("to", "phone")))
    sent = json.loads(sms_message(notice(), option).body)
    assert set(sent) == {"phone", "content", "id"}
    assert sent["content"].startswith("Canh bao - Thai Nguyen: 1.200")


@given(st.text(max_size=2000), st.booleans())
def test_an_sms_has_at_most_three_parts(text: str, diacritics: bool) -> None:  # noqa: FBT001 - Hypothesis passes it so
    made = shortened(text, diacritics=diacritics)
    assert len(made) <= (201 if diacritics else 459)
    assert diacritics or made.isascii()
