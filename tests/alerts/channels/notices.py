"""A notice for the tests of this folder."""

from typing import Any

import msgspec

from alerts.channels.message import Notice, Option
from alerts.model import Excerpt
from alerts.wire import alert_body
from tests.alerts.examples import EXCERPT, alert, changed

LINK = "https://canhbao.example.vn/alerts/" + "5f" * 16
OPTION = Option(to=("truc@example.vn",), sender="canhbao@example.vn", key="k-1")

#: What a hostile headline may hold: markup of every channel, line breaks, direction signs, what XML cannot hold.
HOSTILE = (
    "<script>alert(1)</script> <!channel> [bấm](https://x.example) *đậm* _nghiêng_ & \"'\r\n"
    "Bcc: all@example.org\u202e\u200b\x00\x1b[31m =cmd|' /C calc'!A0 \ufffe"
)


def notice(title: str = EXCERPT.title, run: str = "", **fields: Any) -> Notice:
    """The notice of the example finding with other values in these fields."""
    shown = alert(changed(**fields), run)
    text: Excerpt = msgspec.structs.replace(EXCERPT, title=title)
    return Notice("msg_1", shown, (text,), alert_body(shown, (text,)), LINK)
