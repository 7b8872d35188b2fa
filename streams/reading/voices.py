"""Voices: keyed, daily pseudonyms of authors, good for counting distinct ones within a day and for nothing else."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_DAY_MS = 86_400_000
_CACHED_DAYS = 8


class Voices:
    """Turns authors into 64-bit keys that change each UTC day and cannot be undone without the secret.

    Parameters
    ----------
    secret
        The deployment's, shared by all workers. Must not be empty.

    Examples
    --------
    >>> voices = Voices("secret")
    >>> day = 86_400_000
    >>> voices.key("web", "a", "Lan", 0) == voices.key("web", "a", "Lan", day - 1)
    True
    >>> voices.key("web", "a", "Lan", 0) == voices.key("web", "a", "Lan", day)
    False
    """

    def __init__(self, secret: str) -> None:
        if not secret:
            raise ValueError("the secret for voice keys must not be empty")
        self._secret = secret.encode()
        self._keys: dict[int, bytes] = {}

    def key(self, kind: str, name: str, author: str, seen_at: int) -> int:
        """Key of an author at a source on the day of `seen_at` (ms); never 0."""
        day = seen_at // _DAY_MS
        daily = self._keys.get(day)
        if daily is None:
            if len(self._keys) >= _CACHED_DAYS:
                self._keys.clear()
            daily = self._keys[day] = self._derive(day)
        text = f"{kind}\0{name}\0{author}".encode(errors="replace")
        return int.from_bytes(hashlib.blake2b(text, key=daily, digest_size=8).digest(), "big") or 1

    def _derive(self, day: int) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"canhbao voice/1 %d" % day).derive(self._secret)
