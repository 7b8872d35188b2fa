"""Labels and sentences: by id only, and refused with file and line."""

import re
from pathlib import Path

import pytest

from streams.reading.sentiment_data import LabelError, hand_labels, written


def test_the_shipped_labels_are_ids_and_words_of_a_closed_set() -> None:
    labels = hand_labels()
    assert all(re.fullmatch("[0-9a-f]{16}", key) for key in labels)
    uses = [label.use for label in labels.values()]
    assert uses.count("train") > 1000
    assert uses.count("test") > 300


def test_the_sentences_cover_every_kind_and_label() -> None:
    found = {(each.kind, each.label) for each in written()}
    assert found == {(kind, label) for kind in ("news", "social") for label in ("blame", "event", "other")}


@pytest.mark.parametrize("content", ["id\tlabel\n", "id\tlabel\tuse\nx\tbad\ttrain\n", "id\tlabel\tuse\nx\tother\n"])
def test_a_mistake_is_told_with_its_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "labels.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LabelError, match=r"labels\.tsv, line"):
        hand_labels(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="cannot be read"):
        hand_labels(tmp_path / "none.tsv")
