"""Plain text out of the HTML that feeds carry.

Not `html.parser`: on broken markup it takes quadratic time (a minute for 80 KB of ``<a``) or raises. Here every sign is
looked at a bounded number of times, whatever stands there.
"""

import html
import re
from collections.abc import Iterator

#: What these hold is not for reading; of the first two, markup does not count before their end.
_RAW = {name: re.compile(rf"</{name}", re.IGNORECASE) for name in ("script", "style")}
_HIDDEN = frozenset({"noscript", "template", "iframe", "svg"})
_BREAKS = frozenset({"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "td", "blockquote"})
_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_REST_OF_TAG = re.compile(r"""(?:[^>"']|"[^"]*+"|'[^']*+')*+>""")
_SPACES = re.compile(r"\s+")
#: What JSON or the log would refuse: NUL and other controls, and halves of surrogate pairs.
_BROKEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
#: A reference to a character that there is not; Python refuses to read very long numbers.
_NO_CHARACTER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")


def plain(text: str, longest: int) -> str:
    """Text without markup, scripts and control characters, at most `longest` characters.

    Examples
    --------
    >>> plain("<p>Lũ &amp; mưa</p><script>x()</script><br/>ở <b>Huế</b>", 100)
    'Lũ & mưa ở Huế'
    """
    text = _BROKEN.sub("", text[: 8 * longest])
    if "<" in text or "&" in text:
        text = "".join(html.unescape(_NO_CHARACTER.sub("\ufffd", part)) for part in _texts(text))
    return _SPACES.sub(" ", text).strip()[:longest]


def _texts(text: str) -> Iterator[str]:
    """The texts between the tags, a space where a tag breaks the line."""
    at, hidden, quotes = 0, 0, True
    while (start := text.find("<", at)) >= 0:
        if not hidden:
            yield text[at:start]
        tag = _NAME.match(text, start)
        if tag is None and text[start + 1 : start + 2] not in {"!", "?", "/"}:
            at = start + 1
            yield "" if hidden else "<"
            continue
        at, quotes = _end(text, start, tag, quotes=quotes)
        name = tag[2].lower() if tag is not None else ""
        if name in _BREAKS:
            yield " "
        elif name in _HIDDEN:
            hidden = max(0, hidden + (-1 if tag is not None and tag[1] else 1))
        elif name in _RAW and text[start + 1] != "/":
            close = _RAW[name].search(text, at)
            at = close.start() if close is not None else len(text)
    if not hidden:
        yield text[at:]


def _end(text: str, start: int, tag: re.Match[str] | None, *, quotes: bool) -> tuple[int, bool]:
    """Where a tag or comment that starts here has ended, the text's end if it has none; whether quotes count further.

    Quotes that do not close are minded no longer from there on: looking for their ends again and again would take
    quadratic time.
    """
    if tag is None and text.startswith("<!--", start):
        found = text.find("-->", start + 4)
        return (found + 3 if found >= 0 else len(text)), quotes
    if tag is not None and quotes:
        rest = _REST_OF_TAG.match(text, tag.end())
        if rest is not None:
            return rest.end(), True
    found = text.find(">", start)
    return (found + 1 if found >= 0 else len(text)), tag is None and quotes
