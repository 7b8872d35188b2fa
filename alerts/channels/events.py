"""Signed JSON for programs: our own webhook body, and the same as a CloudEvent."""

import msgspec

from alerts.channels.message import Message, Notice, Option

_encode = msgspec.json.Encoder(order="deterministic").encode


def webhook_message(notice: Notice, _: Option) -> Message:
    """The form that Standard Webhooks proposes: type, timestamp, data."""
    finding = notice.alert.finding
    body = {"type": f"alert.{finding.reason}", "timestamp": finding.fired_at, "data": notice.data}
    return Message("application/json", _encode(body))


def cloudevents_message(notice: Notice, option: Option) -> Message:
    """A CloudEvent (version 1.0) in structured JSON; `id` and `source` are the same in every attempt."""
    finding = notice.alert.finding
    body = {
        "specversion": "1.0",
        "id": notice.id,
        "source": option.sender or "/canhbao",
        "type": f"vn.canhbao.alert.{finding.reason}",
        "subject": finding.organisation,
        "time": finding.fired_at,
        "datacontenttype": "application/json",
        "data": notice.data,
    }
    return Message("application/cloudevents+json", _encode(body))
