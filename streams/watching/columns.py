"""Readings by columns: of those that are not negative nothing is shown, so they travel and are counted together."""

from dataclasses import dataclass, replace
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
#: Sixteen bytes an identity; a kind of its own, since a string of bytes would lose zeros at its end.
IDENTITY = np.dtype("V16")
#: Added to the number of the source of a positive mention.
POSITIVE = 1 << 30
LONG, SHORT = np.dtype("<i8"), np.dtype("<i4")


class Columns(msgspec.Struct, array_like=True, frozen=True):
    """Readings of one batch that are not negative, in the order of their offsets.

    Attributes
    ----------
    offsets, seen_at, published_at
        64-bit integers, little-endian; as in `Reading`.
    identities
        16 bytes each.
    sources, groups
        32-bit integers: index into `Envelope.sources` (and `POSITIVE`), and into `organisations`.
    organisations
        The distinct sets of organisations.
    """

    offsets: bytes
    seen_at: bytes
    published_at: bytes
    identities: bytes
    sources: bytes
    groups: bytes
    organisations: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """`Columns` to count with.

    Parameters
    ----------
    offsets, seen_at, published_at, identities, sources, groups, organisations
        As in `Columns`.
    sources_of
        Kind and name of each source.
    """

    offsets: Ints
    seen_at: Ints
    published_at: Ints
    identities: NDArray[np.void]
    sources: NDArray[np.int32]
    groups: NDArray[np.int32]
    organisations: tuple[tuple[str, ...], ...]
    sources_of: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.offsets)

    @classmethod
    def of(cls, columns: Columns, sources_of: tuple[tuple[str, str], ...]) -> Self:
        """Read columns. Raises `ValueError` where they do not fit together."""
        block = cls(
            np.frombuffer(columns.offsets, LONG),
            np.frombuffer(columns.seen_at, LONG),
            np.frombuffer(columns.published_at, LONG),
            np.frombuffer(columns.identities, IDENTITY),
            np.frombuffer(columns.sources, SHORT),
            np.frombuffer(columns.groups, SHORT),
            columns.organisations,
            sources_of,
        )
        if len({len(column) for column in block._columns()}) != 1:
            raise ValueError("the columns of an envelope are of different lengths")
        return block

    def columns(self) -> Columns:
        """The block as it is kept."""
        offsets, seen_at, published_at, identities, sources, groups = (column.tobytes() for column in self._columns())
        return Columns(offsets, seen_at, published_at, identities, sources, groups, self.organisations)

    def cut(self, start: int, stop: int | None = None) -> Self:
        """A part of it."""
        offsets, seen_at, published_at, identities, sources, groups = (c[start:stop] for c in self._columns())
        return replace(
            self,
            offsets=offsets,
            seen_at=seen_at,
            published_at=published_at,
            identities=identities,
            sources=sources,
            groups=groups,
        )

    def _columns(self) -> tuple[NDArray[Any], ...]:
        return self.offsets, self.seen_at, self.published_at, self.identities, self.sources, self.groups
