"""Tokens: the first one, and who is remembered for how long."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.receiving import Scope
from alerts.store.memory import MemoryStore
from alerts.tokens import digest, new_token
from api.settings import SettingsError
from api.tokens import Authority, ensure_first_token

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_the_first_token_may_do_everything_and_its_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store, path = MemoryStore(), tmp_path / "state" / "first-token"
    ensure_first_token(store, path, bytes, NOW)
    token = store.authenticate(digest(path.read_text().strip()))
    assert token is not None
    assert (token.name, token.scopes, token.sources) == ("first", frozenset(Scope), None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert store.after(0, 9)[0].actor == "system"


def test_a_start_that_was_cut_off_is_completed_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "first-token"
    ensure_first_token(MemoryStore(), path, bytes, NOW)
    path.chmod(0o644)
    before, store = path.read_text(), MemoryStore()
    ensure_first_token(store, path, lambda size: b"2" * size, NOW)
    assert path.read_text() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert store.authenticate(digest(before.strip())) is not None


def test_a_store_with_tokens_gets_no_further_one(tmp_path: Path) -> None:
    store = MemoryStore()
    store.create_token("other", bytes(32), [Scope.READ], "test", NOW)
    ensure_first_token(store, tmp_path / "first-token", bytes, NOW)
    assert not (tmp_path / "first-token").exists()


@pytest.mark.parametrize("content", ["", "canhbao_short", "something else entirely that is long enough to be a token"])
def test_a_file_that_holds_no_token_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    path = tmp_path / "first-token"
    path.write_text(content)
    with pytest.raises(SettingsError, match="holds no API token"):
        ensure_first_token(MemoryStore(), path, bytes, NOW)
    assert path.read_text() == content


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "first-token").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingsError):
        ensure_first_token(MemoryStore(), tmp_path / "first-token", bytes, NOW)
    assert not (tmp_path / "elsewhere").exists()


def test_a_revoked_token_is_remembered_for_a_second_only() -> None:
    store, now = MemoryStore(), 100.0
    token = new_token(bytes(32))
    store.create_token("reader", token.digest, [Scope.READ], "test", NOW)
    authority = Authority(store, lambda: now)
    assert authority.remembered(token.secret) is None
    assert authority.ask(token.secret) is not None
    store.revoke_token("reader", "test", NOW)
    now += 0.9
    assert authority.remembered(token.secret) is not None
    now += 0.2
    assert authority.remembered(token.secret) is None
    assert authority.ask(token.secret) is None


def test_nonsense_is_no_token() -> None:
    authority = Authority(MemoryStore(), lambda: 0.0)
    for secret in ("", "x" * 10**6, "canhbao_\udcff", "ệ"):
        assert authority.ask(secret) is None
        assert authority.remembered(secret) is None
