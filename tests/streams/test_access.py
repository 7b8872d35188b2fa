"""Settings of how a cluster is entered: halves are refused, secrets are not shown."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from deploy.doctor import configured
from deploy.settings import load_settings
from streams.access import KafkaSettings
from streams.settings import StreamSettings

FILE = Path("/etc/canhbao/file")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param({"protocol": "SASL_SSL"}, "need each other", id="SASL without a mechanism"),
        pytest.param({"mechanism": "PLAIN", "username": "u"}, "need each other", id="a mechanism without SASL"),
        pytest.param({"protocol": "SASL_SSL", "mechanism": "SCRAM-SHA-512"}, "kafka.username", id="nobody"),
        pytest.param({"protocol": "SASL_SSL", "mechanism": "OAUTHBEARER"}, "kafka.token_file or", id="no token"),
        pytest.param(
            {"protocol": "SASL_SSL", "mechanism": "OAUTHBEARER", "token_file": FILE, "token_url": "https://t"},
            "either",
            id="two tokens",
        ),
        pytest.param({"protocol": "SSL", "key_file": FILE}, "kafka.certificate_file", id="a key without certificate"),
        pytest.param({"ca_file": FILE}, "SSL or SASL_SSL", id="certificates in the plain"),
        pytest.param({"replication": 1, "min_insync": 2}, "more than kafka.replication", id="more than all"),
    ],
)
def test_half_an_access_is_refused_with_a_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        KafkaSettings(**given)


def test_secrets_are_shown_nowhere() -> None:
    secret = "s3cr3t-words"
    settings = KafkaSettings(
        protocol="SASL_SSL",
        mechanism="PLAIN",
        username="u",
        password=SecretStr(secret),
        key_password=SecretStr(secret),
        client_secret=SecretStr(secret),
    )
    told = StreamSettings(kafka=settings)
    assert secret not in f"{settings!r}{settings}{settings.model_dump_json()}{told!r}{told.model_dump(mode='json')}"


def test_doctor_hides_them_wherever_they_come_from(tmp_path: Path) -> None:
    secret = "s3cr3t-words"
    settings = load_settings(
        environ={
            "CANHBAO_STATE_DIR": str(tmp_path),
            "CANHBAO_STREAMS__KAFKA__PROTOCOL": "SASL_PLAINTEXT",
            "CANHBAO_STREAMS__KAFKA__MECHANISM": "SCRAM-SHA-256",
            "CANHBAO_STREAMS__KAFKA__USERNAME": "canhbao",
            "CANHBAO_STREAMS__KAFKA__PASSWORD": secret,
            "CANHBAO_STREAMS__KAFKA__CLIENT_SECRET": secret,
        }
    )
    assert settings.streams.kafka.password.get_secret_value() == secret
    assert secret not in str(configured(settings))
    assert ("streams.kafka.username", "canhbao", "CANHBAO_STREAMS__KAFKA__USERNAME") in configured(settings)
