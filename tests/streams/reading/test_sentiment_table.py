"""The table as a file: the same bytes for the same table, and refused in one sentence otherwise."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from streams.reading import sentiment_table
from streams.reading.sentiment_features import ROWS
from streams.reading.sentiment_model import FAMILIES, HEADS, Calibration, Table
from streams.reading.sentiment_table import TableError, decode, encode, load, shipped


def table() -> Table:
    weights = np.arange(HEADS * (ROWS + 1), dtype=np.int16).reshape(HEADS, ROWS + 1)
    calibration = dict.fromkeys(FAMILIES, (Calibration(1.0, 0.5),) * 3)
    return Table(weights, (1, -2, 3), np.ones(ROWS + 1, dtype=np.uint8), calibration, card={"made": "2026-11-25"})


def test_a_table_survives_its_file() -> None:
    data = encode(table())
    found = decode(data)
    assert encode(found) == data
    assert (found.weights == table().weights).all()
    assert (found.bias, found.calibration, found.card) == (table().bias, dict(table().calibration), table().card)
    assert len(found.digest) == 64


def test_the_shipped_table_is_small_and_holds_no_text() -> None:
    path = Path(sentiment_table.__file__).parent / "data" / "sentiment" / "table.bin"
    assert path.stat().st_size <= 4 * 1024 * 1024
    card = shipped().card
    assert card["headlines"]
    assert (shipped().weights[:, ROWS] == 0).all()


def _changed(**fields: object) -> bytes:
    file = msgspec.msgpack.decode(encode(table()))
    return msgspec.msgpack.encode(file | fields)


WRONG = {
    "no table": b"\xff",
    "another form": _changed(format="canhbao-sentiment/2"),
    "another size": _changed(bits=20),
    "damaged": _changed(weights=b"x"),
    "cut off": _changed(seen=_changed()[:40]),
    "too short": _changed(seen=__import__("zlib").compress(b"abc")),
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(TableError):
        decode(data)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="cannot be read"):
        load(tmp_path / "none.bin")
