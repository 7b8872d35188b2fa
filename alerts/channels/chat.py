"""Messengers: Slack, Microsoft Teams, Zalo official accounts, Telegram."""

import msgspec

from alerts.channels import templates
from alerts.channels.escaping import markdown, markup, plain, slack
from alerts.channels.message import Message, Notice, Option
from alerts.model import Severity
from alerts.words import LABEL_LINK

_encode = msgspec.json.Encoder(order="deterministic").encode
_JSON = "application/json"

#: Most letters of a text: Zalo takes 2,000, Telegram 4,096, a Slack section 3,000, a Teams message 28 KB.
_ZALO, _TELEGRAM, _SLACK, _TEAMS = 2_000, 4_096, 3_000, 6_000

#: Adaptive Cards' own names of colours.
_COLOUR = {
    Severity.NOTICE: "default",
    Severity.WARNING: "accent",
    Severity.SERIOUS: "warning",
    Severity.CRITICAL: "attention",
}


def slack_message(notice: Notice, option: Option) -> Message:
    """An incoming webhook's message in Block Kit; `text` is what a notification shows."""
    title = _within(templates.title(notice, option, slack), _SLACK)
    text = _within(templates.text(notice, option, slack), _SLACK)
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": f"*{title}*"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        {"type": "section", "text": {"type": "mrkdwn", "text": f"<{notice.link}|{LABEL_LINK}>"}},
    ]
    return Message(_JSON, _encode({"text": title, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}))


def teams_message(notice: Notice, option: Option) -> Message:
    """An Adaptive Card for a Teams workflow's webhook (the older connectors were retired)."""
    colour = "good" if notice.has_ended else _COLOUR[notice.alert.finding.severity]
    heading = {"type": "TextBlock", "size": "medium", "weight": "bolder", "wrap": True, "color": colour}
    body = [
        heading | {"text": _within(templates.title(notice, option, markdown), _TEAMS)},
        {"type": "TextBlock", "wrap": True, "text": _within(templates.text(notice, option, markdown), _TEAMS)},
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": "vi",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": LABEL_LINK, "url": notice.link}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return Message(_JSON, _encode({"type": "message", "attachments": [attachment]}))


def zalo_message(notice: Notice, option: Option) -> Message:
    """A consultation message of a Zalo official account to one follower, by their user id."""
    link = f"\n{notice.link}"
    text = f"{templates.title(notice, option)}\n{templates.text(notice, option)}"
    message = {"text": _within(text, _ZALO - len(link)) + link}
    body = {"recipient": {"user_id": option.to[0]}, "message": message}
    return Message(_JSON, _encode(body), (("access_token", option.key),))


def telegram_message(notice: Notice, option: Option) -> Message:
    """A bot's message to one chat, in Telegram's HTML."""
    title = _whole_entities(templates.title(notice, option, markup), _TELEGRAM // 4)
    text = _whole_entities(templates.text(notice, option, markup), _TELEGRAM // 2)
    link = f'<a href="{markup(notice.link)}">{plain(LABEL_LINK)}</a>'
    body = {
        "chat_id": option.to[0],
        "text": f"<b>{title}</b>\n{text}\n{link}",
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    return Message(_JSON, _encode(body))


def _within(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _whole_entities(text: str, most: int) -> str:
    """Shorten escaped text without cutting an ``&amp;`` in two."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    start = cut.rfind("&")
    if start > cut.rfind(";"):
        cut = cut[:start]
    return f"{cut.rstrip()}…"
