"""What the service asks of its store about levels: the hours of every organisation, kept for 90 days."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from alerts.model import Level
from alerts.ports import FoundLevel

#: As long as the topic `levels` is kept.
KEPT = timedelta(days=90)
#: From which nearness on an hour without an alarm is a near miss: chance brings it ten times as often as the budget.
NEAR = 0.1


class LevelStore(Protocol):
    """Levels of hours, by run, organisation and start. Every method is one transaction; a start is RFC 3339 in UTC."""

    def put_levels(self, found: Sequence[FoundLevel]) -> None:
        """Take levels with their places; the same hour again replaces what was there.

        Forecasts are kept of an organisation's newest hour only.
        """

    def newest_levels(self, run: str, organisation: str | None = None) -> list[Level]:
        """The newest hour of every organisation (or of one), with its forecasts, by code."""

    def levels(self, run: str, organisation: str, *, until: str, limit: int) -> list[Level]:
        """The newest `limit` hours of an organisation that began before `until`, oldest first."""

    def near_misses(self, run: str, *, since: str, limit: int, organisation: str | None = None) -> list[Level]:
        """Hours from `since` on whose nearest test came near to an alarm without reaching it, nearest first."""

    def forget_levels(self, before: str) -> int:
        """Forget the hours that began before; returns how many."""
