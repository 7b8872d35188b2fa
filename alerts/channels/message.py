"""What every form starts from, and what it makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from alerts.model import LIVE, Alert, AlertState, Excerpt


class Channel(StrEnum):
    """How a receiver is reached."""

    WEBHOOK = "webhook"
    CLOUDEVENTS = "cloudevents"
    EMAIL = "email"
    SMS = "sms"
    ZALO = "zalo"
    TEAMS = "teams"
    SLACK = "slack"
    PAGERDUTY = "pagerduty"
    CAP = "cap"
    TELEGRAM = "telegram"


#: Channels whose messages carry a Standard Webhooks signature.
SIGNED = frozenset({Channel.WEBHOOK, Channel.CLOUDEVENTS, Channel.CAP})


@dataclass(frozen=True, slots=True)
class Notice:
    """One revision of an alert on its way to one receiver.

    Attributes
    ----------
    id
        The delivery's: the same in every attempt.
    alert
        As of the revision.
    excerpts
        Texts of its representatives, as far as they are there.
    data
        The alert as the API shows it.
    link
        Address of its page.
    """

    id: str
    alert: Alert
    excerpts: Sequence[Excerpt]
    data: dict[str, Any]
    link: str

    @property
    def is_drill(self) -> bool:
        """Whether it is of a run that is not the live one."""
        return self.alert.run != LIVE

    @property
    def has_ended(self) -> bool:
        """Whether the alert is resolved."""
        return self.alert.state is AlertState.RESOLVED


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: the body's bytes, their type, and headers of the channel's own."""

    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """What the settings say of one receiver beside its address.

    Attributes
    ----------
    to
        Whom: e-mail addresses, one telephone number, one user or chat id.
    sender
        As whom, where the channel names a sender.
    key
        PagerDuty's routing key, Zalo's access token, an SMS gateway's bearer token: never shown.
    diacritics
        Whether an SMS may carry Vietnamese letters: 70 of them fit where 160 plain ones do.
    fields
        Names an SMS gateway gives to ``to``, ``text``, ``id`` and ``sender``.
    title, text
        Templates in place of the usual words.
    """

    to: tuple[str, ...] = ()
    sender: str = ""
    key: str = ""
    diacritics: bool = True
    fields: tuple[tuple[str, str], ...] = ()
    title: str = ""
    text: str = ""

    def __repr__(self) -> str:
        """Without what is secret."""
        return f"Option(to={self.to!r}, sender={self.sender!r})"
