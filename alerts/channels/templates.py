"""A receiver's own words: templates that are data, filled in a sandbox."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from alerts import describe
from alerts.channels.escaping import plain
from alerts.channels.message import Notice, Option
from alerts.words import DRILL, SEVERITY

#: Letters a template may have, and make.
LONGEST_TEMPLATE = 4_000
LONGEST_TEXT = 8_000
#: The most a loop may run over.
_LONGEST_LOOP = 100

Escape = Callable[[str], str]


class TemplateRefusedError(ValueError):
    """A template that cannot be used; the sentence says why."""


class _Environment(ImmutableSandboxedEnvironment):
    """Fields of the alert only: no attributes of objects, no endless loops."""

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)
        self.globals.clear()  # `range`, `lipsum` and `cycler` could be asked for more than there is room for
        for name in ("attr", "map", "select", "selectattr", "reject", "rejectattr", "groupby", "pprint", "format"):
            self.filters.pop(name, None)
        for name in ("center", "indent", "wordwrap", "batch", "slice", "filesizeformat", "xmlattr", "urlize", "tojson"):
            self.filters.pop(name, None)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002 - Jinja's signature
        """Fields of mappings are items, so that no attribute is ever needed."""
        return False

    def call(self, *_: Any, **__: Any) -> Any:
        """Nothing is called."""
        raise TemplateRefusedError("a template may not call anything")

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002 - Jinja's signature
        """No repeating of texts and no powers: small templates stay small."""
        raise TemplateRefusedError(f"a template may not use {operator}")


_Environment.intercepted_binops = frozenset({"*", "**", "%", "//", "/", "-", "+"})


@lru_cache(maxsize=256)
def compiled(source: str) -> Template:
    """A template that can be filled.

    Raises
    ------
    TemplateRefusedError
        If it is too long or no template.
    """
    if len(source) > LONGEST_TEMPLATE:
        raise TemplateRefusedError(f"a template has at most {LONGEST_TEMPLATE} letters, not {len(source)}")
    try:
        return _Environment().from_string(source)
    except TemplateError as error:
        raise TemplateRefusedError(f"is no template: {error}") from None


def fields(notice: Notice, escape: Escape) -> dict[str, Any]:
    """What templates can show, every text escaped for the channel.

    ``title``, ``summary``, ``severity``, ``organisation``, ``observed``, ``expected``, ``mentions``, ``words`` and
    ``mention_titles`` (lists), ``link``, ``drill``, ``ended``, ``revision``, ``id``.
    """
    finding, run = notice.alert.finding, notice.alert.run
    numbers: Mapping[str, Any] = {
        "observed": finding.observed,
        "expected": finding.expected,
        "mentions": finding.mentions,
        "revision": finding.revision,
        "drill": notice.is_drill,
        "ended": notice.has_ended,
        "id": finding.id,
        "link": notice.link,
    }
    texts = {
        "title": describe.title(finding, run=run),
        "summary": describe.summary(finding, notice.excerpts, run=run, stale=notice.alert.stale),
        "severity": SEVERITY[finding.severity],
        "organisation": finding.organisation_name,
    }
    lists = {
        "words": finding.words[:_LONGEST_LOOP],
        "mention_titles": [one.title for one in notice.excerpts][:_LONGEST_LOOP],
    }
    return {
        **numbers,
        **{name: escape(text) for name, text in texts.items()},
        **{name: [escape(text) for text in list_] for name, list_ in lists.items()},
    }


def filled(source: str, usual: str, notice: Notice, escape: Escape = plain) -> str:
    """A template filled for a notice, or `usual` where the receiver has none of its own.

    Parameters
    ----------
    source
        The template; ``""`` for none.
    usual
        Name of the field that is shown without one: ``title`` or ``summary``.

    Raises
    ------
    TemplateRefusedError
        If it asks for what there is not, or makes too much.
    """
    shown = fields(notice, escape)
    if not source:
        return str(shown[usual])
    try:
        made = _bounded(compiled(source).generate(shown))
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise TemplateRefusedError(f"cannot be filled: {error}") from None
    return made.strip()


def _bounded(pieces: Iterable[str]) -> str:
    made: list[str] = []
    room = LONGEST_TEXT
    for piece in pieces:
        made.append(piece)
        room -= len(piece)
        if room < 0:
            raise TemplateRefusedError(f"makes more than {LONGEST_TEXT} letters")
    return "".join(made)


def title(notice: Notice, option: Option, escape: Escape = plain) -> str:
    """The receiver's title: one line, stamped as a drill whatever the template says."""
    return _stamped(" ".join(filled(option.title, "title", notice, escape).split()), notice)


def text(notice: Notice, option: Option, escape: Escape = plain) -> str:
    """The receiver's text, stamped as a drill whatever the template says."""
    return _stamped(filled(option.text, "summary", notice, escape), notice)


def _stamped(made: str, notice: Notice) -> str:
    return f"{DRILL} – {made}" if notice.is_drill and DRILL not in made else made
