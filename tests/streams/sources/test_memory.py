"""What is remembered of feeds."""

from datetime import UTC, datetime
from pathlib import Path

from streams.sources.memory import FeedMemories, FeedMemory


def test_what_is_kept_is_recalled_by_another_process(tmp_path: Path) -> None:
    memory = FeedMemory("e", "m", datetime(2025, 10, 7, tzinfo=UTC), 2, None, missing_offset=True, seen=("a", "b"))
    FeedMemories(tmp_path / "feeds").keep("https://a.vn", memory)
    again = FeedMemories(tmp_path / "feeds")
    assert again.recall("https://a.vn") == memory
    assert again.recall("https://b.vn") == FeedMemory()


def test_a_broken_file_is_as_if_nothing_was_known(tmp_path: Path) -> None:
    memories = FeedMemories(tmp_path)
    memories.keep("https://a.vn", FeedMemory("e"))
    for path in tmp_path.iterdir():
        path.write_bytes(b"{")
    assert memories.recall("https://a.vn") == FeedMemory()
