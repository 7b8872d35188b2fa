"""Templates are data: they show fields of the alert, and can do nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import templates
from alerts.channels.escaping import markup
from alerts.channels.message import Option
from alerts.channels.templates import LONGEST_TEMPLATE, LONGEST_TEXT, TemplateRefusedError, compiled, filled
from tests.alerts.channels.notices import HOSTILE, LINK, OPTION, notice


def test_without_a_template_the_usual_words_are_shown() -> None:
    assert templates.title(notice(), OPTION).startswith("Cảnh báo – Thái Nguyên: 1.200 lượt nhắc tiêu cực")
    assert "vỡ đê" in templates.text(notice(), OPTION)


def test_a_template_shows_fields_conditions_and_lists() -> None:
    source = (
        "{{ organisation }} {{ observed }}/{{ mentions }} {% if ended %}hết{% else %}còn{% endif %}"
        "{% for word in words %} #{{ word }}{% endfor %} {{ link }} {{ severity | upper }}"
    )
    made = templates.text(notice(), Option(text=source))
    assert made == f"Thái Nguyên 1200/2000 còn #vỡ đê {LINK} NGHIÊM TRỌNG"


def test_a_title_is_one_line_whatever_the_template_says() -> None:
    assert templates.title(notice(), Option(title="một\n\r\nhai\t{{ organisation }}")) == "một hai Thái Nguyên"


def test_a_drill_is_stamped_whatever_the_template_says() -> None:
    made = templates.title(notice(run="demo-1"), Option(title="{{ organisation }}"))
    assert made == "DIỄN TẬP – Thái Nguyên"
    assert templates.text(notice(run="demo-1"), OPTION).count("DIỄN TẬP") == 1


def test_texts_in_a_template_are_escaped_for_the_channel() -> None:
    source = "{% for title in mention_titles %}{{ title }}{% endfor %}"
    assert "<script>" not in templates.text(notice(HOSTILE), Option(text=source), markup)


@pytest.mark.parametrize(
    "source",
    [
        "{{ organisation.__class__ }}",
        "{{ organisation['__class__'] }}",
        "{{ ''.join(words) }}",
        "{{ organisation.upper() }}",
        "{{ self }}{{ self._TemplateReference__context }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% for i in range(10) %}x{% endfor %}",
        "{{ lipsum() }}",
        "{{ 'a' * 1000000 }}",
        "{{ 2 ** 100 }}",
        "{{ '%s' % organisation }}",
        "{{ words | attr('__len__') }}",
        "{{ words | map('upper') | list }}",
        "{{ organisation | center(100000000) }}",
        "{{ organisation | format }}",
        "{{ unknown }}",
        "{% include 'x' %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{{ (1).real }}",
        "{{ observed / 0 }}",
    ],
)
def test_what_a_template_may_not_do_is_refused(source: str) -> None:
    with pytest.raises(TemplateRefusedError):
        filled(source, "title", notice())


def test_a_template_that_makes_too_much_is_stopped() -> None:
    loops = "{% for a in words %}" * 7 + "x" * 100 + "{% endfor %}" * 7
    many = notice(words=tuple("abcdefghij"))
    with pytest.raises(TemplateRefusedError, match=str(LONGEST_TEXT)):
        filled(loops, "title", many)


@pytest.mark.parametrize("source", ["{{", "{% if %}", "{% endfor %}", "x" * (LONGEST_TEMPLATE + 1)])
def test_what_is_no_template_is_refused_before_it_is_used(source: str) -> None:
    with pytest.raises(TemplateRefusedError):
        compiled(source)


@given(st.text(alphabet="{}%|.()[]'\"_ aotx*+-~=,0123:", max_size=60))
def test_any_template_is_filled_or_refused(source: str) -> None:
    try:
        made = filled(source, "title", notice())
    except TemplateRefusedError:
        return
    assert len(made) <= LONGEST_TEXT or not source
