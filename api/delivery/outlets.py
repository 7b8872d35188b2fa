"""How each receiver is reached: its channel, its address, its signature."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from standardwebhooks import Webhook

from alerts.channels.events import erased_message
from alerts.channels.forms import form
from alerts.channels.message import Channel, Message, Notice, Option
from alerts.store.protocol import Due
from api.receivers import ReceiverSettings
from api.settings import ApiSettings
from api.times import show
from api.wire import alert_object, page_url


@dataclass(frozen=True, slots=True)
class Outlet:
    """What the sender knows of a receiver.

    Attributes
    ----------
    address
        Where requests go; may be a secret.
    webhook
        Signs, where the channel is signed.
    is_private
        Whether it may lie in a private network.
    """

    channel: Channel
    address: str
    option: Option
    webhook: Webhook | None
    is_private: bool


def outlet_of(receiver: ReceiverSettings, settings: ApiSettings) -> Outlet:
    """The outlet of a receiver."""
    option, private = receiver.option, receiver.allow_private
    if receiver.channel is Channel.EMAIL and settings.mail is not None:
        option = Option(to=option.to, sender=settings.mail.sender, title=option.title, text=option.text)
        private = settings.mail.allow_private
    webhook = None if receiver.secret is None else Webhook(receiver.secret.get_secret_value())
    return Outlet(receiver.channel, receiver.address, option, webhook, private)


def outlets_of(settings: ApiSettings) -> dict[str, Outlet]:
    """The outlets by their receivers' names."""
    return {one.name: outlet_of(one, settings) for one in settings.receivers}


def notice_of(due: Due, base_url: str) -> Notice:
    """What is told with a delivery of an alert."""
    alert = due.alert
    assert alert is not None  # noqa: S101 - `encoder` asks
    data = alert_object(alert, base_url, due.excerpts)
    return Notice(due.delivery.id, alert, due.excerpts, data, page_url(alert, base_url))


def erasing_receivers(settings: ApiSettings) -> frozenset[str]:
    """The receivers that are programs of ours or others', and understand `mention.erased`."""
    return frozenset(one.name for one in settings.receivers if one.channel in {Channel.WEBHOOK, Channel.CLOUDEVENTS})


def _erased(due: Due, outlet: Outlet) -> Message:
    is_event = outlet.channel is Channel.CLOUDEVENTS
    data = msgspec.json.decode(due.change.body)
    return erased_message(due.delivery.id, show(due.change.at), data, cloudevent=is_event, source=outlet.option.sender)


def encoder(outlets: dict[str, Outlet], base_url: str) -> Callable[[Due], Message]:
    """The message of a delivery, in the form of its receiver's channel."""

    def encode(due: Due) -> Message:
        outlet = outlets[due.receiver.name]
        if due.alert is None:
            return _erased(due, outlet)
        return form(outlet.channel, notice_of(due, base_url), outlet.option)

    return encode
