"""Access settings as the clients take them: files that cannot be used, tokens that are renewed."""

import base64
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiokafka.errors import KafkaConnectionError
from faust import auth
from pydantic import SecretStr

from streams.access import KafkaSettings
from streams.log import LogError
from streams.transports.credentials import EndpointToken, FileToken, client_arguments, faust_credentials


class Issuer:
    """A token endpoint on loopback: gives numbered tokens for one client."""

    def __init__(self) -> None:
        self.given = 0
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        asked = await request.post()
        who = base64.b64decode(request.headers["Authorization"].removeprefix("Basic "))
        if (who, asked["grant_type"]) != (b"canhbao:its secret", "client_credentials"):
            return web.Response(status=401, text="the secret was its secret")
        self.given += 1
        return web.json_response({"access_token": f"token-{self.given}", "expires_in": 100, "scope": asked["scope"]})


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    made = Issuer()
    application = web.Application()
    application.router.add_post("/token", made.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/token"
    yield made
    await runner.cleanup()


def by_endpoint(url: str, secret: str) -> KafkaSettings:
    return KafkaSettings(
        protocol="SASL_PLAINTEXT",
        mechanism="OAUTHBEARER",
        token_url=url,
        client_id="canhbao",
        client_secret=SecretStr(secret),
        scope="kafka",
    )


async def test_a_token_is_kept_until_shortly_before_its_end(issuer: Issuer) -> None:
    now = 0.0
    tokens = EndpointToken(by_endpoint(issuer.url, "its secret"), lambda: now)
    assert [await tokens.token(), await tokens.token()] == ["token-1", "token-1"]
    now = 69.0
    assert await tokens.token() == "token-1"
    now = 70.0
    assert await tokens.token() == "token-2"


async def test_a_refused_token_is_no_connection_and_tells_no_secret(issuer: Issuer) -> None:
    tokens = EndpointToken(by_endpoint(issuer.url, "wrong words"))
    with pytest.raises(KafkaConnectionError, match="answered 401") as caught:
        await tokens.token()
    assert "words" not in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_an_endpoint_that_is_not_there_is_no_connection() -> None:
    with pytest.raises(KafkaConnectionError, match="gives no token"):
        await EndpointToken(by_endpoint("http://127.0.0.1:1/token", "its secret")).token()


async def test_a_token_in_a_file_is_read_anew_every_time(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one\n")
    tokens = FileToken(path)
    assert await tokens.token() == "one"
    path.write_text("two\n")
    assert await tokens.token() == "two"
    path.unlink()
    with pytest.raises(KafkaConnectionError, match="token_file"):
        await tokens.token()


def test_a_password_may_lie_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("words\n")
    path.chmod(stat.S_IRUSR)
    settings = KafkaSettings(protocol="SASL_PLAINTEXT", mechanism="SCRAM-SHA-512", username="u", password_file=path)
    assert client_arguments(settings)["sasl_plain_password"] == "words"
    credentials = faust_credentials(settings)
    assert isinstance(credentials, auth.SASLCredentials)
    assert (credentials.password, credentials.mechanism.value) == ("words", "SCRAM-SHA-512")


@pytest.mark.parametrize("name", ["password_file", "ca_file", "certificate_file"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / "none"
    settings = KafkaSettings.model_validate({"protocol": "SASL_SSL", "mechanism": "PLAIN", "username": "u", name: path})
    with pytest.raises(LogError, match=r"cannot be (used|read)"):
        client_arguments(settings)


def test_in_the_plain_nothing_is_asked() -> None:
    assert client_arguments(KafkaSettings()) == {"security_protocol": "PLAINTEXT"}
    assert faust_credentials(KafkaSettings()) is None
