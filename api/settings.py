"""What the alert service is told; `deploy` fills it from the environment and one file."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from alerts.channels.message import Channel
from api.receivers import MailSettings, ReceiverSettings, http_url

MIB = 1024 * 1024


class SettingsError(ValueError):
    """A setting that cannot be; the sentence says which and what to write."""


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
        Who is told, and how.
    mail
        The server that takes e-mails for receivers of that channel.
    allow_networks
        Networks that may be called although they are private, such as ``10.1.0.0/16``.
    max_body_bytes, max_mentions
        Bounds of one `POST /v1/mentions`, after decompression.
    body_chunk_seconds, body_seconds
        How long such a request may pause, and last.
    sse_heartbeat_seconds
        A sign of life on silent streams.
    texts_days
        Texts of mentions are forgotten after so many days, those that a firing alert shows when it has ended.
    first_token_path
        File, made with mode 0600 at first start, with the token that may do everything.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    receivers: tuple[ReceiverSettings, ...] = ()
    mail: MailSettings | None = None
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    max_body_bytes: int = Field(default=16 * MIB, ge=1024, le=1024 * MIB)
    max_mentions: int = Field(default=100_000, ge=1, le=10_000_000)
    body_chunk_seconds: float = Field(default=15, gt=0, le=600)
    body_seconds: float = Field(default=300, gt=0, le=3600)
    sse_heartbeat_seconds: float = Field(default=15, gt=0, le=300)
    sse_subscribers: int = Field(default=10_000, ge=1)
    texts_days: int = Field(default=30, ge=1, le=3650)
    lag: LagBounds = Field(default_factory=LagBounds)
    first_token_path: Path = Path("first-token")

    @field_validator("public_url")
    @classmethod
    def _public_url_is_http(cls, url: str) -> str:
        return http_url(url).rstrip("/") if url else ""

    @model_validator(mode="after")
    def _receivers_differ(self) -> Self:
        names = [receiver.name for receiver in self.receivers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"receivers must have different names; {', '.join(twice)} stands there more than once")
        return self

    @model_validator(mode="after")
    def _mail_has_a_server(self) -> Self:
        mailed = [receiver.name for receiver in self.receivers if receiver.channel is Channel.EMAIL]
        if mailed and self.mail is None:
            raise ValueError(f"{mailed[0]} is told by e-mail: add [mail] with host and sender")
        return self

    @property
    def base_url(self) -> str:
        """How people reach the service, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"
