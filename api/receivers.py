"""Settings of receivers: who is told, how, and what they may be told."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from alerts.channels.message import SIGNED, Channel, Option
from alerts.channels.templates import TemplateRefusedError, compiled
from alerts.model import Severity
from alerts.receiving import Receiver

#: Addresses of services that have one for everybody; another one may be set, such as a proxy of one's own.
_USUAL_URL = MappingProxyType(
    {
        Channel.ZALO: "https://openapi.zalo.me/v3.0/oa/message/cs",
        Channel.PAGERDUTY: "https://events.pagerduty.com/v2/enqueue",
        Channel.TELEGRAM: "https://api.telegram.org",
    }
)
#: Channels whose address is itself a secret: the store keeps its host and a digest.
_SECRET_URL = frozenset({Channel.SLACK, Channel.TEAMS, Channel.TELEGRAM})
_KEYED = frozenset({Channel.ZALO, Channel.PAGERDUTY, Channel.TELEGRAM})
_ONE_ADDRESSEE = frozenset({Channel.SMS, Channel.ZALO, Channel.TELEGRAM})

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_TELEPHONE = re.compile(r"\+?[0-9]{6,15}")
_ADDRESSEE = re.compile(r"[@A-Za-z0-9_-]{1,64}")
_BOT_KEY = re.compile(r"[A-Za-z0-9:_-]{1,128}")


def http_url(url: str) -> str:
    """An address of the web without a name or password in it. Raises `ValueError`."""
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


def mail_address(address: str) -> str:
    """An e-mail address without a name. Raises `ValueError`."""
    if not _MAIL.fullmatch(address):
        raise ValueError(f"must be an e-mail address such as truc@example.vn, not {address[:80]!r}")
    return address


HttpUrl = Annotated[str, AfterValidator(http_url)]
MailAddress = Annotated[str, AfterValidator(mail_address)]


class Encryption(StrEnum):
    """How a mail server is spoken to."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailSettings(BaseModel):
    """The mail server that takes our e-mails.

    Attributes
    ----------
    host, port
        587 with ``starttls``, 465 with ``tls``, 25 with ``none``, unless told.
    encryption
        ``starttls`` fails where the server does not offer it; ``none`` is for a server on this machine or network.
    sender
        The address they come from.
    user, password
        Where the server asks for them; never sent without encryption.
    allow_private
        Allows loopback, private and link-local addresses.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$")
    port: int | None = Field(default=None, ge=1, le=65535)
    encryption: Encryption = Encryption.STARTTLS
    sender: MailAddress
    user: str = ""
    password: SecretStr = SecretStr("")
    allow_private: bool = False

    @model_validator(mode="after")
    def _password_is_not_shouted(self) -> Self:
        if self.password.get_secret_value() and self.encryption is Encryption.NONE:
            raise ValueError("a password is not sent without encryption: set encryption to starttls or tls")
        return self

    @property
    def where(self) -> tuple[str, int]:
        """Host and port."""
        usual = {Encryption.STARTTLS: 587, Encryption.TLS: 465, Encryption.NONE: 25}
        return self.host, self.port or usual[self.encryption]


class ReceiverSettings(BaseModel):
    """One receiver of alerts.

    Attributes
    ----------
    name
        Lower-case letters, digits and dashes; stands in the API and never changes for a receiver.
    channel
        How it is reached; see docs/receivers.md.
    url
        Where alerts are POSTed to; `https`, or `http` on a network of one's own. Not for e-mail; Zalo, PagerDuty and
        Telegram have theirs.
    secret
        ``whsec_`` and 24 to 64 bytes in Base64, as Standard Webhooks has it: signs webhooks, CloudEvents and CAP.
    key
        Zalo's access token, PagerDuty's routing key, Telegram's bot token, an SMS gateway's bearer token.
    to
        E-mail addresses; one telephone number, Zalo user id or Telegram chat id.
    sender
        As whom an SMS or a CAP message is sent.
    sms_diacritics
        Whether an SMS carries Vietnamese letters (70 a part) or plain ones (160).
    sms_fields
        What the gateway calls ``to``, ``text``, ``id`` and ``sender`` in the JSON it takes.
    title_template, text_template
        Words of its own; `canhbao receivers test NAME` shows them.
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
    channel: Channel = Channel.WEBHOOK
    url: HttpUrl | None = None
    secret: SecretStr | None = None
    key: SecretStr = SecretStr("")
    to: tuple[str, ...] = Field(default=(), max_length=50)
    sender: str = Field(default="", pattern=r"^[^\s,<&]{0,100}$")
    sms_diacritics: bool = True
    sms_fields: dict[str, str] = Field(default_factory=dict)
    title_template: str = ""
    text_template: str = ""
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
    def _secret_is_standard(cls, secret: SecretStr | None) -> SecretStr | None:
        text = "" if secret is None else secret.get_secret_value()
        if secret is None:
            return None
        if not text.startswith("whsec_"):
            raise ValueError("must begin with whsec_, followed by 24 to 64 random bytes in Base64")
        try:
            key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise ValueError("must be Base64 after whsec_") from None
        if not 24 <= len(key) <= 64:
            raise ValueError(f"must hold 24 to 64 bytes, not {len(key)}")
        return secret

    @field_validator("title_template", "text_template")
    @classmethod
    def _template_compiles(cls, source: str) -> str:
        try:
            compiled(source)
        except TemplateRefusedError as error:
            raise ValueError(str(error)) from None
        return source

    @field_validator("sms_fields")
    @classmethod
    def _fields_are_known(cls, fields: Mapping[str, str]) -> Mapping[str, str]:
        unknown = sorted(set(fields) - {"to", "text", "id", "sender"})
        if unknown:
            raise ValueError(f"may rename to, text, id and sender, not {unknown[0]!r}")
        return fields

    @model_validator(mode="after")
    def _has_what_its_channel_needs(self) -> Self:
        for missing in _missing(self):
            raise ValueError(f"a receiver of the channel {self.channel.value} needs {missing}")
        for one in self.to:
            _check_addressee(self.channel, one)
        return self

    @property
    def address(self) -> str:
        """Where requests go; empty for e-mail. A secret with some channels."""
        url = self.url or _USUAL_URL.get(self.channel, "")
        if self.channel is Channel.TELEGRAM:
            return f"{url.rstrip('/')}/bot{self.key.get_secret_value()}/sendMessage"
        return url

    @property
    def option(self) -> Option:
        """What its form needs to know."""
        return Option(
            to=self.to,
            sender=self.sender,
            key=self.key.get_secret_value(),
            diacritics=self.sms_diacritics,
            fields=tuple(sorted(self.sms_fields.items())),
            title=self.title_template,
            text=self.text_template,
        )

    def as_receiver(self) -> Receiver:
        """The receiver as the store keeps it: with references to what is secret, never the secret."""
        return Receiver(
            name=self.name,
            url=_stored(self),
            secret=f"settings:{self.name}",
            organisations=tuple(sorted(self.organisations)),
            severities=self.severities,
            min_severity=self.min_severity,
            drills=self.drills,
            runs=self.runs,
            enabled=self.enabled,
            channel=self.channel.value,
        )


