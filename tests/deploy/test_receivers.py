"""Receivers from the command line: listed, shown, tried."""

from pathlib import Path

import pytest

from tests.deploy.test_tokens import canhbao

SETTINGS = """
[mail]
host = "mail.example.vn"
sender = "canhbao@example.vn"

[[receivers]]
name = "ban"
channel = "email"
to = ["truc@example.vn"]

[[receivers]]
name = "may"
channel = "pagerduty"
key = "hidden-key"

[[receivers]]
name = "loi"
channel = "slack"
url = "https://hooks.example.org/hidden"
text_template = "{{ nothing_such }}"

[[receivers]]
name = "rieng"
channel = "slack"
url = "http://127.0.0.1:9/x"
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with settings of some receivers."""
    (tmp_path / "canhbao.toml").write_text(SETTINGS)
    (tmp_path / "canhbao.toml").chmod(0o600)
    return tmp_path


def test_receivers_are_listed_without_what_is_secret(state: Path) -> None:
    done = canhbao(state, "receivers", "list")
    assert done.returncode == 0, done.stderr
    assert "ban\temail\ttruc@example.vn\tfrom notice on\tall organisations" in done.stdout
    assert "hidden" not in done.stdout


def test_a_message_is_shown_as_it_would_be_sent(state: Path) -> None:
    mail = canhbao(state, "receivers", "test", "ban")
    assert "Subject: DIỄN TẬP – Cảnh báo – Sở Ví dụ" in mail.stdout, mail.stderr
    page = canhbao(state, "receivers", "test", "may", "--ended")
    assert '"event_action": "resolve"' in page.stdout
    assert "hidden-key" not in page.stdout


def test_what_cannot_be_is_said_in_a_sentence(state: Path) -> None:
    for arguments, word, code in (
        (("nobody",), "there is no receiver named 'nobody'", 2),
        (("loi",), "nothing_such", 2),
        (("rieng", "--send"), "allow_private", 1),
    ):
        done = canhbao(state, "receivers", "test", *arguments)
        assert done.returncode == code, done.stderr
        assert word in done.stderr
        assert "Traceback" not in done.stderr
