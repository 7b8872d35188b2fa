"""Times on the wire: RFC 3339 in UTC."""

from datetime import UTC, datetime


def parse(text: str) -> datetime:
    """The instant that RFC 3339 text names.

    Examples
    --------
    >>> parse("2025-10-07T00:00:00.250Z").isoformat()
    '2025-10-07T00:00:00.250000+00:00'
    """
    return datetime.fromisoformat(text).astimezone(UTC)


def show(when: datetime) -> str:
    """RFC 3339 text of an instant, with milliseconds.

    Examples
    --------
    >>> show(datetime(2025, 10, 7, tzinfo=UTC))
    '2025-10-07T00:00:00.000Z'
    """
    return when.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
