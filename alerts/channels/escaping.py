"""Text of strangers, made harmless for the channel that shows it."""

import html
import re

from alerts.words import clean

#: Signs that Adaptive Cards read as Markdown: anywhere, and where a line begins.
_MARKDOWN = re.compile(r"([\\`*_\[\]~<>])|^([#+-])|^(\d+)(?=[.)])")
#: What XML 1.0 cannot hold (section 2.2), beside the line breaks and tabs that `plain` makes spaces of.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def plain(text: str) -> str:
    r"""One line without control, direction or invisible signs.

    Examples
    --------
    >>> plain("an\u202e toan\r\nBcc: x@example.org")
    'an toan Bcc: x@example.org'
    """
    return clean(text, 100_000)


def markup(text: str) -> str:
    """For HTML and XML, in elements and in attributes.

    Examples
    --------
    >>> markup('<b onclick="x">')
    '&lt;b onclick=&quot;x&quot;&gt;'
    """
    return html.escape(_NOT_XML.sub("", plain(text)), quote=True)


def slack(text: str) -> str:
    """For Slack's mrkdwn: its three signs escaped, so that no ``<!channel>`` calls everybody, and no accidental styles.

    Examples
    --------
    >>> slack("<!channel> A & B")
    '&lt;!channel&gt; A &amp; B'
    """
    text = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A zero-width joiner takes their meaning from signs of style; letters stay as they are.
    return re.sub(r"([*_~`])", "\u2060\\1", text)


def markdown(text: str) -> str:
    r"""For Adaptive Cards (Teams), which read a part of Markdown.

    Examples
    --------
    >>> print(markdown("[bấm](https://example.org) *ngay*"))
    \[bấm\](https://example.org) \*ngay\*
    >>> print(markdown("# 1. Mục"))
    \# 1. Mục
    """
    return _MARKDOWN.sub(lambda found: f"\\{found[0]}" if not found[3] else f"{found[3]}\u2060", plain(text))


def xml_text(text: str) -> str:
    """Text that an XML library may take: signs that XML cannot hold are left out.

    Examples
    --------
    >>> xml_text("nước" + chr(0) + " dâng" + chr(0xFFFF))
    'nước dâng'
    """
    return _NOT_XML.sub("", plain(text))
