"""Mentions from files: NDJSON or CSV, plain or gzip, or standard input, as lines of JSON."""

import csv
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import msgspec

from streams.sources.lines import Counted, Limits, Line, Unreadable, split_lines


class Form(StrEnum):
    """How the mentions of a file are written."""

    NDJSON = "ndjson"
    CSV = "csv"


class SourceFileError(Exception):
    """The file cannot be used at all; the sentence says why."""


#: Columns of a CSV file as they are called when no mapping says otherwise.
COLUMNS = (
    "id",
    "published_at",
    "source_kind",
    "source_name",
    "title",
    "text",
    "url",
    "language",
    "author",
    "location",
    "reach",
    "engagement",
    "sentiment",
    "organisations",
)
_INTEGERS = frozenset({"reach", "engagement"})


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a CSV file mean.

    Parameters
    ----------
    names
        Column in the file for a name of `COLUMNS`; those not mentioned are called as there.
    constants
        Values for names that the file has no column for, such as the source of an export.

    Examples
    --------
    >>> Columns.parsed(["id=ma", "source_kind:=facebook"])
    Columns(names={'id': 'ma'}, constants={'source_kind': 'facebook'})
    """

    names: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parsed(cls, words: list[str]) -> Self:
        """Read ``name=column`` and ``name:=value``. Raises `SourceFileError`."""
        names: dict[str, str] = {}
        constants: dict[str, str] = {}
        for word in words:
            name, equals, value = word.partition("=")
            target = constants if name.endswith(":") else names
            name = name.removesuffix(":")
            if not equals or name not in COLUMNS or not value:
                allowed = ", ".join(COLUMNS)
                raise SourceFileError(
                    f"a column is given as NAME=COLUMN or NAME:=VALUE with NAME one of {allowed}, not {word!r}"
                )
            target[name] = value
        return cls(names, constants)


def guess_form(path: str) -> Form:
    """Form by the file's name.

    Examples
    --------
    >>> guess_form("a/b.CSV.gz").value, guess_form("-").value
    ('csv', 'ndjson')
    """
    return Form.CSV if path.lower().removesuffix(".gz").endswith(".csv") else Form.NDJSON


class MentionFile:
    """Reads one file's mentions as lines of JSON; `with` closes it.

    Parameters
    ----------
    path
        Of the file; ``-`` is standard input.
    form
        By the name unless told.

    Attributes
    ----------
    size
        Bytes on the disk; `None` where it cannot be known.
    """

    def __init__(
        self, path: str, *, form: Form | None = None, columns: Columns | None = None, limits: Limits | None = None
    ) -> None:
        self.path = path
        self.size: int | None = None
        self._form = form or guess_form(path)
        self._columns = columns or Columns()
        self._limits = limits or Limits()
        self._stream = self._open()
        self._raw = Counted(self._stream)

    def _open(self) -> BinaryIO:
        if self.path == "-":
            return sys.stdin.buffer
        try:
            stream = Path(self.path).open("rb")  # noqa: SIM115 - closed by __exit__
            about = os.fstat(stream.fileno())
        except OSError as error:
            raise SourceFileError(f"{self.path} cannot be opened: {error.strerror}") from error
        if stat.S_ISREG(about.st_mode):
            self.size = about.st_size
        return stream

    @property
    def consumed(self) -> int:
        """Bytes read from the disk so far: the progress against `size`."""
        return self._raw.consumed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.path != "-":
            self._stream.close()

    def __iter__(self) -> Iterator[Line | Unreadable]:
        lines = split_lines(self._raw, self._limits)
        if self._form is Form.NDJSON:
            return lines
        return _rows(lines, self._columns, self._limits)


def _rows(lines: Iterator[Line | Unreadable], columns: Columns, limits: Limits) -> Iterator[Line | Unreadable]:
    """Turn the rows of a CSV file into lines of JSON.

    Blank lines inside a quoted cell are lost with the others: no text needs them.
    """
    refused: list[Unreadable] = []
    taken: list[int] = []

    def texts() -> Iterator[str]:
        for line in lines:
            if isinstance(line, Unreadable):
                refused.append(line)
                continue
            taken.append(line.number)
            # What is not UTF-8 becomes lone surrogates, so that the row, not the file, is refused.
            yield line.data.decode("utf-8", "surrogateescape") + "\n"

    csv.field_size_limit(limits.line_bytes)
    reader = csv.reader(texts(), strict=True)
    names: dict[str, int] | None = None
    while True:
        taken.clear()
        try:
            row = next(reader, None)
        except csv.Error as error:
            upto = f" up to line {taken[-1]}" if len(taken) > 1 else ""
            refused.append(Unreadable(taken[0] if taken else 0, "not_csv", f"the row{upto} is no CSV: {error}"))
            continue
        yield from refused
        refused.clear()
        if row is None:
            return
        if names is None:
            names = _header(row, columns)
        else:
            yield _row(taken[0], row, names, columns)


def _header(row: list[str], columns: Columns) -> dict[str, int]:
    places = {name.strip(): place for place, name in enumerate(row)}
    for name, column in columns.names.items():
        if column not in places:
            raise SourceFileError(
                f"the CSV file has no column {column!r} for {name}: its columns are {', '.join(places)}"
            )
    found = {name: places[columns.names.get(name, name)] for name in COLUMNS if columns.names.get(name, name) in places}
    if "id" not in found or "published_at" not in found:
        raise SourceFileError(
            f"the CSV file needs a header with id and published_at (or --column id=…), it has {', '.join(places)[:200]}"
        )
    return found


def _row(number: int, row: list[str], names: Mapping[str, int], columns: Columns) -> Line | Unreadable:
    cells = dict(columns.constants)
    cells.update({name: row[place] for name, place in names.items() if place < len(row) and row[place]})
    source = {name: cells.pop(f"source_{name}") for name in ("kind", "name") if f"source_{name}" in cells}
    mention: dict[str, Any] = {**cells, "source": source}
    for name in _INTEGERS & cells.keys():
        mention[name] = _number(cells[name], int)
    if "sentiment" in cells:
        mention["sentiment"] = _number(cells["sentiment"], float)
    if "organisations" in cells:
        mention["organisations"] = cells["organisations"].replace(";", " ").replace(",", " ").split()
    try:
        return Line(number, msgspec.json.encode(mention))
    except UnicodeEncodeError:
        return Unreadable(number, "not_utf8", "the row is not UTF-8")


def _number(cell: str, kind: type[int] | type[float]) -> int | float | str:
    # What is no number stays a text, for the parser to refuse with its own reason.
    try:
        number = kind(cell)
    except ValueError:
        return cell
    return number if abs(number) < float("inf") else cell  # not infinite, and not NaN either
