from collections.abc import Iterator
from itertools import pairwise

import pytest

from alerts.model import AlertState, Finding, Severity
from detectors.bank import Decision, Kind
from streams.watching.counts import SourceCounts
from streams.watching.envelopes import UNATTRIBUTED, Reading, Source
from streams.watching.findings import UPDATE_AFTER, AlertBook, alert_id
from streams.watching.standing import Standing
from streams.watching.stories import Stories
from streams.watching.words import Words

MINUTE = 60_000
NOON = 29_330_000
SOURCE = Source("news", "Báo A")


def decision(kind: Kind = Kind.FIRED, minute: int = NOON, window: int = 30, severity: str = "warning") -> Decision:
    return Decision(0, kind, "negative_count", severity, minute, window, 7, 9, 1.5, 1e-6, 1e-3)


class Scene:
    """An alert book with what it reads from."""

    def __init__(self) -> None:
        self.sources = SourceCounts()
        self.stories: dict[str, Stories] = {}
        self.words: dict[str, Words] = {}
        self.book = AlertBook({"19": "Thái Nguyên"}, self.sources, self.stories, self.words, Standing())
        self._numbers: Iterator[int] = iter(range(10_000))

    def negative(self, minute: int, count: int = 1, code: str = "19") -> None:
        for _ in range(count):
            number = next(self._numbers)
            reading = Reading(
                number, minute * MINUTE, minute * MINUTE, b"i" * 16, f"m{number}", 0, (code,), 0.9, 0.0, 1,
                fingerprint=(0x9E3779B97F4A7C15 * (number + 1)) % 2**64, title=f"Vỡ đê đêm, tin {number}", url="",
            )  # fmt: skip
            self.sources.add(code, minute, (SOURCE.kind, SOURCE.name), negative=True)
            self.book.count(code, minute, negative=True)
            self.stories.setdefault(code, Stories([])).add(reading, SOURCE, minute * MINUTE, minute)
            self.words.setdefault(code, Words(0, {})).learn(reading.title)

    def decide(self, made: Decision, tick: int) -> Finding:
        revision = self.book.decide("19", made, tick)
        assert revision is not None
        return revision.finding


def tick(minute: int) -> int:
    return (minute + 1) * MINUTE


def test_identities_cannot_be_confused() -> None:
    ids = {
        alert_id("1", "9negative_count", 5),
        alert_id("19", "negative_count", 5),
        alert_id("19", "negative_count", 6),
    }
    assert len(ids) == 3
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in ids)


def test_an_alerts_revisions_keep_its_identity_and_count_up() -> None:
    scene = Scene()
    scene.negative(NOON, 7)
    first = scene.decide(decision(), tick(NOON))
    scene.negative(NOON + 5, 20)
    second = scene.decide(decision(Kind.ESCALATED, NOON + 5, severity="critical"), tick(NOON + 5))
    third = scene.decide(decision(Kind.RESOLVED, NOON + 200), tick(NOON + 200))
    assert [f.revision for f in (first, second, third)] == [1, 2, 3]
    assert [f.reason for f in (first, second, third)] == ["fired", "escalated", "resolved"]
    assert [f.state for f in (first, second, third)] == [AlertState.FIRING, AlertState.FIRING, AlertState.RESOLVED]
    assert {f.id for f in (first, second, third)} == {alert_id("19", "negative_count", tick(NOON))}
    assert {f.first_fired_at for f in (first, second, third)} == {first.fired_at}
    assert (first.severity, second.severity) == (Severity.WARNING, Severity.CRITICAL)
    assert third.representatives == second.representatives


def test_an_alert_after_a_resolved_one_is_another() -> None:
    scene = Scene()
    scene.negative(NOON, 7)
    first = scene.decide(decision(), tick(NOON))
    scene.decide(decision(Kind.RESOLVED, NOON + 200), tick(NOON + 200))
    again = scene.decide(decision(minute=NOON + 300), tick(NOON + 300))
    assert again.id != first.id
    assert again.revision == 1


def test_observed_counts_the_window_and_what_came_since() -> None:
    scene = Scene()
    scene.negative(NOON - 30, 3)
    scene.negative(NOON - 29, 2)
    scene.negative(NOON, 5)
    first = scene.decide(decision(), tick(NOON))
    assert first.observed == 7
    assert sum(source.negative for source in first.sources) == 7
    scene.negative(NOON + 1, 4)
    resolved = scene.decide(decision(Kind.RESOLVED, NOON + 200), tick(NOON + 200))
    assert resolved.observed == 11
    assert resolved.window_start == first.window_start
    assert resolved.expected == pytest.approx(1.5 * 230 / 30)


def test_updates_come_only_with_growth_and_not_too_often() -> None:
    scene = Scene()
    scene.negative(NOON, 10)
    scene.decide(decision(), tick(NOON))
    told = []
    for minute in range(NOON + 1, NOON + 240):
        scene.negative(minute)
        told += [(minute, revision.finding) for revision in scene.book.update("19", tick(minute))]
    assert len(told) >= 3
    assert all(later - earlier >= UPDATE_AFTER // MINUTE for (earlier, _), (later, _) in pairwise(told))
    assert all(b.observed >= 1.5 * a.observed for (_, a), (_, b) in pairwise(told))
    assert {finding.reason for _, finding in told} == {"updated"}
    assert scene.book.update("01", tick(NOON)) == []


def test_a_text_is_handed_out_once_an_alert() -> None:
    scene = Scene()
    scene.negative(NOON, 3)
    first = scene.book.decide("19", decision(), tick(NOON))
    again = scene.book.decide("19", decision(Kind.ESCALATED), tick(NOON + 1))
    assert first is not None
    assert again is not None
    assert {e.id for e in first.excerpts} == {r.id for r in first.finding.representatives} == {"m0", "m1", "m2"}
    assert again.excerpts == ()
    assert again.finding.representatives == first.finding.representatives


def test_what_is_resolved_but_unknown_says_nothing() -> None:
    assert Scene().book.decide("19", decision(Kind.RESOLVED), tick(NOON)) is None


def test_the_unattributed_have_a_name_for_people() -> None:
    revision = Scene().book.decide(UNATTRIBUTED, decision(), tick(NOON))
    assert revision is not None
    assert revision.finding.organisation_name == "Chưa rõ cơ quan"


def test_a_restored_book_goes_on_with_its_alerts() -> None:
    scene = Scene()
    scene.negative(NOON, 7)
    first = scene.decide(decision(), tick(NOON))
    again = AlertBook({"19": "Thái Nguyên"}, scene.sources, scene.stories, scene.words, Standing())
    again.restore(scene.book.snapshot())
    revision = again.decide("19", decision(Kind.ESCALATED), tick(NOON + 1))
    assert revision is not None
    assert (revision.finding.id, revision.finding.revision) == (first.id, 2)
