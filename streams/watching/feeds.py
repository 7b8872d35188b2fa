"""Feeds that fall silent are told to the operators: one alert for all of them, while there are any."""

from math import exp

import msgspec

from alerts.model import AlertState, Finding, Series, Severity, SourceCount
from detectors.flows import Silence
from streams.reading.placing import MINUTE_MS as MINUTE
from streams.watching.counts import SOURCES_SHOWN
from streams.watching.envelopes import FEEDS, FEEDS_NAME
from streams.watching.findings import alert_id
from streams.watching.times import instant

#: Chance per expected mention: counts of mentions are taken to be over-dispersed, three times.
_DISPERSION = 3.0


class Feeds(msgspec.Struct):
    """The alert of the silent feeds of one run.

    Attributes
    ----------
    silent
        Kind and name of the feeds that people were told of, with the last minute in which each was heard.
    fired_at, revision
        Of the alert; 0 while there is none.
    """

    silent: dict[tuple[str, str], int] = {}
    fired_at: int = 0
    revision: int = 0

    def check(self, silent: list[Silence], minute: int) -> Finding | None:
        """Say what changed by the end of a quarter of an hour: more feeds are silent, or all are heard again."""
        names = {one.name: one.last for one in silent}
        if set(names) <= set(self.silent) and (names or not self.silent):
            self.silent = names
            return None
        tick = minute * MINUTE
        if not names:
            finding = self._finding([], tick, "resolved", AlertState.RESOLVED)
            self.silent, self.fired_at, self.revision = {}, 0, 0
            return finding
        reason = "updated" if self.revision else "fired"
        self.fired_at = self.fired_at or tick
        self.silent = names
        return self._finding(silent, tick, reason, AlertState.FIRING)

    def _finding(self, silent: list[Silence], tick: int, reason: str, state: AlertState) -> Finding:
        self.revision += 1
        longest = min(self.silent.values())
        expected = sum(one.expected for one in silent)
        chance = exp(-max((one.expected for one in silent), default=0.0) / _DISPERSION)
        return Finding(
            id=alert_id(FEEDS, Series.FEED_SILENCE, self.fired_at),
            revision=self.revision,
            state=state,
            organisation=FEEDS,
            organisation_name=FEEDS_NAME,
            series=Series.FEED_SILENCE,
            severity=Severity.WARNING,
            window_start=instant((longest + 1) * MINUTE),
            fired_at=instant(tick),
            first_fired_at=instant(self.fired_at),
            observed=0,
            expected=expected,
            mentions=0,
            probability=chance,
            test_probability=chance,
            reason=reason,
            sources=tuple(SourceCount(*name, 0, 0) for name in sorted(self.silent))[:SOURCES_SHOWN],
        )
