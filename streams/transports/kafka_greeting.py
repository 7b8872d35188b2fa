"""The first word with a Kafka cluster: can it be entered, and does it speak what is needed? In one sentence if not."""

import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    IncompatibleBrokerVersion,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.group import JoinGroupRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.protocol.produce import ProduceRequest

from streams.log import LogError, LogUnavailableError

_GREETING_MS = 10_000
#: What is asked of a broker, and from which version on: record headers and their times came with Kafka 0.11.
_NEEDED: Sequence[tuple[Any, int]] = (
    (ProduceRequest, 3),
    (FetchRequest, 4),
    (OffsetRequest, 1),
    (MetadataRequest, 0),
    (JoinGroupRequest, 0),
)
#: Trying again does not mend these.
_REFUSALS = (AuthenticationFailedError, SaslAuthenticationFailed, UnsupportedSaslMechanismError)


async def greet(servers: Sequence[str], arguments: Mapping[str, Any]) -> None:
    """Connect to the first server that answers, and look at the versions it speaks.

    Parameters
    ----------
    servers
        Each `host:port`.
    arguments
        As `client_arguments` gives them.

    Raises
    ------
    LogError
        If a server refuses this client, or speaks too old or too new a protocol.
    LogUnavailableError
        If none answers; the sentence names each and what it did.
    """
    reasons: list[str] = []
    for server in servers:
        host, _, port = server.rpartition(":")
        try:
            connection = await create_conn(host, int(port), request_timeout_ms=_GREETING_MS, **arguments)
        except _REFUSALS as error:
            raise LogError(f"Kafka at {server} refuses this client: {_words(error)}; see streams.kafka") from error
        except (NotImplementedError, IncompatibleBrokerVersion) as error:
            raise LogError(f"Kafka at {server} is of a version that cannot be used: {error}") from error
        except ssl.SSLCertVerificationError as error:
            raise LogError(f"the certificate of Kafka at {server} is not trusted: {error.verify_message}") from error
        except (OSError, KafkaError, TimeoutError, ValueError, AssertionError, IndexError) as error:
            reasons.append(f"{server} ({_words(error)})")
            continue
        try:
            _check_versions(server, connection)
            await _check_entered(server, connection, by_token=arguments.get("sasl_mechanism") == "OAUTHBEARER")
        except (KafkaError, TimeoutError) as error:
            reasons.append(f"{server} ({_words(error)})")
            continue
        finally:
            connection.close()
        return
    raise LogUnavailableError(f"Kafka does not answer: {', '.join(reasons)}")


async def _check_entered(server: str, connection: AIOKafkaConnection, *, by_token: bool) -> None:
    """Ask something: aiokafka takes any answer to a token for a yes, and that it was a no shows only here."""
    try:
        entered = bool((await connection.send(MetadataRequest([]))).brokers)
    except KafkaError:
        if not by_token:
            raise
        entered = False
    if by_token and not entered:
        raise LogError(f"Kafka at {server} refuses this client: its token is not accepted; see streams.kafka")


def _check_versions(server: str, connection: AIOKafkaConnection) -> None:
    spoken: Mapping[int, tuple[int, int]] = connection._versions  # noqa: SLF001 - aiokafka keeps them to itself
    for request, least in _NEEDED:
        name = request.__name__.removesuffix("Request")
        known = [each.API_VERSION for each in request._CLASSES if least <= each.API_VERSION]  # noqa: SLF001 - as above
        low, high = spoken.get(request.API_KEY, (-1, -1))
        if not any(low <= version <= high for version in known):
            raise LogError(
                f"Kafka at {server} is of a version that cannot be used: it speaks {name} {low} to {high}, "
                f"needed is one of {min(known)} to {max(known)}; Apache Kafka 4.x is what this program is tested with"
            )


def _words(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
