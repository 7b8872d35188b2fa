"""Machines that wake people: PagerDuty Events v2 and SMS gateways."""

import re
import unicodedata

import msgspec

from alerts.channels import templates
from alerts.channels.message import Message, Notice, Option
from alerts.model import Severity

_encode = msgspec.json.Encoder(order="deterministic").encode
_JSON = "application/json"

#: PagerDuty's scale.
PAGERDUTY = {
    Severity.NOTICE: "info",
    Severity.WARNING: "warning",
    Severity.SERIOUS: "error",
    Severity.CRITICAL: "critical",
}
_SUMMARY_LETTERS = 1024
#: Three parts of a concatenated message: 67 letters of UCS-2 each, or 153 of GSM-7.
_SMS_LETTERS, _SMS_PLAIN_LETTERS = 3 * 67, 3 * 153


def pagerduty_message(notice: Notice, option: Option) -> Message:
    """An event of PagerDuty Events API v2: one alert there for each alert here, whatever its revisions."""
    finding = notice.alert.finding
    event = {
        "routing_key": option.key,
        "event_action": "resolve" if notice.has_ended else "trigger",
        "dedup_key": f"{notice.alert.run or 'live'}/{finding.id}",
        "client": "canhbao",
        "client_url": notice.link,
        "links": [{"href": notice.link, "text": finding.organisation_name}],
        "payload": {
            "summary": templates.title(notice, option)[:_SUMMARY_LETTERS],
            "source": finding.organisation,
            "severity": PAGERDUTY[finding.severity],
            "timestamp": finding.fired_at,
            "component": finding.organisation_name,
            "group": finding.organisation,
            "class": finding.series.value,
            "custom_details": {
                "summary": templates.text(notice, option),
                "observed": finding.observed,
                "expected": finding.expected,
                "mentions": finding.mentions,
                "probability": finding.probability,
                "revision": finding.revision,
                "drill": notice.is_drill,
            },
        },
    }
    return Message(_JSON, _encode(event))


def sms_message(notice: Notice, option: Option) -> Message:
    """JSON for an SMS gateway: recipient, text, and an id by which it can tell a repetition."""
    names = dict(option.fields)
    text = templates.text(notice, option) if option.text else templates.title(notice, option)
    text = shortened(text, diacritics=option.diacritics)
    values = {"to": option.to[0], "text": text, "id": notice.id, "sender": option.sender}
    body = {names.get(name, name): value for name, value in values.items() if value}
    headers = (("authorization", f"Bearer {option.key}"),) if option.key else ()
    return Message(_JSON, _encode(body), headers)


def shortened(text: str, *, diacritics: bool) -> str:
    """A text of at most three SMS parts.

    Examples
    --------
    >>> shortened("Thái Nguyên: đê vỡ – 1.200 lượt", diacritics=False)
    'Thai Nguyen: de vo - 1.200 luot'
    >>> len(shortened("ă" * 1000, diacritics=True)), len(shortened("ă" * 1000, diacritics=False))
    (201, 459)
    """
    text = " ".join(text.split())
    if diacritics:
        return text if len(text) <= _SMS_LETTERS else f"{text[: _SMS_LETTERS - 1].rstrip()}…"
    text = _ascii(text)
    return text if len(text) <= _SMS_PLAIN_LETTERS else f"{text[: _SMS_PLAIN_LETTERS - 3].rstrip()}..."


def _ascii(text: str) -> str:
    text = text.translate({ord("đ"): "d", ord("Đ"): "D", ord("–"): "-", ord("—"): "-", ord("…"): "..."})
    text = text.translate(dict.fromkeys(map(ord, "“”„"), '"'))
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
    return re.sub(r"[^\x20-\x7e]", "?", bare)
