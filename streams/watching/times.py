"""Instants as they are written."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(milliseconds: int) -> str:
    """RFC 3339 in UTC with milliseconds.

    Examples
    --------
    >>> instant(1_759_795_200_250)
    '2025-10-07T00:00:00.250Z'
    """
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
