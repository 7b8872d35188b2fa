"""Erasing mentions: what names one, and what receivers are told. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from alerts.model import Excerpt

#: Source kind, source name and id; or one of `by_id` and `by_url`, which stand for every source.
MentionName = tuple[str, str, str]

#: No kind of source is called so.
ANY_SOURCE = "*"
ADDRESS = "url"


def by_id(mention: str) -> MentionName:
    """The mentions of this id at whatever source."""
    return (ANY_SOURCE, "", mention)


def by_url(url: str) -> MentionName:
    """The mentions with this address; only its hash is kept, since an address may itself tell a person.

    Examples
    --------
    >>> by_url("https://example.vn/1")[0], len(by_url("https://example.vn/1")[2])
    ('url', 64)
    """
    return (ADDRESS, "", hashlib.sha256(url.encode(errors="replace")).hexdigest())


def names_of(excerpt: Excerpt) -> tuple[MentionName, ...]:
    """Everything under which a mention may have been erased."""
    exact = (excerpt.source_kind, excerpt.source_name, excerpt.id)
    return (exact, by_id(excerpt.id), by_url(excerpt.url)) if excerpt.url else (exact, by_id(excerpt.id))


def erased_body(gone: Iterable[MentionName], asked: Iterable[MentionName], texts: int) -> Mapping[str, Any]:
    """What the log and receivers are told: which mentions, by reference, and how many texts went; no more."""
    exact = {*gone, *(one for one in asked if one[0] not in {ANY_SOURCE, ADDRESS})}
    mentions = [{"source_kind": kind, "source_name": name, "id": id_} for kind, name, id_ in sorted(exact)]
    return {"mentions": mentions, "texts": texts}
