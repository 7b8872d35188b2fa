"""Settings: wrong ones are refused early, and secrets do not show."""

import base64
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api import cursors
from api.server import listen
from api.settings import ApiSettings, SettingsError
from tests.api.stand import SECRET

FINE = {"name": "office", "url": "https://example.vn/hook", "secret": SECRET}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Phòng báo chí"}, "name"),
        ({"url": "ftp://example.vn"}, "must be an address such as"),
        ({"url": "https://user:pass@example.vn/"}, "must not carry a user name"),
        ({"url": "https:///hook"}, "must be an address such as"),
        ({"url": "https://example.vn:99999/"}, "must be an address such as"),
        ({"url": "https://example.vn/a b"}, "spaces or control"),
        ({"secret": "secret"}, "must begin with whsec_"),
        ({"secret": "whsec_%%%"}, "must be Base64"),
        ({"secret": "whsec_" + base64.b64encode(b"short").decode()}, "24 to 64 bytes"),
        ({"min_severity": "loud"}, "min_severity"),
        ({"concurrency": 0}, "concurrency"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_a_wrong_receiver_is_refused_by_name_of_the_field(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as refused:
        ApiSettings.model_validate({"receivers": [FINE | changes]})
    assert "pass@" not in str(refused.value) or changes.get("url", "").count("pass@")


@pytest.mark.parametrize(
    "changes",
    [
        {"port": 70_000},
        {"max_body_bytes": 1},
        {"sse_heartbeat_seconds": 0},
        {"allow_networks": ["10.0.0.1/8"]},
        {"public_url": "example.vn"},
        {"receivers": [FINE, FINE]},
        {"lag": {"watermark_age_seconds": -1}},
    ],
)
def test_wrong_settings_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ApiSettings.model_validate(changes)


def test_secrets_do_not_show() -> None:
    settings = ApiSettings.model_validate({"receivers": [FINE]})
    assert SECRET not in repr(settings)
    assert SECRET not in settings.model_dump_json()
    assert settings.receivers[0].as_receiver().secret == "settings:office"


def test_addresses_for_people() -> None:
    assert ApiSettings().base_url == "http://127.0.0.1:8080"
    assert ApiSettings(host="::1", port=9000).base_url == "http://[::1]:9000"
    assert ApiSettings(public_url="https://canhbao.example.vn/").base_url == "https://canhbao.example.vn"


def test_a_port_that_is_taken_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = ApiSettings(port=taken.getsockname()[1], first_token_path=tmp_path / "t")
        with pytest.raises(SettingsError, match="set CANHBAO_HTTP_PORT to a free port"):
            listen(settings)
    with pytest.raises(SettingsError, match="CANHBAO_HTTP_HOST"):
        listen(ApiSettings(host="no such host", port=0))


@given(st.integers(0, 10**17), st.sampled_from(["all", "province-19"]))
def test_cursors_come_back_as_they_went(sequence: int, view: str) -> None:
    assert cursors.decode(view, cursors.encode(view, sequence)) == sequence


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_what_was_not_given_out_is_no_cursor(text: str) -> None:
    with pytest.raises(cursors.CursorError):
        cursors.decode("all", text)


@given(st.integers(0, 10**9), st.integers(0, 30), st.integers(0, 63))
def test_a_changed_cursor_is_noticed(sequence: int, place: int, digit: int) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    cursor = cursors.encode("all", sequence)
    at = place % len(cursor)
    changed = cursor[:at] + alphabet[digit] + cursor[at + 1 :]
    if changed != cursor:
        with pytest.raises(cursors.CursorError):
            cursors.decode("all", changed)


def test_a_cursor_of_another_view_is_refused() -> None:
    with pytest.raises(cursors.CursorError, match="another reader"):
        cursors.decode("all", cursors.encode("province-19", 7))
