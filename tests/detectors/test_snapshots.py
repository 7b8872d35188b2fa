"""Snapshots: exact, and nothing else is read."""

import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.snapshots import MAGIC, SnapshotError, pack, unpack


@given(st.lists(st.floats(width=64), max_size=9), st.dictionaries(st.text(), st.integers(), max_size=3))
def test_what_is_packed_comes_back_exactly(values: list[float], head: dict[str, int]) -> None:
    head.pop("arrays", None)
    back, state = unpack(pack(head, {"a": np.array(values), "b": np.arange(6, dtype=np.int32).reshape(2, 3)}))
    assert back == head
    assert state["a"].tobytes() == np.array(values).tobytes()
    assert state["b"].tolist() == [[0, 1, 2], [3, 4, 5]]
    state["b"][0, 0] = 9  # writable


@given(st.binary(max_size=300))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(SnapshotError):
        unpack(data)


@given(st.binary(max_size=200))
def test_bytes_with_a_right_check_sum_are_refused_too(body: bytes) -> None:
    with pytest.raises(SnapshotError):
        unpack(MAGIC + zlib.crc32(body).to_bytes(4, "little") + body)


@pytest.mark.parametrize(
    "arrays",
    [[["a", "O", [1]]], [["a", "<f8", [-1]]], [["a", "<f8", [1 << 40]]], [["a", "<f8", [1]], ["b", "<f8", [0]]]],
)
def test_hostile_headers_are_refused(arrays: list[object]) -> None:
    text = json.dumps({"arrays": arrays}).encode()
    body = len(text).to_bytes(4, "little") + text
    with pytest.raises(SnapshotError):
        unpack(MAGIC + zlib.crc32(body).to_bytes(4, "little") + body)
