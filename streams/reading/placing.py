"""In which minute a mention counts."""

from __future__ import annotations

from typing import NamedTuple

MINUTE_MS = 60_000
#: L: how far before `seen_at` a mention may be placed.
LATENESS_MS = 10 * MINUTE_MS
#: Published longer than this before it was seen, a mention is kept and shown, but not counted.
BACKFILL_MS = 24 * 60 * MINUTE_MS


class Placing(NamedTuple):
    """Start of the event minute (ms), and whether the mention is late (`delayed`) or too late (`backfill`)."""

    minute: int
    delayed: bool
    backfill: bool


def place(seen_at: int, published_at: int, lateness: int = LATENESS_MS) -> Placing:
    """Where a mention counts: in the minute of min(seen_at, max(published_at, seen_at - lateness)).

    Parameters
    ----------
    seen_at, published_at, lateness
        Milliseconds.

    Examples
    --------
    >>> place(seen_at=3_600_000, published_at=3_500_000)
    Placing(minute=3480000, delayed=False, backfill=False)
    >>> place(seen_at=3_600_000, published_at=0)
    Placing(minute=3000000, delayed=True, backfill=False)
    """
    event_time = min(seen_at, max(published_at, seen_at - lateness))
    return Placing(
        minute=event_time - event_time % MINUTE_MS,
        delayed=published_at < seen_at - lateness,
        backfill=published_at < seen_at - BACKFILL_MS,
    )
