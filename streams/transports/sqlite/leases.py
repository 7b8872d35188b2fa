"""One worker holds a consumer group: a lock on a file beside the log, which the kernel frees when its holder dies."""

import fcntl
import hashlib
import os
from pathlib import Path
from urllib.parse import quote

from streams.log import LogError, LogUnavailableError


class GroupHeldError(LogError):
    """Another worker holds the consumer group."""


class GroupLease:
    """The right to read as a consumer group, held until `release` or the death of the process.

    Parameters
    ----------
    log
        The log's file.
    group
        Name of the consumer group.

    Raises
    ------
    GroupHeldError
        If another worker, of this process or another, holds it.
    """

    def __init__(self, log: Path, group: str) -> None:
        path = _path(log, group)
        try:
            self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LogUnavailableError(f"the lease {path} cannot be created: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._file, 20, 0).decode(errors="replace").strip()
            os.close(self._file)
            raise GroupHeldError(
                f"another worker (process {holder or 'unknown'}) holds the consumer group {group!r} of {log}: "
                "stop it first, or give this one a run of its own"
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give it up; may be called twice. The file stays, since removing it would race with the next holder."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


def _path(log: Path, group: str) -> Path:
    name = quote(group, safe="")
    if len(name) > 100:
        name = f"{name[:60]}-{hashlib.sha256(group.encode()).hexdigest()[:32]}"
    return log.with_name(f"{log.name}-group-{name}.lock")
