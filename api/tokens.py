"""Who may call: bearer tokens looked up by hash, and the first one, made at first start."""

import logging
import os
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from alerts.receiving import Scope, Token
from alerts.store.protocol import AlertStore
from alerts.tokens import PREFIX, NewToken, digest, new_token
from api.settings import SettingsError

logger = logging.getLogger(__name__)

FIRST_TOKEN = "first"  # noqa: S105 - its name, no secret
_LONGEST = 512
_KEPT = 1024


class Authority:
    """Looks tokens up, remembering them for a moment so that polling does not ask the store each time.

    Tokens are found by the SHA-256 of what was presented, so that how long the comparison takes says nothing of use.

    Parameters
    ----------
    store
        Asked in a thread by the caller of `ask`.
    monotonic
        Seconds, never going back.
    keep_seconds
        How long a revoked token may still work.
    """

    def __init__(self, store: AlertStore, monotonic: Callable[[], float], keep_seconds: float = 1.0) -> None:
        self._store = store
        self._monotonic = monotonic
        self._keep = keep_seconds
        self._known: dict[bytes, tuple[float, Token]] = {}

    def remembered(self, secret: str) -> Token | None:
        """The token, if it was asked for a moment ago."""
        found = self._known.get(digest(secret)) if len(secret) <= _LONGEST else None
        return found[1] if found and found[0] > self._monotonic() else None

    def ask(self, secret: str) -> Token | None:
        """The token, from the store; `None` where it is unknown or revoked."""
        if len(secret) > _LONGEST:
            return None
        key = digest(secret)
        token = self._store.authenticate(key)
        if token is None:
            self._known.pop(key, None)
            return None
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[key] = (self._monotonic() + self._keep, token)
        return token


def ensure_first_token(store: AlertStore, path: Path, randomness: Callable[[int], bytes], now: datetime) -> None:
    """Make the token that may do everything, if the store has none yet, and write it to `path` with mode 0600.

    The file comes first, and a file that is there already is used: a start that was cut off is completed by the next.

    Raises
    ------
    SettingsError
        If the file cannot be written, or is there and holds no token.
    """
    if store.tokens():
        return
    token = _written(path, randomness)
    store.create_token(FIRST_TOKEN, token.digest, frozenset(Scope), "system", now)
    logger.info("the first API token, which may do everything, is in %s", path)


def _written(path: Path, randomness: Callable[[int], bytes]) -> NewToken:
    token = new_token(randomness(32))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return _existing(path)
    except OSError as error:
        raise SettingsError(f"the first token cannot be written to {path}: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(token.secret + "\n")
        file.flush()
        os.fsync(file.fileno())
    return token


def _existing(path: Path) -> NewToken:
    refused = SettingsError(f"{path} is there and holds no API token; move it away, and a new one is made")
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise refused from error
    with os.fdopen(handle, "r", encoding="ascii", errors="replace") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) != 0o600:
            os.fchmod(file.fileno(), 0o600)
        secret = file.read(_LONGEST).strip()
    if not secret.startswith(PREFIX) or len(secret) < len(PREFIX) + 43:
        raise refused
    return NewToken(secret, digest(secret))
