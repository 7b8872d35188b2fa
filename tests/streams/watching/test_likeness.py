"""Copies are told from other texts: by rule, and on pairs of real headlines labelled by hand."""

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reading.fingerprint import Fingerprinter
from streams.reading.text import cut_all, normalise
from streams.watching.likeness import is_copy

PAIRS = Path(__file__).parent / "pairs.tsv"
NEWS = Path(__file__).parents[4] / "shared" / "data" / "news" / "mentions_2025-08_2026-01.ndjson.gz"
HALVES = st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))


def test_the_very_title_makes_a_copy_whatever_the_text() -> None:
    assert is_copy((1, 1), "Vỡ đê ở Kim Sơn", (2**64 - 1, 7), "Vỡ đê ở Kim Sơn") is not None


def test_titles_without_words_make_no_copy() -> None:
    assert is_copy((0, 0), "", (0, 0), "") is None


def test_a_series_that_differs_by_its_numbers_is_no_copy() -> None:
    same = (0xF0F0, 0x0F0F)
    assert is_copy(same, "Giá xăng ngày 5.12", same, "Giá xăng ngày 6.12") is None
    assert is_copy(same, "Giá xăng ngày 5.12", same, "Giá xăng lại tăng") is not None


@pytest.mark.parametrize(("bits", "copy"), [(23, True), (24, False)])
def test_without_a_word_in_common_the_texts_must_be_nearer(*, bits: int, copy: bool) -> None:
    assert (is_copy((2**bits - 1, 1), "Vỡ đê", (0, 1), "Ngập sâu") is not None) is copy


@given(HALVES, st.text(max_size=9), HALVES, st.text(max_size=9))
def test_likeness_is_the_same_from_either_side(
    one: tuple[int, int], title: str, other: tuple[int, int], other_title: str
) -> None:
    assert is_copy(one, title, other, other_title) == is_copy(other, other_title, one, title)


def judged(sample: str) -> Iterator[tuple[str, bool]]:
    """Label, and what the program says, of each pair of a sample."""
    with PAIRS.open(encoding="utf-8") as file:
        pairs = [row for row in csv.DictReader(file, delimiter="\t") if row["sample"] == sample]
    wanted = {row[side] for row in pairs for side in ("one", "other")}
    texts = {}
    with gzip.open(NEWS, "rt", encoding="utf-8") as lines:
        for line in lines:
            mention = json.loads(line)
            if mention["id"] in wanted:
                texts[mention["id"]] = (mention.get("title") or "", mention.get("text") or "")
    ids = sorted(texts)
    words = [text.words() for text in cut_all([f"{title} . {text}" for title, text in (texts[id_] for id_ in ids)])]
    prints = dict(zip(ids, Fingerprinter().fingerprints(words), strict=True))
    titles = {id_: normalise(texts[id_][0]) for id_ in ids}
    for row in pairs:
        one, other = row["one"], row["other"]
        yield row["label"], is_copy(prints[one], titles[one], prints[other], titles[other]) is not None


@pytest.mark.skipif(not NEWS.exists(), reason="the real headlines are not there")
@pytest.mark.parametrize("sample", ["chosen_on", "held_out"])
def test_copies_of_the_real_headlines_collapse_and_other_stories_do_not(sample: str) -> None:
    found = list(judged(sample))
    copies = [said for label, said in found if label == "copy"]
    others = [said for label, said in found if label == "other"]
    print(sample, f"copies {sum(copies)} of {len(copies)}, others {sum(others)} of {len(others)}")
    print(
        "retold", sum(said for label, said in found if label == "retold"), "of", len(found) - len(copies) - len(others)
    )
    assert sum(copies) >= 0.95 * len(copies)
    assert sum(others) <= 0.01 * len(found)
