"""Tokens from the command line: made once, named, limited, revoked."""

import os
import subprocess
import sys
from pathlib import Path

from alerts.receiving import Scope
from alerts.store import open_store
from alerts.tokens import digest


def canhbao(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CANHBAO_")}
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        env={**kept, "CANHBAO_STATE_DIR": str(state)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_token_is_made_for_named_sources_and_revoked(tmp_path: Path) -> None:
    made = canhbao(tmp_path, "tokens", "create", "vendor-1", "--scope", "publish", "--source", "Báo Ví Dụ")
    assert made.returncode == 0, made.stderr
    secret = made.stdout.strip()
    store = open_store(f"sqlite:///{tmp_path / 'alerts.sqlite'}")
    token = store.authenticate(digest(secret))
    assert token is not None
    assert (token.name, token.scopes) == ("vendor-1", frozenset({Scope.PUBLISH}))
    assert token.sources == frozenset({"Báo Ví Dụ"})
    listed = canhbao(tmp_path, "tokens", "list").stdout
    assert "vendor-1\tpublish\tBáo Ví Dụ" in listed
    assert secret not in listed
    assert canhbao(tmp_path, "tokens", "revoke", "vendor-1").returncode == 0
    assert store.authenticate(digest(secret)) is None
    assert "revoked" in canhbao(tmp_path, "tokens", "list").stdout
    store.close()


def test_what_cannot_be_is_refused_in_a_sentence(tmp_path: Path) -> None:
    first = canhbao(tmp_path, "tokens", "create", "a", "--scope", "read")
    assert first.returncode == 0, first.stderr
    for arguments, word in (
        (("create", "a", "--scope", "read"), "a"),
        (("create", "Ông A", "--scope", "read"), "lower-case"),
        (("create", "b", "--scope", "everything"), "everything"),
        (("create", "b", "--scope", "read", "--source", "Báo"), "publish"),
        (("revoke", "nobody"), "nobody"),
    ):
        done = canhbao(tmp_path, "tokens", *arguments)
        assert done.returncode == 2, done.stderr
        assert word in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
