"""The mentions already counted: the same one sent again counts once (docs/determinism.md)."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

HOUR = 60 * 60_000
#: Hours after the one in which it was first seen for which a mention is known: at least 24 h.
KNOWN_FOR = 24
#: At most so many are known; then the oldest are forgotten first.
LIMIT = 2_000_000
#: Identities of one hour are kept in pieces of at most this many, so that forgetting is gradual.
PIECE = 1 << 16
_WIDTH = 16


@dataclass(slots=True)
class Piece:
    """Identities first seen in one hour, one after the other, 16 bytes each. Only the newest piece still grows."""

    number: int
    hour: int
    data: bytearray = field(default_factory=bytearray)


class Identities:
    """A set of identities that forgets by age of `seen_at` and by number; time must not go back.

    Examples
    --------
    >>> known = Identities()
    >>> known.is_new(b"a" * 16, 0), known.is_new(b"a" * 16, 3_600_000), known.is_new(b"a" * 16, 90_000_000)
    (True, False, True)
    """

    def __init__(self, limit: int = LIMIT, piece: int = PIECE) -> None:
        self._limit = limit
        self._piece = piece
        self._next = 0
        self._known: set[bytes] = set()
        self._pieces: deque[Piece] = deque()

    def __len__(self) -> int:
        return len(self._known)

    def is_new(self, identity: bytes, seen_at: int) -> bool:
        """Remember an identity; says whether it was unknown."""
        hour = seen_at // HOUR
        while self._pieces and self._pieces[0].hour < hour - KNOWN_FOR:
            self._forget()
        if identity in self._known:
            return False
        while len(self._known) >= self._limit:
            self._forget()
        last = self._pieces[-1] if self._pieces else None
        if last is None or last.hour != hour or len(last.data) >= self._piece * _WIDTH:
            last = Piece(self._next, hour)
            self._next += 1
            self._pieces.append(last)
        last.data += identity
        self._known.add(identity)
        return True

    def are_new(self, identities: Sequence[bytes], seen_at: int) -> NDArray[np.bool_]:
        """`is_new` of each, all seen within the hour of `seen_at`; cheaper where all of them are new."""
        hour, last = seen_at // HOUR, self._pieces[-1] if self._pieces else None
        distinct = set(identities)
        room = 0 if last is None or last.hour != hour else self._piece - len(last.data) // _WIDTH
        if (
            last is None
            or len(distinct) < len(identities)
            or len(identities) > min(room, self._limit - len(self._known))
            or self._pieces[0].hour < hour - KNOWN_FOR
            or not distinct.isdisjoint(self._known)
        ):
            return np.array([self.is_new(identity, seen_at) for identity in identities], dtype=np.bool_)
        last.data += b"".join(identities)
        self._known |= distinct
        return np.ones(len(identities), dtype=np.bool_)

    def _forget(self) -> None:
        data = bytes(self._pieces.popleft().data)
        self._known.difference_update(data[i : i + _WIDTH] for i in range(0, len(data), _WIDTH))

    def parts(self) -> dict[str, bytes]:
        """Contents by piece; the name tells number and hour. A piece that is full or of a past hour stays the same."""
        return {f"{piece.number}.{piece.hour}": bytes(piece.data) for piece in self._pieces}

    @classmethod
    def of_parts(cls, parts: dict[str, bytes], limit: int = LIMIT, piece: int = PIECE) -> "Identities":
        """Rebuild from `parts`."""
        known = cls(limit, piece)
        for name in sorted(parts, key=lambda name: int(name.partition(".")[0])):
            number, hour = (int(part) for part in name.split("."))
            data = parts[name]
            known._pieces.append(Piece(number, hour, bytearray(data)))
            known._known.update(data[i : i + _WIDTH] for i in range(0, len(data), _WIDTH))
            known._next = number + 1
        return known
