"""Every channel has a form, and answers mean what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.forms import FORMS, form, heard
from alerts.channels.message import Channel, Option
from alerts.channels.templates import TemplateRefusedError
from alerts.delivering import Answer
from tests.alerts.channels.notices import HOSTILE, notice

OPTION = Option(to=("truc@example.vn",), sender="canhbao@example.vn", key="k")


@pytest.mark.parametrize("channel", list(Channel))
def test_every_channel_has_a_form_that_takes_hostile_texts(channel: Channel) -> None:
    shown = notice(HOSTILE, words=(HOSTILE,), organisation_name=HOSTILE)
    assert form(channel, shown, OPTION).body
    assert set(FORMS) == set(Channel)


@pytest.mark.parametrize("channel", sorted(set(Channel) - {Channel.WEBHOOK, Channel.CLOUDEVENTS}))
def test_a_template_that_fails_gives_way_to_the_usual_words(channel: Channel) -> None:
    broken = Option(to=OPTION.to, sender=OPTION.sender, key="k", text="{{ unknown }}")
    assert form(channel, notice(), broken) == form(channel, notice(), OPTION)
    with pytest.raises(TemplateRefusedError):
        form(channel, notice(), broken, lenient=False)


def test_an_option_shows_no_key() -> None:
    assert "k-secret" not in repr(Option(key="k-secret"))


@given(st.binary(max_size=100))
def test_zalo_is_believed_only_when_it_says_no_error(body: bytes) -> None:
    found = heard(Channel.ZALO, Answer(200), body)
    assert found.status == 200 or found.failure == "said_no"
    assert heard(Channel.SLACK, Answer(200), body) == Answer(200)
    assert heard(Channel.ZALO, Answer(503), body) == Answer(503)
