"""Which form a channel takes, and what its answers mean."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec

from alerts.channels.cap import cap_message
from alerts.channels.chat import slack_message, teams_message, telegram_message, zalo_message
from alerts.channels.events import cloudevents_message, webhook_message
from alerts.channels.mail import mail_message
from alerts.channels.message import Channel, Message, Notice, Option
from alerts.channels.paging import pagerduty_message, sms_message
from alerts.channels.templates import TemplateRefusedError
from alerts.delivering import Answer

FORMS: Mapping[Channel, Callable[[Notice, Option], Message]] = {
    Channel.WEBHOOK: webhook_message,
    Channel.CLOUDEVENTS: cloudevents_message,
    Channel.EMAIL: mail_message,
    Channel.SMS: sms_message,
    Channel.ZALO: zalo_message,
    Channel.TEAMS: teams_message,
    Channel.SLACK: slack_message,
    Channel.PAGERDUTY: pagerduty_message,
    Channel.CAP: cap_message,
    Channel.TELEGRAM: telegram_message,
}


def form(channel: Channel, notice: Notice, option: Option, *, lenient: bool = True) -> Message:
    """The message of a notice for a receiver.

    Parameters
    ----------
    lenient
        A template that fails on this notice is left out: an alert in the usual words is better than none.

    Raises
    ------
    TemplateRefusedError
        If a template fails, unless `lenient`.
    """
    try:
        return FORMS[channel](notice, option)
    except TemplateRefusedError:
        if not lenient:
            raise
        return FORMS[channel](notice, replace(option, title="", text=""))


def heard(channel: Channel, answer: Answer, body: bytes) -> Answer:
    """What an answer means where the status alone does not say: Zalo answers 200 with an error number within.

    Examples
    --------
    >>> heard(Channel.ZALO, Answer(200), b'{"error": -216, "message": "Access token is invalid"}')
    Answer(status=None, retry_after='', failure='said_no')
    >>> heard(Channel.ZALO, Answer(200), b'{"error": 0, "data": {}}').status
    200
    """
    if channel is not Channel.ZALO or answer.status != 200:
        return answer
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Answer(failure="said_no")
    fine = isinstance(said, dict) and said.get("error") == 0
    return answer if fine else Answer(failure="said_no")
