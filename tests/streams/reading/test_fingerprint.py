"""Fingerprints: the same everywhere, near for near texts."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from streams.reading.fingerprint import Fingerprinter

WORDS = st.lists(st.sampled_from(["lũ", "dâng", "cao", "ở", "huế", "hai", "người"]), max_size=30)
_LEAD = "mưa lớn kéo dài khiến nước sông dâng nhanh hàng nghìn hộ dân ven sông phải sơ tán trong đêm nay"
LEAD = _LEAD.split()


@given(st.lists(WORDS, max_size=6))
def test_a_batch_is_as_one_by_one(texts: list[list[str]]) -> None:
    one_by_one = [Fingerprinter().fingerprints([words])[0] for words in texts]
    assert Fingerprinter().fingerprints(texts) == one_by_one
    assert all(0 <= half < 2**64 for halves in one_by_one for half in halves)
    assert [halves == (0, 0) for halves in one_by_one] == [not words for words in texts]


def test_every_process_gives_the_same() -> None:
    here = Fingerprinter().fingerprints([LEAD])[0]
    code = "import sys; from streams.reading.fingerprint import *; "
    code += "print(*Fingerprinter().fingerprints([sys.argv[1:]])[0])"
    there = subprocess.run([sys.executable, "-c", code, *LEAD], check=True, capture_output=True, text=True)
    assert tuple(map(int, there.stdout.split())) == here
    assert here[0] == 14139367733722096842


def test_near_texts_have_near_fingerprints() -> None:
    edited = [*LEAD[:-1], "qua"]
    text = "đội tuyển thắng trận mở màn trước hàng vạn khán giả trên sân nhà trong buổi tối mát trời"
    original, near, far = Fingerprinter().fingerprints([LEAD, edited, text.split()])
    for half in range(2):
        assert (original[half] ^ near[half]).bit_count() < 12 < (original[half] ^ far[half]).bit_count()


def test_order_counts() -> None:
    first, second = Fingerprinter().fingerprints([["chó", "cắn", "người"], ["người", "cắn", "chó"]])
    assert first != second


def test_a_full_memory_of_words_changes_nothing() -> None:
    fingerprinter = Fingerprinter()
    before = fingerprinter.fingerprints([LEAD])
    fingerprinter.fingerprints([[str(number) for number in range(120_000)]])
    assert fingerprinter.fingerprints([LEAD]) == before
