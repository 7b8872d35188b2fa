"""`canhbao receivers`: who is told, what they would be told, and whether it arrives."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.common import FAILED, load, refuse, say

if TYPE_CHECKING:
    from alerts.channels.message import Message
    from alerts.delivering import Answer
    from api.receivers import ReceiverSettings
    from deploy.settings import Settings

receivers = typer.Typer(
    help="List receivers, and show or send what one would be told.", no_args_is_help=True, rich_markup_mode=None
)


@receivers.command(name="list")
def list_receivers(context: typer.Context) -> None:
    """List the receivers of the settings: name, channel, host, and what they are told."""
    from alerts.addresses import where

    for one in load(context).http.receivers:
        place = where(one.address) if one.address else ", ".join(one.to)
        about = ", ".join(sorted(one.organisations)) or "all organisations"
        state = "" if one.enabled else "\tnot enabled"
        print(f"{one.name}\t{one.channel.value}\t{place}\tfrom {one.min_severity.value} on\t{about}{state}")


@receivers.command(name="test")
def try_receiver(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The receiver's name in the settings.")],
    *,
    send: Annotated[bool, typer.Option(help="Send it as well, once, and say what was answered.")] = False,
    ended: Annotated[bool, typer.Option(help="As it is when the alert has ended.")] = False,
) -> None:
    """Show the message that a receiver would get for an invented alert, stamped as a drill."""
    settings = load(context)
    found = [one for one in settings.http.receivers if one.name == name]
    if not found:
        known = ", ".join(one.name for one in settings.http.receivers) or "none is set"
        refuse(f"there is no receiver named {name!r} ({known})")
    message = _example_message(settings, found[0], ended=ended)
    _show(message, [found[0].key.get_secret_value()])
    if send:
        answer = asyncio.run(_send(settings, name, message))
        _tell(answer)


def _example_message(settings: "Settings", receiver: "ReceiverSettings", *, ended: bool) -> "Message":
    from alerts.channels.forms import form
    from alerts.channels.message import Notice
    from alerts.channels.templates import TemplateRefusedError
    from api.delivery.outlets import outlet_of
    from api.wire import alert_object, page_url
    from deploy.demo.alert import example

    outlet = outlet_of(receiver, settings.http)
    alert, excerpts = example(datetime.now(UTC), ended=ended)
    base_url = settings.http.base_url
    notice = Notice(
        f"msg_test_{receiver.name}",
        alert,
        excerpts,
        alert_object(alert, base_url, excerpts),
        page_url(alert, base_url),
    )
    try:
        return form(outlet.channel, notice, outlet.option, lenient=False)
    except TemplateRefusedError as error:
        refuse(f"the template of {receiver.name} {error}")


def _show(message: "Message", secrets: list[str]) -> None:
    """Print a message as people can read it, without what is secret."""
    import email
    import json
    from email.policy import default

    lines = [f"Content-Type: {message.content_type}"]
    if message.content_type == "message/rfc822":
        mail = email.message_from_bytes(message.body, policy=default)
        lines = [f"{name}: {mail[name]}" for name in ("From", "To", "Subject")]
        for part in mail.walk():
            if not part.is_multipart():
                lines += ["", f"[{part.get_content_type()}]", part.get_content()]
    elif message.content_type.endswith("json"):
        lines += ["", json.dumps(json.loads(message.body), ensure_ascii=False, indent=2)]
    else:
        lines += ["", message.body.decode()]
    text = "\n".join(lines)
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    print(text)


async def _send(settings: "Settings", name: str, message: "Message") -> "Answer":
    from api.delivery.outlets import outlets_of
    from api.delivery.sender import Sender

    sender = Sender(settings.http, outlets_of(settings.http))
    sender.open()
    try:
        return await sender.send(name, f"msg_test_{name}", message, datetime.now(UTC))
    finally:
        await sender.close()


def _tell(answer: "Answer") -> None:
    """Say what came of it; anything but delivered ends the command with status 1."""
    from alerts.delivering import reason_of

    reason = reason_of(answer)
    if reason == "delivered":
        say("sent, and taken by the receiver")
        return
    status = f" (status {answer.status})" if answer.status else ""
    refuse(f"not delivered: {_WHY.get(reason, reason)}{status}", FAILED)


_WHY = {
    "gone": "the receiver says that it is gone for good",
    "redirect": "the receiver answers with a redirect, which is not followed",
    "refused": "the receiver refuses it",
    "timeout": "no answer in time",
    "connection": "no connection",
    "tls": "no encrypted connection: see its certificate and `encryption`",
    "address": "its address may not be called: allow_private or allow_networks would allow it",
    "secret": "its secret is not set",
    "mail_deferred": "the mail server puts it off",
    "mail_refused": "the mail server refuses it: see sender and to",
    "said_no": "it answered with an error of its own: see key and to",
}
