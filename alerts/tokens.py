"""API tokens: 256 random bits for the holder, their SHA-256 for the store."""

import base64
import hashlib
from typing import NamedTuple

PREFIX = "canhbao_"
_RANDOM_BYTES = 32


class NewToken(NamedTuple):
    """What the holder gets, once, and what the store keeps."""

    secret: str
    digest: bytes


def new_token(randomness: bytes) -> NewToken:
    """Make a token of 32 random bytes (`secrets.token_bytes`).

    Examples
    --------
    >>> token = new_token(bytes(32))
    >>> token.secret[:12], token.digest == digest(token.secret)
    ('canhbao_AAAA', True)
    """
    if len(randomness) != _RANDOM_BYTES:
        raise ValueError(f"a token is made of {_RANDOM_BYTES} random bytes, not {len(randomness)}")
    secret = PREFIX + base64.urlsafe_b64encode(randomness).rstrip(b"=").decode()
    return NewToken(secret, digest(secret))


def digest(secret: str) -> bytes:
    """SHA-256 of a token as it was presented: what `AlertStore.authenticate` takes.

    A plain hash is enough: the secret is random, not chosen by a person.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
