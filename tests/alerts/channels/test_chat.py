"""What messengers are sent."""

import json
from typing import Any

import pytest

from alerts.channels.chat import slack_message, teams_message, telegram_message, zalo_message
from alerts.channels.message import Message, Option
from alerts.model import AlertState
from tests.alerts.channels.notices import HOSTILE, LINK, OPTION, notice

ONE = Option(to=("123",), key="k-1")
LONG = Option(to=("123",), key="k-1", text="{% for word in words %}{{ word }} {% endfor %}")


def body(message: Message) -> Any:
    assert message.content_type == "application/json"
    return json.loads(message.body)


def test_slack_gets_blocks_and_a_text_for_the_notification() -> None:
    sent = body(slack_message(notice(), OPTION))
    assert sent["text"].startswith("Cảnh báo – Thái Nguyên")
    assert f"<{LINK}|Xem chi tiết>" in sent["blocks"][-1]["text"]["text"]


def test_slack_shows_no_link_or_call_of_a_stranger() -> None:
    sent = body(slack_message(notice(HOSTILE), OPTION))
    texts = [block["text"]["text"] for block in sent["blocks"][:-1]]
    assert not any("<" in text or ">" in text for text in texts)


def test_teams_gets_an_adaptive_card_with_a_button() -> None:
    (attachment,) = body(teams_message(notice(), OPTION))["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["actions"][0]["url"]) == ("AdaptiveCard", LINK)
    assert card["body"][0]["color"] == "warning"


def test_teams_shows_an_ended_alert_in_the_colour_of_calm() -> None:
    ended = notice(state=AlertState.RESOLVED, reason="resolved")
    (attachment,) = body(teams_message(ended, OPTION))["attachments"]
    assert attachment["content"]["body"][0]["color"] == "good"


def test_zalo_gets_the_text_and_the_link_within_its_bound() -> None:
    words = tuple("lũ lụt sạt lở " * 30 for _ in range(8))
    message = zalo_message(notice(words=words), LONG)
    sent = body(message)
    assert sent["recipient"] == {"user_id": "123"}
    assert len(sent["message"]["text"]) <= 2000
    assert sent["message"]["text"].endswith(LINK)
    assert dict(message.headers) == {"access_token": "k-1"}


def test_telegram_is_never_cut_within_an_escaped_sign() -> None:
    words = tuple("&" * 300 for _ in range(5))
    sent = body(telegram_message(notice(words=words), LONG))
    text = sent["text"].replace("&amp;", "")
    assert "&" not in text
    assert len(sent["text"]) <= 4096


def test_telegram_shows_no_tag_of_a_stranger() -> None:
    text = body(telegram_message(notice(HOSTILE), ONE))["text"]
    assert "<script" not in text
    assert text.count("<a ") == 1


@pytest.mark.parametrize("make", [slack_message, teams_message, zalo_message, telegram_message])
def test_a_drill_says_so(make: Any) -> None:
    assert "DIỄN TẬP" in json.dumps(body(make(notice(run="drill-1"), ONE)), ensure_ascii=False)
