"""SimHash of a text's words and pairs of words, in two halves of 64 bits: near-duplicates differ in few bits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_BITS = 128
_CACHED_WORDS = 100_000
#: Makes of a hash another one, for the second half.
_OTHER = np.uint64(0xD1B54A32D192ED03)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


class Fingerprinter:
    """Fingerprints texts; remembers the hashes of words, and nothing else.

    The hash of a word is BLAKE2b's, so every process and every run gives the same fingerprint. Half of it tells a copy
    well enough; with both, edited copies are told from other texts (`streams.watching.likeness`).

    Examples
    --------
    >>> near, same, other = Fingerprinter().fingerprints(
    ...     [["lũ", "dâng", "cao", "ở", "huế"], ["lũ", "dâng", "cao", "ở", "huế"], ["giá", "vàng", "tăng"]]
    ... )
    >>> near == same, near == other
    (True, False)
    """

    def __init__(self) -> None:
        self._hashes: dict[str, int] = {}

    def fingerprints(self, texts: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
        """One fingerprint a text, given as its words: two halves, both 0 where there are none."""
        lengths = [len(words) for words in texts]
        if not any(lengths):
            return [(0, 0)] * len(texts)
        known = self._hashes.get
        hashes = np.array([known(word) or self._hash(word) for words in texts for word in words], dtype=np.uint64)
        owner = np.repeat(np.arange(len(texts)), lengths)
        within = owner[:-1] == owner[1:]
        pairs = _mix(hashes[:-1] * _MULTIPLIER + hashes[1:])[within]
        votes = _votes(hashes, owner, len(texts)) + _votes(pairs, owner[:-1][within], len(texts))
        packed = np.packbits(votes > 0, axis=1, bitorder="little").view("<u8").tolist()
        return [(first, second) if length else (0, 0) for (first, second), length in zip(packed, lengths, strict=True)]

    def _hash(self, word: str) -> int:
        if len(self._hashes) >= _CACHED_WORDS:
            self._hashes.clear()
        digest = hashlib.blake2b(word.encode(errors="replace"), digest_size=8).digest()
        hashed = self._hashes[word] = int.from_bytes(digest, "little")
        return hashed


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread every bit over all (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return values ^ (values >> np.uint64(31))


def _votes(hashes: npt.NDArray[np.uint64], owner: npt.NDArray[np.intp], texts: int) -> npt.NDArray[np.int32]:
    """For each text and bit of both halves, how many more of its hashes have the bit than have it not."""
    votes = np.zeros((texts, _BITS), dtype=np.int32)
    if len(hashes):
        halves = np.empty((len(hashes), 2), dtype="<u8")
        halves[:, 0], halves[:, 1] = hashes, _mix(hashes ^ _OTHER)
        bits = np.unpackbits(halves.view(np.uint8), axis=1, bitorder="little")
        starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
        ones = np.add.reduceat(bits, starts, axis=0, dtype=np.int32)
        votes[owner[starts]] = 2 * ones - np.diff(np.r_[starts, len(hashes)]).astype(np.int32)[:, None]
    return votes
