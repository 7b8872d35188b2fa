"""The body of an alert as the API and webhooks send it: the finding's own fields, and what people read. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from alerts import describe
from alerts.model import LIVE, Alert, Excerpt

_LINKED = ("https://", "http://")


def alert_body(alert: Alert, excerpts: Sequence[Excerpt] = ()) -> dict[str, Any]:
    """An alert as plain data: the fields of its finding, and what people read.

    Every field of `Finding` is there by its name, and beside them
    ``run`` (empty when live), ``drill``, ``stale``, ``annotations`` (``title`` and ``summary`` in Vietnamese), and with
    each of ``representatives`` its ``title`` and ``url``, null where the text is not there (any more).

    Parameters
    ----------
    excerpts
        Texts of its representatives, as far as they are there: `AlertStore.excerpts`.
    """
    finding = alert.finding
    body: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(finding))
    texts = {(one.source_kind, one.source_name, one.id): one for one in excerpts}
    for shown in body["representatives"]:
        text = texts.get((shown["source_kind"], shown["source_name"], shown["id"]))
        shown["title"] = text.title if text is not None else None
        shown["url"] = _link(text.url) if text is not None else None
    return body | {
        "run": alert.run,
        "drill": alert.run != LIVE,
        "stale": alert.stale,
        "annotations": {
            "title": describe.title(finding, run=alert.run),
            "summary": describe.summary(finding, excerpts, run=alert.run, stale=alert.stale),
        },
    }


def _link(url: str) -> str | None:
    """An address only where a browser would open it as a page."""
    return url if url.lower().startswith(_LINKED) else None
