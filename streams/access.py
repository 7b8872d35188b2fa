"""How a Kafka cluster is entered: encryption, certificates, and who this is. Settings only; no client is imported."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


class KafkaSettings(BaseModel):
    """What every client of the cluster is told: worker, service, publisher, collector and the topics' command.

    Attributes
    ----------
    protocol
        `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`, as the brokers' listener has it.
    mechanism
        With SASL: `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`.
    username, password, password_file
        For PLAIN and SCRAM; the password itself, or a file that holds it.
    token_file
        For OAUTHBEARER: a file with the token, read anew at every connection (whoever issues it renews the file).
    token_url, client_id, client_secret, client_secret_file, scope
        For OAUTHBEARER: an endpoint that gives tokens for client credentials (RFC 6749, 4.4).
    ca_file
        Certificates that sign the brokers' (and the token endpoint's); those of the system unless told.
    certificate_file, key_file, key_password
        This client's own certificate, where brokers ask for one.
    check_hostname
        Whether a broker's certificate must carry its host's name.
    replication
        Copies of a topic that is created, and that `topics check` asks for; the brokers' own number unless told.
    min_insync
        Copies that must be written before a record is acknowledged; the brokers' own number unless told.

    Examples
    --------
    >>> settings = KafkaSettings(protocol="SASL_SSL", mechanism="PLAIN", username="canhbao", password="not to be shown")
    >>> settings.password
    SecretStr('**********')
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    protocol: Protocol = "PLAINTEXT"
    mechanism: Mechanism | None = None
    username: str = ""
    password: SecretStr = SecretStr("")
    password_file: Path | None = None
    token_file: Path | None = None
    token_url: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    client_secret_file: Path | None = None
    scope: str = ""
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    key_password: SecretStr = SecretStr("")
    check_hostname: bool = True
    replication: int | None = Field(default=None, ge=1, le=32)
    min_insync: int | None = Field(default=None, ge=1, le=32)

    @property
    def encrypted(self) -> bool:
        """Whether connections are TLS."""
        return self.protocol.endswith("SSL")

    @model_validator(mode="after")
    def _whole(self) -> "KafkaSettings":
        """Refuse halves: what is missing would otherwise show as a connection that is refused, or as none at all."""
        if sentence := self._missing():
            raise ValueError(sentence)
        return self

    def _missing(self) -> str:
        for is_half, sentence in (
            (
                self.protocol.startswith("SASL") != (self.mechanism is not None),
                "kafka.mechanism and a kafka.protocol of SASL_PLAINTEXT or SASL_SSL need each other",
            ),
            (
                self.mechanism == "OAUTHBEARER" and bool(self.token_url) == (self.token_file is not None),
                "OAUTHBEARER needs either kafka.token_file or kafka.token_url",
            ),
            (
                self.mechanism not in {None, "OAUTHBEARER"} and not self.username,
                f"{self.mechanism} needs kafka.username",
            ),
            (
                self.key_file is not None and self.certificate_file is None,
                "kafka.key_file needs kafka.certificate_file",
            ),
            (
                not self.encrypted and bool(self.ca_file or self.certificate_file),
                "kafka.ca_file and kafka.certificate_file need a kafka.protocol of SSL or SASL_SSL",
            ),
            (
                bool(self.min_insync and self.replication) and (self.min_insync or 0) > (self.replication or 0),
                "kafka.min_insync cannot be more than kafka.replication",
            ),
        ):
            if is_half:
                return sentence
        return ""
