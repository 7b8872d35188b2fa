"""What lies in the state directory: secrets made at first start, and the lock of the one who runs there."""

import fcntl
import os
import secrets
import stat
import tempfile
from pathlib import Path

_SECRET_BYTES = 32


class StateError(Exception):
    """The state directory cannot be used; the sentence says why."""


def prepare(directory: Path) -> None:
    """Make the state directory, for this user only. Raises `StateError`."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Closing a place such as /tmp to everybody else would break the machine.
        if directory.stat().st_mode & stat.S_ISVTX:
            raise StateError(f"{directory} is shared by all users; set CANHBAO_STATE_DIR to a directory of its own")
        directory.chmod(0o700)
    except OSError as error:
        raise StateError(
            f"the state directory {directory} cannot be used ({error.strerror}); set CANHBAO_STATE_DIR to one that can"
        ) from error


def secret(directory: Path, name: str) -> str:
    """The secret kept under `name`, made where there is none: 64 hexadecimal digits in a file of mode 0600.

    Two processes that start at once get the same one.
    """
    path = directory / name
    try:
        if not path.exists():
            _place(path, secrets.token_hex(_SECRET_BYTES))
        kept = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"the secret in {path} cannot be read or made: {error}") from error
    if len(kept) < _SECRET_BYTES:
        raise StateError(f"{path} does not hold a secret of at least {_SECRET_BYTES} characters; restore or remove it")
    return kept


def _place(path: Path, content: str) -> None:
    """Write a file whole or not at all, unless there is one already."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was first, and its secret holds
    finally:
        Path(temporary).unlink()


class Lock:
    """One process at a time: held while the file is locked, and let go by the system when the process ends.

    Raises
    ------
    StateError
        If another process holds it.
    """

    def __init__(self, path: Path, refusal: str) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise StateError(refusal.format(holder=holder or "unknown")) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let go; may be called once."""
        os.close(self._descriptor)
