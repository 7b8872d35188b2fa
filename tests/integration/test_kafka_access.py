"""Encrypted and authenticated Kafka, from the topics' command to the findings' reader, by every door of a broker."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.kafka.broker import Broker, Listener, free_port
from deploy.kafka.jars import missing
from deploy.settings import load_settings
from streams.log import LogError, open_log
from tests.integration.certificates import Authority, TokenIssuer
from tests.rig import Rig, synthetic

pytestmark = pytest.mark.integration

SECRET = "Tre-gia-mang-moc-42"
DOORS = ("MUTUAL", "SCRAM256", "SCRAM512", "PLAIN", "OAUTH")
_MODULES = "org.apache.kafka.common.security"


@dataclass
class Guarded:
    """A broker with one door for each way of coming in."""

    directory: Path
    authority: Authority
    issuer: TokenIssuer
    broker: Broker

    def url(self, door: str) -> str:
        """The log's address by that door."""
        return f"kafka://127.0.0.1:{self.broker.listeners[door].port}"

    def settings(self, door: str) -> dict[str, str]:
        """What a client is told for that door."""
        certificate, key = self.directory / "client.pem", self.directory / "client.key.pem"
        token = self.directory / "token"
        own: dict[str, dict[str, str]] = {
            "MUTUAL": {"PROTOCOL": "SSL", "CERTIFICATE_FILE": str(certificate), "KEY_FILE": str(key)},
            "SCRAM256": {"MECHANISM": "SCRAM-SHA-256", "USERNAME": "canhbao", "PASSWORD": SECRET},
            "SCRAM512": {
                "MECHANISM": "SCRAM-SHA-512",
                "USERNAME": "canhbao",
                "PASSWORD_FILE": str(self.directory / "password"),
            },
            "PLAIN": {"MECHANISM": "PLAIN", "USERNAME": "canhbao", "PASSWORD": SECRET},
            "OAUTH": {"MECHANISM": "OAUTHBEARER", "TOKEN_FILE": str(token)},
        }
        told = {"PROTOCOL": "SASL_SSL", "CA_FILE": str(self.authority.path), **own[door]}
        return {f"CANHBAO_STREAMS__KAFKA__{name}": value for name, value in told.items()}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """The broker, with its users and keys."""
    if sentence := missing():
        pytest.skip(sentence)
    directory = tmp_path_factory.mktemp("guarded")
    authority, issuer = Authority.made(directory), TokenIssuer.made(directory)
    authority.issue("broker")
    authority.issue("client")
    (directory / "token").write_text(issuer.token("canhbao"))
    (directory / "password").write_text(SECRET + "\n")
    doors = {name: Listener(free_port(), "SSL" if name == "MUTUAL" else "SASL_SSL") for name in DOORS}
    broker = Broker(
        directory / "broker",
        heap="256m",
        config=_config(directory, authority, issuer),
        listeners=doors,
        format_options=tuple(
            word
            for kind in ("SCRAM-SHA-256", "SCRAM-SHA-512")
            for word in ("--add-scram", f"{kind}=[name=canhbao,password={SECRET}]")
        ),
        java_options=(f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://{issuer.keys}",),
    )
    with broker:
        yield Guarded(directory, authority, issuer, broker)


def _config(directory: Path, authority: Authority, issuer: TokenIssuer) -> dict[str, str]:
    def door(name: str, mechanism: str, module: str, **more: str) -> dict[str, str]:
        place = f"listener.name.{name.lower()}"
        own = f"{place}.{mechanism.lower()}.sasl."
        told = {f"{own}{key.replace('_', '.')}": value for key, value in more.items()}
        return {f"{place}.sasl.enabled.mechanisms": mechanism, f"{own}jaas.config": f"{_MODULES}.{module};", **told}

    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(directory / "broker.all.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.path),
        "listener.name.mutual.ssl.client.auth": "required",
        "sasl.oauthbearer.jwks.endpoint.url": f"file://{issuer.keys}",
        "sasl.oauthbearer.expected.audience": "kafka",
        # Named, since the one that Kafka 4.1 takes by itself checks no signature.
        "sasl.oauthbearer.jwt.validator.class": f"{_MODULES}.oauthbearer.BrokerJwtValidator",
        **door("SCRAM256", "SCRAM-SHA-256", "scram.ScramLoginModule required"),
        **door("SCRAM512", "SCRAM-SHA-512", "scram.ScramLoginModule required"),
        **door("PLAIN", "PLAIN", f'plain.PlainLoginModule required user_canhbao="{SECRET}"'),
        **door(
            "OAUTH",
            "OAUTHBEARER",
            "oauthbearer.OAuthBearerLoginModule required",
            server_callback_handler_class=f"{_MODULES}.oauthbearer.OAuthBearerValidatorCallbackHandler",
        ),
    }


def canhbao(rig: Rig, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command as a user calls it."""
    command = [sys.executable, "-m", "deploy.cli", *arguments]
    return subprocess.run(command, env=rig.environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def found() -> dict[str, set[tuple[str, int, bytes]]]:
    """What was found by each door so far."""
    return {}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("door", DOORS)
async def test_topics_publisher_worker_and_reader_come_in_by_every_door(
    tmp_path: Path, guarded: Guarded, door: str, found: dict[str, set[tuple[str, int, bytes]]]
) -> None:
    rig = Rig(tmp_path, guarded.url(door), f"door-{door.lower()}", guarded.settings(door))
    created = canhbao(rig, "topics", "create")
    assert created.returncode == 0, created.stderr
    rig.publish(synthetic(4000, days=4, bursts=2))
    access = load_settings(environ=rig.environment).streams.kafka
    log = open_log(guarded.url(door), access)
    await log.start()
    try:
        began = time.time_ns() // 1_000_000
        rig.start_worker()
        await rig.finished(log, began, timeout=200)
        found[door] = await rig.findings(log)
    finally:
        rig.stop()
        await log.stop()
    assert found[door], "something must be found"
    assert all(others == found[door] for others in found.values())
    told = rig.complaints() + canhbao(rig, "doctor").stdout
    assert SECRET not in told
    assert (guarded.directory / "token").read_text() not in told


@pytest.mark.timeout(120)
@pytest.mark.parametrize("door", [door for door in DOORS if door != "MUTUAL"])
async def test_wrong_words_are_refused_in_a_sentence_that_does_not_repeat_them(
    tmp_path: Path, guarded: Guarded, door: str
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text(TokenIssuer.made(tmp_path).token("canhbao") if door == "OAUTH" else "quite-other-words")
    files = {"SCRAM512": "PASSWORD_FILE", "OAUTH": "TOKEN_FILE"}
    value = str(wrong) if door in files else "quite-other-words"
    told = {**guarded.settings(door), f"CANHBAO_STREAMS__KAFKA__{files.get(door, 'PASSWORD')}": value}
    checked = canhbao(Rig(tmp_path, guarded.url(door), settings=told), "topics", "check")
    assert checked.returncode == 1
    assert "refuses this client" in checked.stderr.splitlines()[-1]
    assert "quite-other-words" not in checked.stderr + checked.stdout
    assert wrong.read_text() not in checked.stderr


async def test_a_certificate_of_an_unknown_authority_is_not_trusted(tmp_path: Path, guarded: Guarded) -> None:
    other = Authority.made(tmp_path)
    told = {**guarded.settings("PLAIN"), "CANHBAO_STREAMS__KAFKA__CA_FILE": str(other.path)}
    access = load_settings(environ={"CANHBAO_STATE_DIR": str(tmp_path), **told}).streams.kafka
    with pytest.raises(LogError, match="is not trusted"):
        await open_log(guarded.url("PLAIN"), access).start()


async def test_without_a_certificate_of_its_own_a_client_does_not_come_in(tmp_path: Path, guarded: Guarded) -> None:
    told = {"CANHBAO_STREAMS__KAFKA__PROTOCOL": "SSL", "CANHBAO_STREAMS__KAFKA__CA_FILE": str(guarded.authority.path)}
    access = load_settings(environ={"CANHBAO_STATE_DIR": str(tmp_path), **told}).streams.kafka
    with pytest.raises(LogError, match="does not answer"):
        await open_log(guarded.url("MUTUAL"), access).start()
