"""Signed JSON for programs: our own webhook body, and the same as a CloudEvent."""

from collections.abc import Mapping

import msgspec

from alerts.channels.message import Message, Notice, Option

_encode = msgspec.json.Encoder(order="deterministic").encode


def webhook_message(notice: Notice, _: Option) -> Message:
    """The form that Standard Webhooks proposes: type, timestamp, data."""
    finding = notice.alert.finding
    body = {"type": f"alert.{finding.reason}", "timestamp": finding.fired_at, "data": notice.data}
    return Message("application/json", _encode(body))


def erased_message(id_: str, at: str, data: Mapping[str, object], *, cloudevent: bool, source: str = "") -> Message:
    """What tells a program that mentions it was shown are to be erased there, too: references only, no text."""
    if not cloudevent:
        return Message("application/json", _encode({"type": "mention.erased", "timestamp": at, "data": data}))
    body = {
        "specversion": "1.0",
        "id": id_,
        "source": source or "/canhbao",
        "type": "vn.canhbao.mention.erased",
        "time": at,
        "datacontenttype": "application/json",
        "data": data,
    }
    return Message("application/cloudevents+json", _encode(body))


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
