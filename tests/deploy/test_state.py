"""The state directory."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.state import Lock, StateError, prepare, secret


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_directory_is_for_its_owner_only(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "state"
    prepare(directory)
    assert mode(directory) == 0o700
    directory.chmod(0o755)
    prepare(directory)
    assert mode(directory) == 0o700


def test_a_place_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="CANHBAO_STATE_DIR"):
        prepare(tmp_path / "file" / "state")


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = secret(tmp_path, "voice-secret")
    assert secret(tmp_path, "voice-secret") == first
    assert len(first) == 64
    assert mode(tmp_path / "voice-secret") == 0o600
    assert secret(tmp_path, "other") != first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "voice-secret"]


def test_processes_that_start_at_once_get_the_same_secret(tmp_path: Path) -> None:
    code = f"from pathlib import Path; from deploy.state import secret; print(secret(Path({str(tmp_path)!r}), 's'))"
    started = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({process.communicate(timeout=30)[0] for process in started}) == 1


def test_a_secret_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("abc")
    with pytest.raises(StateError, match="restore or remove"):
        secret(tmp_path, "s")


def test_the_lock_is_held_by_one_and_names_it(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock", "held by {holder}")
    with pytest.raises(StateError, match=r"held by \d+"):
        Lock(tmp_path / "lock", "held by {holder}")
    lock.release()
    Lock(tmp_path / "lock", "held by {holder}").release()


def test_a_directory_that_all_users_share_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(StateError, match="a directory of its own"):
        prepare(tmp_path)
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777
