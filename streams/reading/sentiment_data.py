"""What training and watching the model need beside headlines: labels by id, and sentences written for this project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

_DATA = Path(__file__).parent / "data" / "sentiment"
LABELS = ("neg_agency", "neg_event", "other")
USES = ("train", "test", "given")


class LabelError(ValueError):
    """A line of a labels file that cannot be; the sentence says which and why."""


class HandLabel(NamedTuple):
    """What a person said of a mention: one of `LABELS`, and what for: one of `USES`."""

    label: str
    use: str


class Written(NamedTuple):
    """A sentence of this project: `kind` is ``news`` or ``social``, `label` ``blame``, ``event`` or ``other``."""

    kind: str
    label: str
    text: str


def hand_labels(path: Path | None = None) -> dict[str, HandLabel]:
    """Labels by the mention's id; the shipped ones unless a file is named.

    Raises
    ------
    LabelError
        With file and line.
    """
    source = path or _DATA / "labels.tsv"
    found: dict[str, HandLabel] = {}
    for place, cells in _rows(source, ("id", "label", "use")):
        key, label, use = cells
        if label not in LABELS or use not in USES:
            raise LabelError(f"{source}, line {place}: {label!r} for {use!r} is no label")
        found[key] = HandLabel(label, use)
    return found


def written() -> tuple[Written, ...]:
    """The sentences written for this project.

    Examples
    --------
    >>> sorted({sentence.label for sentence in written()})
    ['blame', 'event', 'other']
    """
    return tuple(Written(*cells) for _, cells in _rows(_DATA / "written.tsv", ("kind", "label", "text")))


def _rows(path: Path, header: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    try:
        lines: Iterable[str] = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise LabelError(f"{path} cannot be read: {error.strerror}") from error
    wanted = True
    for place, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if (wanted and cells != list(header)) or len(cells) != len(header):
            raise LabelError(f"{path}, line {place}: there must be the columns {', '.join(header)}, separated by tabs")
        if not wanted:
            yield place, cells
        wanted = False
