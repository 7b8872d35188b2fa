"""Findings from bytes that somebody else wrote."""

from datetime import datetime, timedelta

import msgspec

from alerts.model import Finding


def decode_finding(data: bytes) -> Finding:
    """Read a finding that somebody else wrote.

    Raises
    ------
    msgspec.DecodeError
        If it is none, or one whose id, revision or times nobody could work with (`msgspec.ValidationError`).

    Examples
    --------
    >>> decode_finding(b"{}")
    Traceback (most recent call last):
    msgspec.ValidationError: Object missing required field `id`
    """
    finding = msgspec.json.decode(data, type=Finding)
    if not finding.id or not 1 <= finding.revision < 2**31:
        raise msgspec.ValidationError("a finding needs an id, and a revision from 1 on")
    for text in (finding.window_start, finding.fired_at, finding.first_fired_at):
        try:
            zone = datetime.fromisoformat(text).utcoffset()
        except ValueError as error:
            raise msgspec.ValidationError(f"{text[:40]!r} is not a time") from error
        if zone != timedelta(0):
            raise msgspec.ValidationError(f"{text[:40]!r} is not a time in UTC")
    return finding
