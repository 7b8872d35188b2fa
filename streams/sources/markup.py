"""Plain text out of the HTML that feeds carry."""

import re
from html.parser import HTMLParser

_HIDDEN = frozenset({"script", "style", "noscript", "template", "iframe", "svg"})
_BREAKS = frozenset({"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "td", "blockquote"})
_SPACES = re.compile(r"\s+")
#: What JSON or the log would refuse: NUL and other controls, and halves of surrogate pairs.
_BROKEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag in _HIDDEN
        if tag in _BREAKS:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))
        if tag in _BREAKS:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def plain(html: str, longest: int) -> str:
    """Text without markup, scripts and control characters, at most `longest` characters.

    Examples
    --------
    >>> plain("<p>Lũ &amp; mưa</p><script>x()</script><br/>ở <b>Huế</b>", 100)
    'Lũ & mưa ở Huế'
    """
    html = _BROKEN.sub("", html[: 8 * longest])
    if "<" in html or "&" in html:
        parser = _Text()
        parser.feed(html)
        parser.close()
        html = "".join(parser.parts)
    return _SPACES.sub(" ", html).strip()[:longest]
