"""What the collector remembers of a feed between fetches, and across restarts."""

import hashlib
import os
from datetime import datetime
from pathlib import Path

import msgspec


class FeedMemory(msgspec.Struct, frozen=True):
    """What is known of one feed.

    Attributes
    ----------
    etag, modified
        Validators of the newest answer.
    fetched_at
        When it last answered.
    failures
        In a row since then.
    due_at
        When it is asked again.
    missing_offset
        It labels Vietnam time as UTC.
    seen
        Ids of entries that were published, newest first.
    """

    etag: str = ""
    modified: str = ""
    fetched_at: datetime | None = None
    failures: int = 0
    due_at: datetime | None = None
    missing_offset: bool = False
    seen: tuple[str, ...] = ()


class FeedMemories:
    """Keeps a file a feed in a directory."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory

    def recall(self, url: str) -> FeedMemory:
        """What is remembered; nothing, if it was never fetched or the file is broken."""
        try:
            return msgspec.json.decode(self._path(url).read_bytes(), type=FeedMemory)
        except (OSError, msgspec.DecodeError):
            return FeedMemory()

    def keep(self, url: str, memory: FeedMemory) -> None:
        """Remember, whole or not at all."""
        path = self._path(url)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(memory))
        os.replace(fresh, path)  # noqa: PTH105 - Path.replace is the same; the name says that it is atomic

    def _path(self, url: str) -> Path:
        return self._directory / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
