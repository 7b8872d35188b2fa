"""Signed JSON for programs."""

import json

from alerts.channels.events import cloudevents_message, webhook_message
from alerts.channels.message import Option
from tests.alerts.channels.notices import OPTION, notice


def test_a_webhook_says_type_time_and_data() -> None:
    sent = json.loads(webhook_message(notice(), OPTION).body)
    assert (sent["type"], sent["timestamp"]) == ("alert.fired", "2026-11-22T07:05:00.000Z")
    assert sent["data"]["organisation"] == "19"


def test_a_cloudevent_has_what_the_specification_requires() -> None:
    message = cloudevents_message(notice(), Option())
    sent = json.loads(message.body)
    assert message.content_type == "application/cloudevents+json"
    assert {"specversion", "id", "source", "type"} <= set(sent)
    assert (sent["specversion"], sent["id"], sent["subject"]) == ("1.0", "msg_1", "19")
    assert sent["data"] == json.loads(webhook_message(notice(), OPTION).body)["data"]
