"""A cluster's access settings as aiokafka and Faust take them."""

import asyncio
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaConnectionError
from faust import auth
from pydantic import SecretStr

from streams.access import KafkaSettings
from streams.log import LogError

#: A token is renewed this long before it ends.
_AHEAD_SECONDS = 30.0
_ANSWER_SECONDS = 10.0


class FileToken(AbstractTokenProvider):  # type: ignore[misc]  # untyped
    """A token that somebody else renews in a file.

    Parameters
    ----------
    path
        Read anew at every connection.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        """The token as it is now. Raises `KafkaConnectionError`: aiokafka then tries again, as for a broker."""
        try:
            return await asyncio.to_thread(_content, self._path, "kafka.token_file")
        except LogError as error:
            raise KafkaConnectionError(str(error)) from error


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = 60.0


class EndpointToken(AbstractTokenProvider):  # type: ignore[misc]  # untyped
    """A token from an endpoint that gives one for client credentials.

    Parameters
    ----------
    settings
        With a `token_url`.
    stopwatch
        Seconds.
    """

    def __init__(self, settings: KafkaSettings, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._stopwatch = stopwatch
        self._token = ""
        self._until = float("-inf")
        self._lock = asyncio.Lock()

    async def token(self) -> str:
        """The token, fetched anew shortly before the last one ends. Raises `KafkaConnectionError`."""
        async with self._lock:
            if self._stopwatch() >= self._until:
                granted = await self._fetch()
                self._token = granted.access_token
                self._until = self._stopwatch() + max(0.0, granted.expires_in - _AHEAD_SECONDS)
            return self._token

    async def _fetch(self) -> _Granted:
        settings = self._settings
        try:
            secret = await asyncio.to_thread(_secret, settings.client_secret, settings.client_secret_file)
            connector = aiohttp.TCPConnector(ssl=_context(settings.ca_file))
        except LogError as error:
            raise KafkaConnectionError(str(error)) from error
        asked = {"grant_type": "client_credentials", **({"scope": settings.scope} if settings.scope else {})}
        headers = {"Authorization": aiohttp.encode_basic_auth(settings.client_id, secret)}
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
                session.post(settings.token_url, data=asked, headers=headers) as answer,
            ):
                if answer.status != 200:
                    raise KafkaConnectionError(f"kafka.token_url answered {answer.status}: no token, so no Kafka")
                return msgspec.json.decode(await answer.read(), type=_Granted)
        except (aiohttp.ClientError, OSError, TimeoutError, msgspec.DecodeError) as error:
            # The type alone: an answer may hold what must not be told.
            raise KafkaConnectionError(f"kafka.token_url gives no token ({type(error).__name__})") from None


def client_arguments(settings: KafkaSettings) -> dict[str, Any]:
    """What every aiokafka client takes beside its addresses.

    Raises
    ------
    LogError
        If a file that the settings name cannot be used.

    Examples
    --------
    >>> client_arguments(KafkaSettings())
    {'security_protocol': 'PLAINTEXT'}
    """
    told: dict[str, Any] = {"security_protocol": settings.protocol}
    if settings.encrypted:
        told["ssl_context"] = ssl_context(settings)
    if settings.mechanism == "OAUTHBEARER":
        told |= {"sasl_mechanism": settings.mechanism, "sasl_oauth_token_provider": _tokens(settings)}
    elif settings.mechanism:
        told |= {
            "sasl_mechanism": settings.mechanism,
            "sasl_plain_username": settings.username,
            "sasl_plain_password": _secret(settings.password, settings.password_file),
        }
    return told


def faust_credentials(settings: KafkaSettings) -> auth.Credentials | None:
    """The same for the Faust application; `None` where nothing is asked. Raises `LogError`."""
    context = ssl_context(settings) if settings.encrypted else None
    if settings.mechanism == "OAUTHBEARER":
        return auth.OAuthCredentials(oauth_cb=_tokens(settings), ssl_context=context)
    if settings.mechanism:
        password = _secret(settings.password, settings.password_file)
        return auth.SASLCredentials(
            username=settings.username, password=password, ssl_context=context, mechanism=settings.mechanism
        )
    return None if context is None else auth.SSLCredentials(context)


def ssl_context(settings: KafkaSettings) -> ssl.SSLContext:
    """Certificates to trust and to show. Raises `LogError`."""
    context = _context(settings.ca_file)
    context.check_hostname = settings.check_hostname
    if settings.certificate_file is not None:
        password = settings.key_password.get_secret_value()
        try:
            context.load_cert_chain(settings.certificate_file, settings.key_file, lambda: password)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise LogError(f"kafka.certificate_file and kafka.key_file cannot be used: {error}") from error
    return context


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise LogError(f"kafka.ca_file {ca_file} cannot be used: {error}") from error


def _tokens(settings: KafkaSettings) -> AbstractTokenProvider:
    return FileToken(settings.token_file) if settings.token_file is not None else EndpointToken(settings)


def _secret(value: SecretStr, path: Path | None) -> str:
    return value.get_secret_value() if path is None else _content(path, "a password file of the Kafka settings")


def _content(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise LogError(f"{what} cannot be read: {path}: {error}") from error
