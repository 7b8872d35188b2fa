"""What the alert service is told; `deploy` fills it from the environment and one file."""

import base64
import binascii
import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from alerts.model import Receiver, Severity

MIB = 1024 * 1024


class SettingsError(ValueError):
    """A setting that cannot be; the sentence says which and what to write."""


def _http_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no port
    except ValueError as error:
        raise ValueError(f"must be an address such as https://example.vn/alerts: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address such as https://example.vn/alerts")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry a user name or password; use the secret")
    if re.search(r"[\x00-\x20\x7f]", url):
        raise ValueError("must not contain spaces or control characters")
    return url


HttpUrl = Annotated[str, AfterValidator(_http_url)]


class ReceiverSettings(BaseModel):
    """One receiver of signed webhooks.

    Attributes
    ----------
    name
        Lower-case letters, digits and dashes; stands in the API and never changes for a receiver.
    url
        Where alerts are POSTed to; `https`, or `http` on a network of one's own.
    secret
        ``whsec_`` and 24 to 64 bytes in Base64, as Standard Webhooks has it.
    min_severity
        Milder alerts are not sent.
    organisations
        Codes; empty sends those of all.
    severities
        Only alerts exactly this grave; empty sends all from `min_severity` on.
    drills
        Whether alerts of replay runs are sent too.
    runs
        Instead of `drills`: exactly these runs; ``""`` is the live one, ``demo*`` every run that begins so.
    enabled
        The operator's word; what a receiver that is not enabled misses waits for it.
    allow_private
        Allows loopback, private and link-local addresses for this receiver.
    concurrency
        Requests in flight at once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    url: HttpUrl
    secret: SecretStr
    min_severity: Severity = Severity.NOTICE
    organisations: frozenset[str] = frozenset()
    severities: tuple[Severity, ...] = ()
    drills: bool = False
    runs: tuple[str, ...] | None = None
    enabled: bool = True
    allow_private: bool = False
    concurrency: int = Field(default=8, ge=1, le=256)

    @field_validator("secret")
    @classmethod
    def _secret_is_standard(cls, secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value()
        if not text.startswith("whsec_"):
            raise ValueError("must begin with whsec_, followed by 24 to 64 random bytes in Base64")
        try:
            key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise ValueError("must be Base64 after whsec_") from None
        if not 24 <= len(key) <= 64:
            raise ValueError(f"must hold 24 to 64 bytes, not {len(key)}")
        return secret

    def as_receiver(self) -> Receiver:
        """The receiver as the store keeps it: with a reference to the secret, never the secret."""
        return Receiver(
            name=self.name,
            url=self.url,
            secret=f"settings:{self.name}",
            organisations=tuple(sorted(self.organisations)),
            severities=self.severities,
            min_severity=self.min_severity,
            drills=self.drills,
            runs=self.runs,
            enabled=self.enabled,
        )


class LagBounds(BaseModel):
    """From where on `/readyz` says that the service is behind.

    Attributes
    ----------
    records
        Most records not yet taken, by stage (``read``, ``watch``, ``serve``); other stages are not judged.
    watermark_age_seconds
        How far detection may be behind the log's clock.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    records: dict[str, float] = Field(default_factory=lambda: {"read": 50_000.0, "watch": 5_000.0, "serve": 1_000.0})
    watermark_age_seconds: float = Field(default=120, gt=0)


class ApiSettings(BaseModel):
    """Settings of the alert service.

    Attributes
    ----------
    host, port
        Where it listens; port 0 takes a free one.
    public_url
        How people reach it; stands in alerts and pages. Empty: `http://host:port`.
    receivers
        Who gets webhooks.
    allow_networks
        Networks that webhooks may be sent to although they are private, such as ``10.1.0.0/16``.
    max_body_bytes, max_mentions
        Bounds of one `POST /v1/mentions`, after decompression.
    body_chunk_seconds, body_seconds
        How long such a request may pause, and last.
    sse_heartbeat_seconds
        A sign of life on silent streams.
    first_token_path
        File, made with mode 0600 at first start, with the token that may do everything.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    receivers: tuple[ReceiverSettings, ...] = ()
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    max_body_bytes: int = Field(default=16 * MIB, ge=1024, le=1024 * MIB)
    max_mentions: int = Field(default=100_000, ge=1, le=10_000_000)
    body_chunk_seconds: float = Field(default=15, gt=0, le=600)
    body_seconds: float = Field(default=300, gt=0, le=3600)
    sse_heartbeat_seconds: float = Field(default=15, gt=0, le=300)
    sse_subscribers: int = Field(default=10_000, ge=1)
    lag: LagBounds = Field(default_factory=LagBounds)
    first_token_path: Path = Path("first-token")

    @field_validator("public_url")
    @classmethod
    def _public_url_is_http(cls, url: str) -> str:
        return _http_url(url).rstrip("/") if url else ""

    @model_validator(mode="after")
    def _receivers_differ(self) -> Self:
        names = [receiver.name for receiver in self.receivers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"receivers must have different names; {', '.join(twice)} stands there more than once")
        return self

    @property
    def base_url(self) -> str:
        """How people reach the service, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"
