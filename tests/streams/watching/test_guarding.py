"""What the collector explains is held back with its reason, stays visible, and is let go when it outgrows that."""

from collections.abc import Sequence

import pytest

from alerts.model import AlertState, Finding, Level
from detectors.guards import Guard
from streams.watching.config import WatchConfig
from streams.watching.envelopes import FEEDS, Envelope, Reading, Source
from streams.watching.flowing import pack
from streams.watching.output import Output
from streams.watching.watcher import Watcher
from tests.streams.watching.world import MINUTE, NAMES, SHARP, START, identity

HOUR = 60 * MINUTE
SOURCES = tuple(Source("news", f"Báo {letter}") for letter in "ABCD")


class Stream:
    """Mentions in order of seen_at, each with a text of its own unless told."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []

    def add(
        self, seen_at: int, code: str, source: int, *, negative: bool, late: int = 0, story: int | None = None,
        voice: int = 0,
    ) -> None:  # fmt: skip
        number = len(self.readings)
        text = (number if story is None else 1_000_000 + story) * 0x9E3779B97F4A7C15 % 2**64
        self.readings.append(
            Reading(
                0, seen_at, seen_at - late, identity(f"{number}"), f"m{number}", source, (code,),
                0.9 if negative else 0.1, 0.0, int(negative), voice, text, f"chuyện {number}" if negative else "",
            )
        )  # fmt: skip

    def usual(self, begin: int, hours: float, *, times: int = 1, sources: Sequence[int] = (0, 1, 2, 3)) -> None:
        """Every source sends, each quarter of an hour, so many times two calm mentions; a negative one now and then."""
        for quarter in range(round(hours * 4)):
            at = begin + quarter * 15 * MINUTE
            for source in sources:
                for copy in range(2 * times):
                    code = ("01", "BYT")[copy % 2]
                    self.add(at + source * 1000 + copy, code, source, negative=False)
            if quarter % 4 == 0:
                self.add(at + 9_000, "19", sources[0], negative=True)

    def told(self, quiet_hours: float = 2.0, partitions: int = 1) -> list[Finding]:
        """What watchers find."""
        found = [one for output in self._watched(quiet_hours, partitions) for one in output.findings]
        return sorted(found, key=lambda one: (one.fired_at, one.organisation, one.revision))

    def levels(self) -> list[Level]:
        """The levels that a watcher makes."""
        return [one for output in self._watched(2.0, 1) for one in output.levels]

    def _watched(self, quiet_hours: float, partitions: int) -> list[Output]:
        readings = sorted(self.readings, key=lambda one: one.seen_at)
        placed = [
            Reading(offset, *(getattr(one, name) for name in Reading.__struct_fields__[1:]))
            for offset, one in enumerate(readings)
        ]
        flow = pack(0, [(one.offset, one.seen_at, one.source, one.counts == 1) for one in placed])
        config = WatchConfig(names=NAMES, readings_partitions=partitions, policy=SHARP)
        found: list[Output] = []
        for partition in range(partitions):
            watcher = Watcher(config, partition)
            mine = tuple(one for one in placed if set(one.organisations) & set(watcher.codes))
            mark = placed[-1].seen_at + round(quiet_hours * HOUR)
            envelope = Envelope(
                0, 0, len(placed), mark, SOURCES, (), mine, final=True, first=placed[0].seen_at, flow=flow
            )
            found.append(watcher.feed(envelope, 0))
        return found


def spiked(
    stream: Stream, at: int, many: int, sources: Sequence[int] = (0, 1, 2, 3), story: int | None = None, voice: int = 0
) -> None:
    """So many negatives within a quarter of an hour."""
    for number in range(many):
        source = sources[number % len(sources)]
        seen_at = at + number * 15 * MINUTE // many
        stream.add(seen_at, "19", source, negative=True, story=story, voice=voice)


@pytest.fixture
def stream() -> Stream:
    stream = Stream()
    stream.usual(START, 96)
    return stream


END = START + 96 * HOUR


def reasons(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(one.reason, one.held_back) for one in findings if one.organisation == "19"]


def test_a_spike_of_the_world_fires(stream: Stream) -> None:
    spiked(stream, END, 24)
    assert reasons(stream.told())[0] == ("fired", "")


def test_what_comes_late_after_an_outage_is_held_back_as_catch_up() -> None:
    stream = Stream()
    stream.usual(START, 90)
    for minute in range(0, 360, 20):
        stream.add(END + minute * 1000, "19", minute % 4, negative=True, late=(360 - minute) * MINUTE)
    told = stream.told()
    assert {held for reason, held in reasons(told) if reason != "resolved"} == {Guard.CATCH_UP.value}
    assert all(one.state is AlertState.HELD_BACK for one in told if one.reason == "held_back")


def test_one_text_posted_many_times_is_held_back(stream: Stream) -> None:
    spiked(stream, END, 24, sources=(2,), story=1)
    assert ("fired", "") not in reasons(stream.told())
    assert reasons(stream.told())[0] == ("held_back", Guard.REPEATED_TEXT.value)


def test_few_voices_posting_much_are_held_back(stream: Stream) -> None:
    spiked(stream, END, 24, voice=77)
    assert reasons(stream.told())[0] == ("held_back", Guard.FEW_VOICES.value)


def test_a_spike_that_everything_shares_is_held_back(stream: Stream) -> None:
    stream.usual(END, 3, times=8)
    for quarter in range(4, 12):
        for number in range(2):
            stream.add(END + quarter * 15 * MINUTE + number * 7000, "19", number, negative=True)
    told = [one for one in stream.told() if one.organisation == "19"]
    assert told[0].held_back == Guard.COLLECTOR_SURGE.value


def test_a_crisis_beside_one_loud_voice_is_let_go_when_it_outgrows_it(stream: Stream) -> None:
    spiked(stream, END, 24, voice=77)
    for minute in range(20, 80):
        stream.add(END + minute * MINUTE, "19", minute % 4, negative=True)
    told = reasons(stream.told())
    assert told[0] == ("held_back", Guard.FEW_VOICES.value)
    assert ("fired", "") in told
    assert told[-1] != ("resolved", Guard.FEW_VOICES.value)


def test_what_ends_while_it_is_held_back_keeps_the_reason(stream: Stream) -> None:
    spiked(stream, END, 24, voice=77)
    last = [one for one in stream.told(quiet_hours=30) if one.organisation == "19"][-1]
    assert (last.reason, last.state, last.held_back) == ("resolved", AlertState.RESOLVED, Guard.FEW_VOICES.value)


def test_feeds_that_fall_silent_are_told_once_and_their_return_too() -> None:
    stream = Stream()
    stream.usual(START, 96)
    stream.usual(END, 30, sources=(0, 1))
    stream.usual(END + 30 * HOUR, 4)
    told = [one for one in stream.told() if one.organisation == FEEDS]
    assert [one.reason for one in told[:2]] == ["fired", "resolved"]
    assert [source.name for source in told[0].sources] == ["Báo C", "Báo D"]


@pytest.mark.parametrize("partitions", [2, 3, 5])
def test_what_is_held_back_does_not_depend_on_how_readings_are_cut(stream: Stream, partitions: int) -> None:
    stream.usual(END, 3, times=8)
    spiked(stream, END + HOUR, 24)
    stream.usual(END + 3 * HOUR, 20, sources=(0, 1))
    assert stream.told() == stream.told(partitions=partitions)


def test_what_fires_is_explained_by_scale_and_by_source(stream: Stream) -> None:
    spiked(stream, END, 24, sources=(2, 3))
    told = next(one for one in stream.told() if one.reason == "fired").explanation
    assert told is not None
    assert told.scales[told.decisive].observed >= told.scales[told.decisive].needed
    assert [source.name for source in told.sources] == ["Báo C", "Báo D"]
    assert told.learned_hours > 48


def test_an_hour_without_an_alarm_says_what_was_missing(stream: Stream) -> None:
    stream.add(END + 30 * MINUTE, "19", 1, negative=True)
    stream.usual(END + HOUR, 3)
    hours = [one for one in stream.levels() if one.minutes == 60 and one.organisation == "19" and one.why is not None]
    why = hours[-3].why
    assert why is not None
    assert why.refusal == "below the threshold"
    assert all(scale.observed < scale.needed for scale in why.scales)
    assert 0.0 <= hours[-3].near < 1.0
    assert [one.hours for one in hours[-1].forecasts] == [1, 6, 24] * 2
