"""Lines out of bytes of unknown origin."""

import gzip
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sources.lines import Counted, Limits, Line, Unreadable, split_lines


def lines_of(data: bytes, limits: Limits | None = None) -> list[Line | Unreadable]:
    return list(split_lines(Counted(io.BytesIO(data)), limits or Limits()))


@given(st.lists(st.binary(max_size=20).map(lambda data: data.replace(b"\n", b""))), st.booleans())
def test_lines_keep_their_numbers_and_content_plain_and_packed(parts: list[bytes], packed: bool) -> None:  # noqa: FBT001 - drawn
    if parts and parts[0].startswith((b"\x1f\x8b", b"\xef\xbb\xbf")):
        parts[0] = b""
    data = b"\n".join(parts)
    expected = [Line(number, part.strip()) for number, part in enumerate(parts, 1) if part.strip()]
    assert lines_of(gzip.compress(data) if packed else data) == expected


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_a_line() -> None:
    assert lines_of(b"\xef\xbb\xbfa\r\nb\r\n") == [Line(1, b"a"), Line(2, b"b")]


def test_a_line_that_is_too_long_is_refused_and_the_next_one_is_read() -> None:
    found = lines_of(b"a\n" + b"x" * 2_000_000 + b"\nb", Limits(line_bytes=1000))
    assert [(each.number, getattr(each, "reason", "")) for each in found] == [(1, ""), (2, "line_too_long"), (3, "")]


def test_the_last_line_may_be_too_long_as_well() -> None:
    found = lines_of(b"a\n" + b"x" * 600_000, Limits(line_bytes=1000))
    assert [type(each) for each in found] == [Line, Unreadable]


def test_what_expands_beyond_all_measure_is_left_out_from_there() -> None:
    bomb = gzip.compress(b"line\n" * 1_000_000)
    found = lines_of(bomb, Limits(free_bytes=500_000, ratio=50))
    assert isinstance(found[-1], Unreadable)
    assert found[-1].reason == "too_large"
    assert len(found) < 500_000


def test_more_than_the_allowed_bytes_are_refused_even_if_they_do_not_shrink() -> None:
    found = lines_of(b"0123456789\n" * 100_000, Limits(expanded_bytes=300_000))
    assert isinstance(found[-1], Unreadable)
    assert found[-1].reason == "too_large"


@pytest.mark.parametrize("cut", [5, 15, 40])
def test_a_file_that_was_cut_off_says_so(cut: int) -> None:
    packed = gzip.compress(b"".join(b"%d\n" % number for number in range(1000)))
    found = lines_of(packed[:-cut])
    assert isinstance(found[-1], Unreadable)
    assert found[-1].reason == "broken_file"


def test_rubbish_that_looks_like_gzip_is_refused() -> None:
    found = lines_of(b"\x1f\x8b" + b"rubbish" * 10)
    assert [each.reason for each in found if isinstance(each, Unreadable)] == ["broken_file"]


def test_several_packed_members_are_one_file() -> None:
    assert lines_of(gzip.compress(b"a\n") + gzip.compress(b"b\n")) == [Line(1, b"a"), Line(2, b"b")]


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    lines_of(data)
    lines_of(b"\x1f\x8b\x08\x00" + data)
    lines_of(zlib.compress(data))


def test_what_was_read_is_counted() -> None:
    raw = Counted(io.BytesIO(b"a\n" * 1000))
    list(split_lines(raw, Limits()))
    assert raw.consumed == 2000
