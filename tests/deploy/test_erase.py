"""`canhbao erase`: at once, for ever, and journaled without the text."""

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.model import ChangeKind, Representative
from alerts.store import open_store
from tests.contracts.store_contract import excerpt, found
from tests.deploy.test_tokens import canhbao

SHOWN = [Representative("m1", "news", "Báo A", "", 1)]


@pytest.mark.parametrize(
    "named",
    [
        ("--id", "m1"),
        ("--url", "https://bao.example.vn/m1"),
        ("--id", "m1", "--source-kind", "news", "--source-name", "Báo A"),
    ],
    ids=["id", "url", "source"],
)
def test_a_mention_is_erased_for_ever(tmp_path: Path, named: tuple[str, ...]) -> None:
    with closing(open_store(f"sqlite:///{tmp_path / 'alerts.sqlite'}")) as store:
        store.apply(found(excerpt()), datetime.now(UTC))
        store.apply(found(excerpt(), run="demo-1"), datetime.now(UTC))
        done = canhbao(tmp_path, "erase", *named)
        assert (done.returncode, done.stdout) == (0, "2 texts erased; none of it comes back\n"), done.stderr
        store.apply(found(excerpt(), run="demo-2"), datetime.now(UTC))
        assert [list(store.excerpts(run, SHOWN)) for run in ("", "demo-1", "demo-2")] == [[], [], []]
        (change,) = (one for one in store.after(0, 100) if one.kind is ChangeKind.ERASED)
        assert (change.actor, json.loads(change.body)["texts"]) == ("operator", 2)
        assert b"example" not in change.body


def test_what_was_never_kept_is_kept_out(tmp_path: Path) -> None:
    done = canhbao(tmp_path, "erase", "--id", "m1")
    assert (done.returncode, done.stdout) == (0, "no text was kept of it; none will be\n"), done.stderr
    with closing(open_store(f"sqlite:///{tmp_path / 'alerts.sqlite'}")) as store:
        store.apply(found(excerpt()), datetime.now(UTC))
        assert list(store.excerpts("", SHOWN)) == []


@pytest.mark.parametrize(
    "arguments",
    [(), ("--id", "a", "--url", "b"), ("--id", "a", "--source-kind", "news"), ("--url", "b", "--source-name", "x")],
)
def test_what_names_no_mention_is_refused_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = canhbao(tmp_path, "erase", *arguments)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
