"""Settings of receivers: each channel has what it needs, or is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from alerts.channels.message import Channel
from api.receivers import ReceiverSettings
from api.settings import ApiSettings
from tests.api.stand import SECRET

MAIL = {"host": "mail.example.vn", "sender": "canhbao@example.vn"}


@pytest.mark.parametrize(
    ("receiver", "words"),
    [
        ({"channel": "cap", "url": "https://a.vn"}, "needs secret"),
        ({"channel": "slack"}, "needs url"),
        ({"channel": "email"}, "needs to"),
        ({"channel": "email", "to": ["Trực <a@b.vn>"]}, "must be an e-mail address"),
        ({"channel": "email", "to": ["a@b.vn\r\nBcc: x@y.vn"]}, "must be an e-mail address"),
        ({"channel": "sms", "url": "https://a.vn", "to": ["abc"]}, "telephone number"),
        ({"channel": "sms", "url": "https://a.vn", "to": ["+84900000000", "+84900000001"]}, "exactly one"),
        ({"channel": "zalo", "to": ["1"]}, "needs key"),
        ({"channel": "telegram", "key": "a/../b", "to": ["1"]}, "the bot's token"),
        ({"channel": "pagerduty"}, "needs key"),
        ({"channel": "fax", "url": "https://a.vn"}, "channel"),
        ({"channel": "slack", "url": "https://a.vn", "text_template": "{{"}, "is no template"),
        ({"channel": "sms", "url": "https://a.vn", "to": ["113113"], "sms_fields": {"x": "y"}}, "may rename"),
        ({"channel": "cap", "url": "https://a.vn", "secret": SECRET, "sender": "a, b"}, "sender"),
    ],
)
def test_a_receiver_that_cannot_be_reached_is_refused(receiver: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ApiSettings.model_validate({"receivers": [{"name": "office"} | receiver], "mail": MAIL})


def test_e_mail_needs_a_server() -> None:
    told = [{"name": "office", "channel": "email", "to": ["a@b.vn"]}]
    with pytest.raises(ValidationError, match=r"add \[mail\]"):
        ApiSettings.model_validate({"receivers": told})


def test_a_password_is_not_sent_in_the_clear() -> None:
    with pytest.raises(ValidationError, match="without encryption"):
        ApiSettings.model_validate({"mail": MAIL | {"encryption": "none", "user": "a", "password": "b"}})


def test_a_changed_secret_address_is_another_address_in_the_store() -> None:
    def stored(path: str) -> str:
        told = {"name": "a", "channel": "slack", "url": f"https://hooks.example.org/{path}"}
        return ReceiverSettings.model_validate(told).as_receiver().url

    assert stored("x") != stored("y")
    assert stored("x").startswith("https://hooks.example.org/#")


def test_services_with_one_address_need_none() -> None:
    page = ReceiverSettings.model_validate({"name": "a", "channel": "pagerduty", "key": "k"})
    assert (page.channel, page.address) == (Channel.PAGERDUTY, "https://events.pagerduty.com/v2/enqueue")
