"""Common Alerting Protocol 1.2 (OASIS, ITU-T X.1303)."""

from datetime import datetime
from xml.etree import ElementTree as ET

from alerts.channels import templates
from alerts.channels.escaping import xml_text
from alerts.channels.message import Message, Notice, Option
from alerts.model import Severity
from alerts.words import CAP_EVENT, CAP_RESTRICTION, VIETNAM_TIME

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"

#: CAP's scale of severities, and how soon one should act.
SEVERITY = {
    Severity.NOTICE: "Minor",
    Severity.WARNING: "Moderate",
    Severity.SERIOUS: "Severe",
    Severity.CRITICAL: "Extreme",
}
URGENCY = {
    Severity.NOTICE: "Future",
    Severity.WARNING: "Expected",
    Severity.SERIOUS: "Expected",
    Severity.CRITICAL: "Immediate",
}
_HEADLINE_LETTERS = 160


def cap_message(notice: Notice, option: Option) -> Message:
    """A CAP alert, restricted to those it was sent to; drills have the status *Exercise*.

    A first revision is an ``Alert``; later ones, the end too, are an ``Update`` that refers to it.
    """
    finding = notice.alert.finding
    sender = option.sender or "canhbao"
    alert = ET.Element("alert", xmlns=NAMESPACE)
    head = {
        "identifier": identifier(notice, finding.revision),
        "sender": sender,
        "sent": cap_time(finding.fired_at),
        "status": "Exercise" if notice.is_drill else "Actual",
        "msgType": "Alert" if finding.revision == 1 else "Update",
        "scope": "Restricted",
        "restriction": CAP_RESTRICTION,
    }
    for name, value in head.items():
        _add(alert, name, value)
    if finding.revision > 1:
        first = f"{sender},{identifier(notice, 1)},{cap_time(finding.first_fired_at)}"
        _add(alert, "references", first)
    _add_info(ET.SubElement(alert, "info"), notice, option)
    body = ET.tostring(alert, encoding="utf-8", xml_declaration=True)
    return Message("application/cap+xml", body)


def _add_info(info: ET.Element, notice: Notice, option: Option) -> None:
    finding, ended = notice.alert.finding, notice.has_ended
    for name, value in {
        "language": "vi-VN",
        "category": "Other",
        "event": CAP_EVENT,
        "responseType": "AllClear" if ended else "Assess",
        "urgency": "Past" if ended else URGENCY[finding.severity],
        "severity": SEVERITY[finding.severity],
        "certainty": "Observed",
        "effective": cap_time(finding.fired_at),
        "onset": cap_time(finding.window_start),
        "senderName": option.sender or "canhbao",
        "headline": templates.title(notice, option)[:_HEADLINE_LETTERS],
        "description": templates.text(notice, option),
        "web": notice.link,
    }.items():
        _add(info, name, value)
    for name, number in {
        "organisation": finding.organisation,
        "observed": str(finding.observed),
        "expected": f"{finding.expected:g}",
        "probability": f"{finding.probability:g}",
    }.items():
        parameter = ET.SubElement(info, "parameter")
        _add(parameter, "valueName", name)
        _add(parameter, "value", number)
    _add(ET.SubElement(info, "area"), "areaDesc", finding.organisation_name)


def identifier(notice: Notice, revision: int) -> str:
    """The message's name: no spaces, commas, ``<`` or ``&``, as CAP asks."""
    return f"canhbao-{notice.alert.run or 'live'}-{notice.alert.id}-{revision}"


def cap_time(instant: str) -> str:
    """An RFC 3339 time as CAP writes it: with an offset, whole seconds.

    Examples
    --------
    >>> cap_time("2026-11-22T07:05:00.000Z")
    '2026-11-22T14:05:00+07:00'
    """
    return datetime.fromisoformat(instant).astimezone(VIETNAM_TIME).isoformat(timespec="seconds")


def _add(parent: ET.Element, name: str, value: str) -> None:
    ET.SubElement(parent, name).text = xml_text(value)
