"""Cutting bodies into values: the same however they are cut into pieces."""

import gzip
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bodies import ArraySplitter, BodyError, BombError, Inflater, LineSplitter, Splitter

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def _cut(splitter: Splitter, body: bytes, places: list[int]) -> list[bytes | None]:
    bounds = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    found: list[bytes | None] = []
    for start, end in pairwise(bounds):
        found += splitter.feed(body[start:end])
    return [*found, *splitter.close()]


@given(st.lists(_VALUES, max_size=8), st.lists(st.integers(0, 10**6), max_size=12), st.sampled_from([None, 1]))
def test_an_array_gives_its_elements_however_it_comes(
    values: list[object], places: list[int], indent: int | None
) -> None:
    body = json.dumps(values, indent=indent, ensure_ascii=False).encode()
    assert [json.loads(value or b"") for value in _cut(ArraySplitter(), body, places)] == values


@given(st.lists(_VALUES, max_size=8), st.lists(st.integers(0, 10**6), max_size=12), st.sampled_from([b"\n", b"\r\n"]))
def test_lines_give_their_values_however_they_come(values: list[object], places: list[int], end: bytes) -> None:
    body = b"".join(json.dumps(value).encode() + end for value in values)
    assert [json.loads(value or b"") for value in _cut(LineSplitter(), body, places)] == values


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_bytes_of_any_kind_end_in_values_or_a_body_error(body: bytes, places: list[int]) -> None:
    for splitter in (ArraySplitter(max_bytes=50), LineSplitter(max_bytes=50)):
        try:
            assert all(value is None or len(value) <= 50 for value in _cut(splitter, body, places))
        except BodyError:
            assert isinstance(splitter, ArraySplitter)


@pytest.mark.parametrize(
    "body", [b"", b" ", b"{}", b"null", b"[1", b'["', b'["\\"', b"[1,,2]", b"[,]", b"[1,]", b"[1]x", b"[1][2]", b"\xff"]
)
def test_what_is_no_array_is_said(body: bytes) -> None:
    with pytest.raises(BodyError):
        _cut(ArraySplitter(), body, [1])


def test_too_long_values_do_not_gather() -> None:
    lines = LineSplitter(max_bytes=10)
    assert _cut(lines, b"1\n" + b"2" * 100 + b"\n3\n", list(range(0, 100, 7))) == [b"1", None, b"3"]
    assert list(ArraySplitter(max_bytes=10).feed(b'["' + b"x" * 20 + b'", 1]')) == [None, b"1"]
    with pytest.raises(BodyError, match="longer"):
        list(ArraySplitter(max_bytes=10).feed(b'["' + b"x" * 300_000))


@given(st.binary(max_size=5000), st.lists(st.integers(0, 5000), max_size=6))
def test_gzip_in_pieces_and_in_several_members_is_unpacked(data: bytes, places: list[int]) -> None:
    body = gzip.compress(data[:100]) + gzip.compress(data[100:])
    inflater = Inflater()
    bounds = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    assert b"".join(part for start, end in pairwise(bounds) for part in inflater.feed(body[start:end])) == data
    inflater.close()


def test_pieces_stay_small_and_bombs_are_stopped_early() -> None:
    pieces = []

    def unpack(body: bytes) -> None:
        for piece in Inflater(max_ratio=100).feed(body):
            pieces.append(len(piece))  # noqa: PERF401 - what came before the error counts

    with pytest.raises(BombError):
        unpack(gzip.compress(bytes(50_000_000)))
    assert max(pieces) <= 256 * 1024
    assert sum(pieces) < 6_000_000


def test_members_that_hold_nothing_are_not_taken_without_end() -> None:
    packed = gzip.compress(b"") * 20
    with pytest.raises(BombError, match="members"):
        list(Inflater(max_members=10).feed(packed))
    assert list(Inflater(max_members=20).feed(packed)) == []
