"""Unambiguous abbreviations of social media: data, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data" / "lexicon"


@cache
def teencode() -> Mapping[str, str]:
    """What each abbreviation stands for; several words stand between pairs of spaces.

    Examples
    --------
    >>> teencode()["ko"], "kh" in teencode()
    ('không', False)
    """
    ambiguous = {line.split("\t")[0] for line in _rows("ambiguous_teencode.txt")}
    pairs = (line.split("\t") for line in _rows("teencode.tsv"))
    return {short: "  ".join(long.split()) for short, long in pairs if short not in ambiguous and short != long}


def _rows(name: str) -> list[str]:
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]
