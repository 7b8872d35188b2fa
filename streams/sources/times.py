"""Times as feeds write them, and what is done about those that are wrong. Pure."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

VIETNAM = timezone(timedelta(hours=7))
#: What a feed's clock may be ahead of ours, as for every mention.
TOLERANCE = timedelta(minutes=10)
#: Local time labelled as UTC lies this far in the future.
MISSING_OFFSET = timedelta(hours=7)

_GMT_HOURS = re.compile(r"\b(?:GMT|UTC)\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?\s*$", re.IGNORECASE)
_VIETNAMESE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})[ ,T-]+(\d{1,2}):(\d{2})(?::(\d{2}))?")


def rfc3339(at: datetime) -> str:
    """An instant as mentions have it: UTC with milliseconds.

    Examples
    --------
    >>> rfc3339(datetime(2025, 10, 7, 7, tzinfo=VIETNAM))
    '2025-10-07T00:00:00.000Z'
    """
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime | None:
    """Read a time as feeds write it; one without offset is Vietnam's.

    Examples
    --------
    >>> [parse_time(text).astimezone(UTC).hour for text in ("Tue, 07 Oct 2025 10:00:00 GMT+7", "2025-10-07T10:00:00Z",
    ...     "07/10/2025 10:00", "Tue, 07 Oct 2025 10:00:00")]
    [3, 10, 3, 3]
    >>> parse_time("yesterday") is None
    True
    """
    text = text.strip()[:100]
    text = _GMT_HOURS.sub(lambda found: f"{found[1]}{int(found[2]):02d}{found[3] or '00'}", text)
    for read in (datetime.fromisoformat, parsedate_to_datetime, _vietnamese):
        try:
            found = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return found if found.tzinfo is not None else found.replace(tzinfo=VIETNAM)
    return None


def _vietnamese(text: str) -> datetime:
    found = _VIETNAMESE.search(text)
    if found is None:
        raise ValueError(text)
    day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=VIETNAM)


def offset_is_missing(
    new: Iterable[datetime], now: datetime, previous: datetime | None, *, believed: bool = False
) -> bool:
    """Whether a feed labels Vietnam time as UTC, judged by entries seen for the first time.

    An entry from the future that would not be, seven hours earlier, shows it. An entry dated between the previous
    fetch and this one shows that the times are right. With neither, what was believed holds.

    Parameters
    ----------
    new
        Times of the new entries, as written.
    now, previous
        Of this fetch and the last one that succeeded.
    believed
        What earlier fetches have shown.

    Examples
    --------
    >>> noon = datetime(2025, 10, 7, 12, tzinfo=UTC)
    >>> offset_is_missing([noon + timedelta(hours=6)], noon, None)
    True
    >>> offset_is_missing([noon - timedelta(minutes=2)], noon, noon - timedelta(minutes=5), believed=True)
    False
    """
    right = False
    # After a longer silence a mislabelled entry may lie there too.
    telling = previous is not None and now - previous < MISSING_OFFSET
    for time in new:
        if TOLERANCE < time - now <= MISSING_OFFSET + TOLERANCE:
            return True
        right |= telling and previous is not None and previous <= time <= now
    return believed and not right


def settled(written: datetime | None, now: datetime, *, missing_offset: bool) -> datetime:
    """The time that stands in the mention: as written, corrected, or that of the fetch.

    Examples
    --------
    >>> noon = datetime(2025, 10, 7, 12, tzinfo=UTC)
    >>> settled(noon + timedelta(hours=6), noon, missing_offset=True).hour
    11
    >>> settled(None, noon, missing_offset=False).hour
    12
    """
    if written is None:
        return now
    if written.year < 1971:  # before anything is subtracted: there is no time before the year 1
        return now
    if missing_offset and written.utcoffset() == timedelta(0):
        written -= MISSING_OFFSET
    return now if written - now > TOLERANCE else written
