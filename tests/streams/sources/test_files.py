"""Mentions from NDJSON and CSV files."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.mentions import parse
from streams.sources.files import Columns, Form, MentionFile, SourceFileError, guess_form
from streams.sources.lines import Limits, Line, Unreadable


def read(path: Path, **options: object) -> list[Line | Unreadable]:
    with MentionFile(str(path), **options) as file:  # type: ignore[arg-type]  # options of several kinds
        return list(file)


def csv_file(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "m.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


HEAD = "id,published_at,source_kind,source_name,title,reach,sentiment,organisations\n"


def test_a_row_becomes_a_mention(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD + '1,2025-10-07T09:00:00+07:00,news,Báo A,"Lũ, lụt\nở Huế",12,-0.5,46; BYT\n')
    (line,) = read(path)
    assert isinstance(line, Line)
    mention = parse(line.data, frozenset({"46", "BYT"}))
    assert (mention.title, mention.reach, mention.sentiment) == ("Lũ, lụt\nở Huế", 12, -0.5)
    assert mention.organisations == ("46", "BYT")
    assert (mention.source.kind, mention.source.name) == ("news", "Báo A")


def test_columns_may_be_named_otherwise_and_the_source_given_once(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "ma,ngay,noi dung\n7,2025-10-07T09:00:00Z,xin chào\n")
    columns = Columns.parsed(["id=ma", "published_at=ngay", "text=noi dung", "source_kind:=forum", "source_name:=D"])
    (line,) = read(path, columns=columns)
    assert json.loads(line.data) == {  # type: ignore[union-attr]  # it is a line, or this fails
        "id": "7",
        "published_at": "2025-10-07T09:00:00Z",
        "text": "xin chào",
        "source": {"kind": "forum", "name": "D"},
    }


@pytest.mark.parametrize("word", ["id", "nothing=x", "id=", "=x", "title:"])
def test_a_column_that_cannot_be_meant_is_refused(word: str) -> None:
    with pytest.raises(SourceFileError, match="NAME=COLUMN"):
        Columns.parsed([word])


def test_a_mapped_column_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="no column 'ma'"):
        read(csv_file(tmp_path, HEAD), columns=Columns.parsed(["id=ma"]))


def test_a_header_without_id_and_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="needs a header"):
        read(csv_file(tmp_path, "a,b\n1,2\n"))


def test_a_row_that_is_not_utf8_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    found = read(csv_file(tmp_path, b"id,published_at,title\n1,x,\xff\n2,x,b\n"))
    assert [(each.number, type(each)) for each in found] == [(2, Unreadable), (3, Line)]


def test_a_quote_that_is_never_closed_refuses_what_it_swallowed(tmp_path: Path) -> None:
    found = read(csv_file(tmp_path, 'id,published_at,title\n1,x,"a\n2,x,b\n'))
    assert [(each.number, getattr(each, "reason", "")) for each in found] == [(2, "not_csv")]
    assert "up to line 3" in found[0].detail  # type: ignore[union-attr]  # checked above


def test_a_cell_that_is_too_long_is_refused_and_reading_goes_on(tmp_path: Path) -> None:
    content = "id,published_at,title\n1,x," + "y" * 900 + "\n2,x,b\n"
    found = read(csv_file(tmp_path, content), limits=Limits(line_bytes=500))
    assert [type(each) for each in found] == [Unreadable, Line]


def test_a_cell_that_is_no_number_is_left_for_the_parser_to_refuse(tmp_path: Path) -> None:
    found = read(csv_file(tmp_path, HEAD + "1,2025-10-07T09:00:00Z,news,A,t,many,nan,\n"))
    assert json.loads(found[0].data)["reach"] == "many"  # type: ignore[union-attr]  # it is a line
    assert json.loads(found[0].data)["sentiment"] == "nan"  # type: ignore[union-attr]  # it is a line


def test_an_unpacked_and_a_packed_file_give_the_same(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.ndjson", tmp_path / "a.ndjson.gz"
    plain.write_bytes(b'{"id":"1"}\n{"id":"2"}\n')
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read(plain) == read(packed)


def test_a_file_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="cannot be opened"):
        MentionFile(str(tmp_path / "none"))


def test_progress_is_known_for_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"{}\n" * 100)
    with MentionFile(str(path)) as file:
        list(file)
        assert file.size == file.consumed == 300


@pytest.mark.parametrize(
    ("name", "form"), [("a.csv", Form.CSV), ("a.csv.gz", Form.CSV), ("a.json", Form.NDJSON), ("-", Form.NDJSON)]
)
def test_the_form_follows_the_name(name: str, form: Form) -> None:
    assert guess_form(name) is form


@given(st.binary(max_size=200))
def test_no_bytes_behind_a_good_header_make_a_csv_raise(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(HEAD.encode() + data)
    for line in read(path):
        assert isinstance(line, Line | Unreadable)
