"""Text of strangers is harmless in every channel."""

from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import escaping
from alerts.channels.escaping import markdown, markup, plain, slack, xml_text
from tests.alerts.channels.notices import HOSTILE

TEXTS = st.text(max_size=200) | st.just(HOSTILE)


@given(TEXTS)
def test_a_plain_text_is_one_line_without_hidden_signs(text: str) -> None:
    shown = plain(text)
    assert len(shown.splitlines()) <= 1
    assert not set(shown) & set("\r\n\x00\x1b\u202e\u200b\u2066")


@given(TEXTS)
def test_markup_holds_no_tag_and_reads_back_as_it_was(text: str) -> None:
    seen: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append(f"<{tag} {attrs}>")

        def handle_data(self, data: str) -> None:
            seen.append(data)

    reader = Reader()
    reader.feed(f'<p title="{markup(text)}">{markup(text)}</p>')
    reader.close()
    assert "".join(seen[1:]) == xml_text(text)
    assert len([one for one in seen if one.startswith("<") and one == seen[0]]) >= 1
    assert seen[0] == f"<p {[('title', xml_text(text))]}>"


@given(TEXTS)
def test_slack_calls_nobody_and_links_nothing(text: str) -> None:
    assert "<" not in slack(text)
    assert ">" not in slack(text)


@given(TEXTS)
def test_a_card_shows_no_link_or_style_of_a_stranger(text: str) -> None:
    bare = markdown(text).replace("\\\\", "")
    for sign in "*_[]`~<>":
        assert bare.count(sign) == bare.count(f"\\{sign}")


@given(TEXTS)
def test_xml_takes_every_text(text: str) -> None:
    element = ET.Element("a")
    element.text = xml_text(text)
    assert (ET.fromstring(ET.tostring(element)).text or "") == xml_text(text)  # noqa: S314 - our own bytes


@pytest.mark.parametrize("name", ["plain", "markup", "slack", "markdown", "xml_text"])
def test_vietnamese_stays_as_it_is(name: str) -> None:
    text = "Đê vỡ ở Thái Nguyên, người dân chờ cứu hộ"
    assert getattr(escaping, name)(text) == text
