"""What is flagged as perhaps false: said for a human to check, never judged; one alert a claim while it is repeated."""

from collections.abc import Container, Mapping

import msgspec

from alerts.model import AlertState, Excerpt, Finding, Representative, Series, Severity, SourceCount, Suspicion
from streams.reading.placing import MINUTE_MS as MINUTE
from streams.watching.arrivals import Entry
from streams.watching.counts import SOURCES_SHOWN
from streams.watching.crowd import Crowd
from streams.watching.envelopes import Suspected
from streams.watching.findings import Revision, alert_id
from streams.watching.stories import SHOWN
from streams.watching.times import instant

#: A flag ends when nothing was seen of it for so long (milliseconds).
QUIET = 24 * 60 * MINUTE
#: It is told again at most so often, and only when twice as much was seen.
AGAIN, GROWTH = 30 * MINUTE, 2
#: The same text so often within so many minutes, from no more than so many voices, is a burst of few voices.
BURST, BURST_MINUTES, BURST_VOICES = 8, 30, 3
#: Flags that stand at once in one partition; the longest silent goes first.
LIMIT = 512
#: Sources of a flag that are counted by name.
_SOURCES = 64
#: The newest mentions of a flag, by which one that was sent twice is known.
_IDENTITIES = 255


class Flag(msgspec.Struct):
    """One claim that is being repeated."""

    organisation: str
    suspected: Suspected
    fired_at: int
    last_seen: int
    revision: int = 0
    newest: int = 0
    told: int = 0
    seen: int = 0
    sources: dict[tuple[str, str], int] = {}
    shown: list[Representative] = []
    unsent: list[Excerpt] = []
    identities: list[bytes] = []


class Suspicions(msgspec.Struct):
    """The flags of one partition, by what is suspected."""

    flags: dict[str, Flag] = {}

    def listed(self, entry: Entry, tick: int, names: Mapping[str, str], here: Container[str]) -> Revision | None:
        """Take a mention that seems to make a listed claim; only what is told to a body that is watched `here`."""
        suspected = entry.reading.suspected
        if suspected is None or suspected.organisation not in here:
            return None
        return self._take(f"claim/{suspected.claim}", suspected.organisation, suspected, entry, tick, names)

    def repeated(
        self, code: str, entry: Entry, story: int, crowd: Crowd, tick: int, names: Mapping[str, str]
    ) -> Revision | None:
        """Take a negative mention of an organisation; flagged where few voices repeat its text in a short time."""
        key = f"voices/{code}/{story}"
        if key not in self.flags:
            voices = crowd.voices(code, story, tick // MINUTE - BURST_MINUTES)
            if len(voices) < BURST or not 0 < len(set(voices)) <= BURST_VOICES or 0 in voices:
                return None
        return self._take(key, code, Suspected("few_voices", "", code, entry.reading.title), entry, tick, names)

    def _take(
        self, key: str, organisation: str, suspected: Suspected, entry: Entry, tick: int, names: Mapping[str, str]
    ) -> Revision | None:
        flag = self.flags.pop(key, None)
        if flag is None:
            while len(self.flags) >= LIMIT:
                del self.flags[next(iter(self.flags))]
            flag = Flag(organisation, suspected, tick, tick, sources={}, shown=[], unsent=[], identities=[])
        self.flags[key] = flag  # the longest silent stand first
        reading, source = entry.reading, entry.source
        if reading.identity in flag.identities:
            return None  # sent twice
        flag.identities = [*flag.identities[-_IDENTITIES:], reading.identity]
        flag.seen += 1
        flag.last_seen = tick
        place = (source.kind, source.name)
        if place in flag.sources or len(flag.sources) < _SOURCES:
            flag.sources[place] = flag.sources.get(place, 0) + 1
        if len(flag.shown) < SHOWN:
            at = instant(reading.published_at)
            flag.shown.append(Representative(reading.id, *place, at, 1, (source.name,)))
            flag.unsent.append(Excerpt(reading.id, *place, reading.title, reading.url, at))
        if flag.revision and (tick - flag.newest < AGAIN or flag.seen < GROWTH * flag.told):
            return None
        reason = "updated" if flag.revision else "fired"
        finding = self._finding(key, flag, tick, reason, AlertState.FIRING, names)
        excerpts, flag.unsent = tuple(flag.unsent), []
        return Revision(finding, excerpts)

    def settle(self, tick: int, names: Mapping[str, str]) -> list[Revision]:
        """End the flags of which nothing was seen for `QUIET` by a tick."""
        over = [(flag.last_seen, key) for key, flag in self.flags.items() if flag.last_seen + QUIET <= tick]
        return [
            Revision(self._finding(key, self.flags.pop(key), last + QUIET, "resolved", AlertState.RESOLVED, names), ())
            for last, key in sorted(over)
        ]

    def _finding(
        self, key: str, flag: Flag, tick: int, reason: str, state: AlertState, names: Mapping[str, str]
    ) -> Finding:
        flag.revision += 1
        flag.newest, flag.told = tick, flag.seen
        one = flag.suspected
        ranked = sorted(flag.sources.items(), key=lambda item: (-item[1], item[0]))[:SOURCES_SHOWN]
        return Finding(
            id=alert_id(flag.organisation, f"{Series.SUSPECTED_CLAIM.value}/{key}", flag.fired_at),
            revision=flag.revision,
            state=state,
            organisation=flag.organisation,
            organisation_name=names.get(flag.organisation, flag.organisation),
            series=Series.SUSPECTED_CLAIM,
            severity=Severity.WARNING,
            window_start=instant(flag.fired_at - flag.fired_at % MINUTE),
            fired_at=instant(tick),
            first_fired_at=instant(flag.fired_at),
            observed=flag.seen,
            expected=0.0,
            mentions=flag.seen,
            probability=1.0,
            test_probability=1.0,
            reason=reason,
            sources=tuple(SourceCount(*name, count, 0) for name, count in ranked),
            representatives=tuple(flag.shown),
            suspicion=Suspicion(one.why, one.claim, one.text, one.rebuttal, one.url),
        )
