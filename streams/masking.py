"""Records without what tells a person: mentions before they are stored or read, and what was refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from streams.reading.masks import mask

if TYPE_CHECKING:
    from streams.mentions import Mention

#: So much of a record that cannot be read is looked at; no more of it is kept anywhere.
_LOOKED_AT = 64 * 1024
_AUTHOR = re.compile(r'("author"\s*:\s*)"(?:[^"\\]|\\.)*"?')


def masked(mention: Mention) -> Mention:
    """`mention` with title and text masked; the same object where nothing was to be masked."""
    title, text = mention.title, mention.text
    fresh_title = mask(title) if title else title
    fresh_text = mask(text) if text else text
    if fresh_title is title and fresh_text is text:
        return mention
    return msgspec.structs.replace(mention, title=fresh_title, text=fresh_text)


def stored(data: bytes, mention: Mention) -> bytes:
    """What is stored of a mention that came as `data`, and parses to `mention`: masked, other fields as they came."""
    has_mask = "[" in (mention.title or "") or "[" in (mention.text or "")
    return masked_line(data) if has_mask else data


def masked_line(data: bytes) -> bytes:
    """A valid mention's JSON with title and text masked; the same bytes where nothing was to be masked.

    Examples
    --------
    >>> masked_line('{"title":"Gọi 0912345678"}'.encode()).decode()
    '{"title":"Gọi [số điện thoại]"}'
    """
    fields: dict[str, Any] = msgspec.json.decode(data)
    fresh = {name: mask(fields[name]) for name in ("title", "text") if isinstance(fields.get(name), str)}
    if all(fresh[name] is fields[name] for name in fresh):
        return data
    return msgspec.json.encode(fields | fresh)


def masked_record(data: bytes) -> bytes:
    r"""Whatever bytes were refused, without an author and with every text masked; the same bytes where that is nothing.

    What is no JSON is masked as it stands, so far as its digits and signs are ASCII.

    Examples
    --------
    >>> masked_record(b'{"author": "Lan", "title": 1, "text": "a@example.vn"').decode()
    '{"author": "", "title": 1, "text": "[thư điện tử]"'
    """
    try:
        found = msgspec.json.decode(data)
        fresh = _without_persons(found)
        return data if fresh == found else msgspec.json.encode(fresh)
    except (ValueError, TypeError, RecursionError):
        pass
    start = data[:_LOOKED_AT]
    try:
        text, encoding = start.decode(), "utf-8"
    except UnicodeDecodeError:
        text, encoding = start.decode("latin-1"), "latin-1"
    fresh_text = mask(_AUTHOR.sub(r'\1""', text))
    if fresh_text == text:
        return data
    return fresh_text.encode(encoding, errors="replace")


def _without_persons(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [_without_persons(inner) for inner in value]
    if isinstance(value, dict):
        return {name: "" if name == "author" and inner else _without_persons(inner) for name, inner in value.items()}
    return value
