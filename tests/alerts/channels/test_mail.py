"""E-mails: headers that nobody can add to, and the same content as text and as HTML."""

import email
from email.message import EmailMessage
from email.policy import default

from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.mail import mail_message
from alerts.channels.message import Notice, Option
from tests.alerts.channels.notices import HOSTILE, LINK, notice

OPTION = Option(to=("truc@example.vn", "b@example.vn"), sender="canhbao@example.vn")


def parsed(shown: Notice, option: Option = OPTION) -> EmailMessage:
    mail = email.message_from_bytes(mail_message(shown, option).body, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert isinstance(found, EmailMessage)
    return str(found.get_content())


def test_text_and_html_say_the_same() -> None:
    mail = parsed(notice())
    assert str(mail["Subject"]).startswith("Cảnh báo – Thái Nguyên")
    for kind in ("plain", "html"):
        assert "1.200 lượt nhắc tiêu cực" in part(mail, kind)
        assert LINK in part(mail, kind)


def test_revisions_are_one_thread_with_names_of_their_own() -> None:
    first, second = parsed(notice()), parsed(notice(revision=2))
    assert first["References"] == second["References"]
    assert first["Message-ID"] == "<msg_1@example.vn>"
    assert first["Auto-Submitted"] == "auto-generated"


@given(st.text(max_size=100) | st.just(HOSTILE))
def test_no_text_adds_a_header_or_a_tag(name: str) -> None:
    mail = parsed(notice(name, organisation_name=name, words=(name,)))
    assert set(mail.keys()) == {
        *("From", "To", "Subject", "Message-ID", "References", "Auto-Submitted", "X-Canhbao-Severity"),
        *("MIME-Version", "Content-Type"),
    }
    html = part(mail, "html")
    assert html.count("<a ") == 1
    assert html.count("<") == part(parsed(notice()), "html").count("<")