def _missing(receiver: ReceiverSettings) -> list[str]:
    """What a receiver's channel needs and it has not."""
    channel, needs = receiver.channel, []
    if channel is not Channel.EMAIL and channel not in _USUAL_URL and receiver.url is None:
        needs.append("url")
    if channel in SIGNED and receiver.secret is None:
        needs.append("secret")
    if channel in _KEYED and not receiver.key.get_secret_value():
        needs.append("key")
    if channel is Channel.EMAIL and not receiver.to:
        needs.append("to, one e-mail address or several")
    if channel in _ONE_ADDRESSEE and len(receiver.to) != 1:
        needs.append("exactly one in to; make a receiver for each")
    if channel is Channel.TELEGRAM and not _BOT_KEY.fullmatch(receiver.key.get_secret_value()):
        needs.append("key, the bot's token")
    return needs


def _check_addressee(channel: Channel, one: str) -> None:
    if channel is Channel.EMAIL:
        mail_address(one)
    elif channel is Channel.SMS and not _TELEPHONE.fullmatch(one):
        raise ValueError("a telephone number has 6 to 15 digits, such as +84912345678")
    elif not _ADDRESSEE.fullmatch(one.removeprefix("+")):
        raise ValueError("an id in `to` has letters, digits, dashes and underscores only")


def _stored(receiver: ReceiverSettings) -> str:
    """The address as the store keeps it; where it is a secret, a digest shows that it changed."""
    if receiver.channel is Channel.EMAIL:
        return "smtp:"
    if receiver.channel not in _SECRET_URL:
        return receiver.address
    parts = urlsplit(receiver.address)
    digest = hashlib.sha256(receiver.address.encode()).hexdigest()[:12]
    return f"{parts.scheme}://{parts.netloc}/#{digest}"
