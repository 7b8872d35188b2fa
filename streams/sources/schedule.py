"""When a feed is asked next. Pure: time and chance are passed in."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from streams.sources.settings import CollectorSettings, FeedSettings


def next_due(
    settings: CollectorSettings, feed: FeedSettings, failures: int, now: datetime, chance: float, retry_after: str = ""
) -> datetime:
    """When to ask again.

    Parameters
    ----------
    failures
        In a row up to now: each doubles the wait, up to the longest.
    chance
        In [0, 1): spreads feeds that would be asked at once.
    retry_after
        What the server asked for; honoured up to a day, and never sooner than the schedule.

    Examples
    --------
    >>> feed = FeedSettings(url="https://example.vn/rss", name="A", interval_seconds=60)
    >>> now = datetime(2025, 10, 7, tzinfo=UTC)
    >>> [(next_due(CollectorSettings(), feed, n, now, 0.0) - now).seconds for n in (0, 1, 3)]
    [60, 120, 480]
    """
    interval = feed.interval_seconds or settings.interval_seconds
    # 2.0 ** 1000 is still a number; more failures than that are not told apart.
    wait = min(interval * 2.0 ** min(failures, 1000), max(settings.max_backoff_seconds, interval))
    wait *= 1 + settings.jitter * chance
    return now + max(timedelta(seconds=wait), _asked(retry_after, now))


def _asked(retry_after: str, now: datetime) -> timedelta:
    text = retry_after.strip()[:100]
    if text.isascii() and text.isdigit():
        asked = timedelta(seconds=min(int(text[:10]), 86_400))
    else:
        try:
            when = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError):
            return timedelta(0)
        asked = (when if when.tzinfo else when.replace(tzinfo=UTC)) - now
    return min(max(asked, timedelta(0)), timedelta(days=1))
