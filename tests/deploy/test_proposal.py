"""The drafts of a proposal from the command line."""

import shutil
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.store import open_store
from tests.contracts.store_contract import finding, found
from tests.deploy.test_tokens import canhbao

NOW = datetime(2026, 11, 22, 7, 5, tzinfo=UTC)


@pytest.fixture
def incident(tmp_path: Path) -> str:
    """An incident in the state directory's store; its id."""
    with closing(open_store(f"sqlite:///{tmp_path / 'alerts.sqlite'}")) as store:
        store.apply(found(finding(1)), NOW)
        store.group_alerts(NOW, 100, parents={})
        return store.incidents(limit=1)[0].id


def test_drafts_are_made_for_a_person_to_edit_and_pass_the_check(tmp_path: Path, incident: str) -> None:
    out = tmp_path / "drafts"
    done = canhbao(tmp_path, "proposal", incident, "--output", str(out), "--no-state-secrets", "--no-pdf")
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in out.iterdir())
    assert names == ["1-phieu-trinh.docx", "3-du-thao-quyet-dinh.docx", "4-bao-cao-nhanh.docx", "5-phu-luc.docx"]
    assert "cần bổ sung: " in done.stderr
    assert all(path.stat().st_mode & 0o077 == 0 for path in out.iterdir())
    for name in names:
        checked = canhbao(tmp_path, "proposal", "--check", str(out / name))
        assert (checked.returncode, checked.stdout) == (0, ""), checked.stdout


def test_without_an_answer_to_the_first_question_nothing_is_stored(tmp_path: Path, incident: str) -> None:
    done = canhbao(tmp_path, "proposal", incident, "--output", str(tmp_path / "drafts"))
    assert done.returncode == 2
    assert "Có nội dung bí mật nhà nước?" in done.stderr
    assert not (tmp_path / "drafts").exists()


def test_what_cannot_be_is_said_in_a_sentence(tmp_path: Path, incident: str) -> None:
    (tmp_path / "a.docx").write_bytes(b"no document")
    for arguments, word in (
        ((), "name an incident"),
        ((incident,), "--output"),
        (("f" * 32, "--output", "x", "--no-state-secrets"), "there is no incident"),
        ((incident, "--output", "x", "--no-state-secrets", "--level", "world"), "--level must be one of"),
        ((incident, "--output", "x", "--no-state-secrets", "--level", "direct"), "needs a reason"),
        (("--check", str(tmp_path / "a.docx")), "no DOCX document"),
        (("--check", str(tmp_path / "missing.docx")), "cannot be read"),
    ):
        done = canhbao(tmp_path, "proposal", *arguments)
        assert done.returncode == 2, done.stderr
        assert word in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.integration
def test_drafts_become_pdf_by_libreoffice_and_the_memo_is_one_page(tmp_path: Path, incident: str) -> None:
    for needed in ("soffice", "pdfinfo", "pdftotext"):
        if shutil.which(needed) is None:
            pytest.skip(f"{needed} is not installed")
    out = tmp_path / "drafts"
    done = canhbao(
        *(tmp_path, "proposal", incident, "--output", str(out), "--no-state-secrets", "--level", "submission")
    )
    assert done.returncode == 0, done.stderr
    made = sorted(path.name for path in out.glob("*.pdf"))
    assert len(made) == 5, done.stderr
    about = _said("pdfinfo", out / "1-phieu-trinh.pdf")
    assert "Pages:           1\n" in about
    assert "A4" in about
    text = "".join(_said("pdftotext", out / "2-to-trinh.pdf", "-").split())  # justified lines lose their words
    assert "CỘNGHÒAXÃHỘICHỦNGHĨAVIỆTNAM" in text
    assert "kínhtrìnhThủtướngChínhphủxemxét,quyếtđịnh./." in text


def _said(program: str, *arguments: Path | str) -> str:
    found = shutil.which(program)
    assert found is not None
    return subprocess.run([found, *arguments], capture_output=True, text=True, check=True).stdout
