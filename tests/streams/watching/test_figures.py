"""What a finding says is of one window at every revision, and follows the evidence."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.model import AlertState, Finding, Series, Severity
from streams.reading.placing import LATENESS_MS, place
from streams.watching.envelopes import UNATTRIBUTED, Envelope, Reading, Source
from streams.watching.watcher import Watcher
from tests.streams.watching.world import MINUTE, SHARP, START, config, mentions, placed, watch, whole_log

SOURCES = (Source("forum", "Diễn đàn C"),)
GRADES = list(Severity)


def instant(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def found_in(readings: list[Reading]) -> list[Finding]:
    log = whole_log(placed(readings, 3, 1), readings[-1].seen_at + MINUTE)
    return [finding for output in watch(config(1, 3), 0, log) for finding in output.findings]


def counted(readings: list[Reading], finding: Finding) -> tuple[int, int]:
    """Negative and all mentions of the finding's window, seen before its tick, each once."""
    start, tick, known, negative, total = instant(finding.window_start), instant(finding.fired_at), set(), 0, 0
    for reading in readings:
        at, _, backfill = place(reading.seen_at, reading.published_at, LATENESS_MS)
        if reading.seen_at >= tick or reading.identity in known:
            continue
        known.add(reading.identity)
        if not backfill and at >= start and finding.organisation in reading.organisations:
            total += 1
            negative += reading.counts == 1
    return negative, total


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_revision_counts_its_own_window(seed: int) -> None:
    readings = mentions(seed)
    for finding in found_in(readings):
        assert (finding.observed, finding.mentions) == counted(readings, finding), finding.reason


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_fires_exceeds_what_is_expected_and_never_gets_milder(seed: int) -> None:
    findings = found_in(mentions(seed))
    for finding in findings:
        if finding.state is AlertState.FIRING and finding.series is Series.NEGATIVE_COUNT:
            assert finding.observed >= SHARP.window_ratio * finding.expected
            assert finding.observed >= SHARP.least_negative
    for alert in {finding.id for finding in findings}:
        revisions = [finding for finding in findings if finding.id == alert]
        for earlier, later in pairwise(revisions):
            assert GRADES.index(later.severity) >= GRADES.index(earlier.severity)
            assert (later.reason == "escalated") <= (later.severity != earlier.severity)


def flood(organisation: str, *, gaps: list[int]) -> list[Finding]:
    """One calm mention, five hours of nothing, then a negative one after each gap in seconds, then a day of silence."""
    times = [START, START + 300 * MINUTE]
    for gap in gaps:
        times.append(times[-1] + gap * 1000)
    readings = tuple(
        Reading(
            number, seen_at, seen_at, number.to_bytes(16, "big"), f"m{number}", 0, (organisation,), 0.9, 0.0,
            int(number > 0), fingerprint=(number + 1) * 0x9E3779B97F4A7C15 % 2**64, title="Vỡ đê",
        )
        for number, seen_at in enumerate(times)
    )  # fmt: skip
    envelope = Envelope(
        0, 0, len(readings), times[-1] + 24 * 60 * MINUTE, SOURCES, (), readings, final=True, first=START
    )
    return Watcher(config(1, 1), 0).feed(envelope, 0).findings


def hourly(finding: Finding) -> float:
    """What is expected in an hour of a finding's window."""
    start, end = (datetime.fromisoformat(at) for at in (finding.window_start, finding.fired_at))
    return finding.expected / ((end - start) / timedelta(hours=1))


def test_a_flood_is_one_alert_that_escalates_to_critical_and_keeps_what_was_usual() -> None:
    found = flood("19", gaps=[60] * 20 + [15] * 400)
    assert len({finding.id for finding in found}) == 1
    assert [finding.severity for finding in found if finding.reason in {"fired", "escalated"}] == GRADES
    assert found[-1].reason == "resolved"
    assert found[-1].observed == 421
    # Nothing negative was known before: what is usual in an hour stays next to nothing, however long the flood of 240
    # an hour lasts.
    usual = [hourly(finding) for finding in found]
    assert max(usual) < 0.5
    assert max(usual) < 2 * usual[0]


def test_probabilities_are_those_of_the_newest_test() -> None:
    found = flood("19", gaps=[60] * 20 + [15] * 400)
    by_reason = {finding.reason: finding for finding in found}
    assert len({finding.probability for finding in found}) == len(found)
    assert by_reason["resolved"].probability > 0.5 > by_reason["fired"].probability
    assert all(0.0 < finding.test_probability <= finding.probability <= 1.0 for finding in found)


def test_the_unattributed_have_no_share() -> None:
    found = flood(UNATTRIBUTED, gaps=[30] * 200 + [240] * 100)
    assert {finding.series for finding in found} == {Series.NEGATIVE_COUNT}
