"""What every alert store promises; `tests/alerts/store/` runs it on each.

A test module derives from `StoreContract` and gives the fixture `store`.
"""

import hashlib
import itertools
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.erasing import by_id, by_url
from alerts.errors import (
    IncidentRefusedError,
    TokenExistsError,
    UnknownIncidentError,
    UnknownReceiverError,
    UnknownTokenError,
)
from alerts.incidents.handling import Acknowledge, Merge, Note
from alerts.incidents.model import IncidentState
from alerts.model import (
    ALERT_KINDS,
    AlertState,
    ChangeKind,
    Excerpt,
    Finding,
    Forecast,
    Level,
    Representative,
    Series,
    Severity,
    canonical,
)
from alerts.ports import Found, FoundLevel, Place
from alerts.receiving import Attempt, Outcome, Receiver, Scope, Verdict
from alerts.routing import OLDEST
from alerts.store import AlertStore

NOW = datetime(2026, 11, 22, 7, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OFFICE = Receiver("office", "https://office.example.vn/hook?key=hidden", secret="env:OFFICE")


def finding(number: int = 1, revision: int = 1, **changed: object) -> Finding:
    """A finding; `number` tells alerts apart and grows with the time of first firing."""
    basis = Finding(
        id=f"{number:032x}",
        revision=revision,
        state=AlertState.FIRING,
        organisation="19",
        organisation_name="Thái Nguyên",
        series=Series.NEGATIVE_COUNT,
        severity=Severity.SERIOUS,
        window_start="2026-11-22T06:30:00.000Z",
        fired_at=f"2026-11-22T07:{revision % 60:02d}:00.000Z",
        first_fired_at=f"2026-11-22T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000Z",
        observed=120,
        expected=7.5,
        mentions=200,
        probability=0.0031,
        test_probability=1e-9,
        reason="fired" if revision == 1 else "updated",
        representatives=(Representative("m1", "news", "Báo A", "2026-11-22T06:40:00.000Z", 3),),
        words=("vỡ đê",),
    )
    return msgspec.structs.replace(basis, **changed)


def excerpt(id_: str = "m1", name: str = "Báo A", title: str = "Nước dâng nhanh ở phía bắc thành phố") -> Excerpt:
    """The text of the mention that `finding` shows."""
    return Excerpt(id_, "news", name, title, f"https://bao.example.vn/{id_}", "2026-11-22T06:40:00.000Z")


def level(organisation: str, hour: int, **changed: object) -> Level:
    """An hour of an organisation."""
    basis = Level(organisation, f"2026-11-22T{hour:02d}:00:00.000Z", 60, 9, 4, 3.2, 9.0, 0.2)
    return msgspec.structs.replace(basis, **changed)


def found_levels(*values: Level) -> list[FoundLevel]:
    """The levels as they come from the log."""
    return [FoundLevel(Place("levels", 0, offset), one) for offset, one in enumerate(values)]


def found(*values: Finding | Excerpt, run: str = "", offset: int = 0) -> list[Found]:
    """The values as they come from the log, at offsets from `offset` on."""
    prefix = f"{run}." if run else ""
    topics = [prefix + ("excerpts" if isinstance(one, Excerpt) else "findings") for one in values]
    return [
        Found(Place(topic, 0, offset + place), one)
        for place, (topic, one) in enumerate(zip(topics, values, strict=True))
    ]


def attempt(delivery: str, claim: int, verdict: Verdict = Verdict.DONE, **changed: object) -> Attempt:
    """One try of a delivery."""
    due_at = NOW + 5 * MINUTE if verdict is Verdict.RETRY else None
    basis = Attempt(delivery, claim, NOW + MINUTE, 0.25, verdict, verdict.value, 200, due_at)
    return msgspec.structs.replace(basis, **changed)


def claims(store: AlertStore, now: datetime = NOW, limit: int = 10) -> list[tuple[str, int]]:
    """What is due: delivery ids with their claims."""
    return [(one.delivery.id, one.delivery.claim) for one in store.due(now, limit)]


class StoreContract:
    """Every test gets an empty `store`."""

    # The ordered log

    def test_levels_are_kept_by_hour_and_the_newest_with_its_forecasts(self, store: AlertStore) -> None:
        forecast = (Forecast("negative", 6, 12.0, 3.0, 30.0),)
        one, two, other = (
            level(code, hour, forecasts=forecast) for code, hour in (("19", 7), ("19", 8), ("01", 7))
        )  # fmt: skip
        store.put_levels(found_levels(one, two, other))
        assert store.newest_levels("") == [other, two]
        assert store.newest_levels("", "19") == [two]
        assert store.newest_levels("demo-1") == []
        bare = [msgspec.structs.replace(each, forecasts=()) for each in (one, two)]
        assert store.levels("", "19", until="2026-11-22T09:00:00.000Z", limit=9) == bare
        assert store.levels("", "19", until="2026-11-22T08:00:00.000Z", limit=9) == bare[:1]
        assert store.levels("", "19", until="2026-11-22T09:00:00.000Z", limit=1) == bare[1:]
        assert store.places() == {("levels", 0): 2}

    def test_an_hour_that_comes_again_replaces_itself_and_an_older_one_no_newer(self, store: AlertStore) -> None:
        store.put_levels(found_levels(level("19", 8, negative=5)))
        store.put_levels(found_levels(level("19", 8, negative=6), level("19", 7, negative=1)))
        assert [one.negative for one in store.newest_levels("")] == [6]
        assert [one.negative for one in store.levels("", "19", until="2027", limit=9)] == [1, 6]
        store.put_levels([])

    def test_near_misses_are_near_and_no_alarms_nearest_first(self, store: AlertStore) -> None:
        hours = [level("19", hour, near=near) for hour, near in enumerate((0.05, 0.3, 1.0, 0.8))]
        store.put_levels(found_levels(*hours, level("01", 3, near=0.5)))
        since = "2026-11-22T01:00:00.000Z"
        assert [one.near for one in store.near_misses("", since=since, limit=9)] == [0.8, 0.5, 0.3]
        assert [one.near for one in store.near_misses("", since=since, limit=9, organisation="01")] == [0.5]
        assert [one.near for one in store.near_misses("", since="2026-11-22T03:00:00.000Z", limit=1)] == [0.8]
        assert store.near_misses("demo-1", since=since, limit=9) == []

    def test_old_levels_are_forgotten(self, store: AlertStore) -> None:
        store.put_levels(found_levels(level("19", 7), level("19", 8)))
        assert store.forget_levels("2026-11-22T08:00:00.000Z") == 1
        assert len(store.levels("", "19", until="2027", limit=9)) == 1

    def test_what_is_held_back_is_kept_apart_and_sent_to_nobody(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "test", NOW)
        held = finding(1, state=AlertState.HELD_BACK, reason="held_back", held_back="catch_up")
        ended = finding(2, state=AlertState.RESOLVED, reason="resolved", held_back="few_voices")
        changes = store.apply(found(held, ended), NOW)
        assert [change.kind for change in changes] == [ChangeKind.HELD_BACK] * 2
        assert store.alerts(limit=9) == []
        assert [one.finding for one in store.alerts(limit=9, state=AlertState.HELD_BACK)] == [ended, held]
        assert store.after(0, 9, kinds=ALERT_KINDS) == []
        assert store.deliveries(held.id) == store.deliveries(ended.id) == []
        assert store.mark_stale(NOW + timedelta(days=90), timedelta(days=1)) == []

    def test_a_spike_that_is_let_go_is_an_alert_like_any_other(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "test", NOW)
        held = finding(1, state=AlertState.HELD_BACK, reason="held_back", held_back="catch_up")
        store.apply(found(held, finding(1, 2, reason="fired")), NOW)
        assert [one.revision for one in store.alerts(limit=9)] == [2]
        assert [one.revision for one in store.deliveries(held.id)] == [2]
        assert store.alerts(limit=9, state=AlertState.HELD_BACK) == []

    def test_an_empty_store_has_nothing(self, store: AlertStore) -> None:
        assert store.latest() == 0
        assert store.after(0, 10) == []
        assert store.places() == {}
        assert store.alerts(limit=10) == []
        assert store.alert("0" * 32) is None
        assert store.due(NOW, 10) == []
        assert store.next_due() is None
        assert store.receivers() == []
        assert store.tokens() == []
        assert store.counts() == dict.fromkeys(Outcome, 0)

    def test_a_finding_becomes_an_alert_and_a_change(self, store: AlertStore) -> None:
        (change,) = store.apply(found(excerpt(), finding()), NOW)
        assert (change.sequence, change.at, change.actor, change.kind) == (1, NOW, "watch", ChangeKind.FIRED)
        assert (change.run, change.alert_id, change.revision) == ("", finding().id, 1)
        assert change.body == canonical(finding())
        assert store.after(0, 10) == [change]
        history = store.alert(finding().id)
        assert history is not None
        assert history.alert == change.alert()
        assert list(history.excerpts) == [excerpt()]
        assert list(history.changes) == [change]

    def test_nothing_taken_changes_nothing(self, store: AlertStore) -> None:
        assert store.apply([], NOW) == []
        assert store.latest() == 0

    def test_what_is_taken_again_changes_nothing(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        batch = found(excerpt(), finding(), finding(2))
        assert len(store.apply(batch, NOW)) == 2
        assert store.apply(batch, NOW + MINUTE) == []
        assert store.apply(batch + batch, NOW + MINUTE) == []
        assert store.latest() == 3
        assert len(store.deliveries(finding().id)) == 1

    def test_only_a_greater_revision_is_applied(self, store: AlertStore) -> None:
        made = store.apply(found(finding(revision=3), finding(revision=1), finding(revision=2)), NOW)
        assert [change.revision for change in made] == [3]
        made = store.apply(found(finding(revision=2), finding(revision=5), finding(revision=4)), NOW)
        assert [change.revision for change in made] == [5]
        (alert,) = store.alerts(limit=10)
        assert alert.revision == 5

    def test_any_order_and_cut_of_revisions_ends_at_the_greatest(self, store: AlertStore) -> None:
        runs = itertools.count()

        @given(order=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4)), max_size=12), cut=st.integers(0, 12))
        @settings(max_examples=25, deadline=None)
        def check(order: list[tuple[int, int]], cut: int) -> None:
            run = f"run-{next(runs)}"
            batch = found(*(finding(number, revision) for number, revision in order), run=run)
            made = store.apply(batch[:cut], NOW) + store.apply(batch[cut:], NOW) + store.apply(batch, NOW)
            greatest = {f"{number:032x}": max(r for n, r in order if n == number) for number, _ in order}
            assert {alert.id: alert.revision for alert in store.alerts(limit=10, run=run)} == greatest
            for id_ in greatest:
                seen = [change.revision for change in made if change.alert_id == id_]
                assert seen == sorted(set(seen))

        check()

    def test_the_kind_of_change_is_the_findings_reason(self, store: AlertStore) -> None:
        revisions = [
            finding(revision=1),
            finding(revision=2, reason="escalated"),
            finding(revision=3, reason="something later"),
            finding(revision=4, reason="resolved", state=AlertState.RESOLVED),
        ]
        made = store.apply(found(*revisions), NOW)
        assert [change.kind for change in made] == ["fired", "escalated", "updated", "resolved"]

    def test_runs_keep_the_same_alert_apart(self, store: AlertStore) -> None:
        store.apply(found(excerpt(title="diễn tập"), finding(observed=9), run="demo-1"), NOW)
        store.apply(found(excerpt(), finding()), NOW)
        assert {alert.run for alert in store.alerts(limit=10)} == {"", "demo-1"}
        assert [alert.finding.observed for alert in store.alerts(limit=10, run="demo-1")] == [9]
        live, demo = store.alert(finding().id), store.alert(finding().id, "demo-1")
        assert live is not None
        assert demo is not None
        assert (live.alert.run, demo.alert.run) == ("", "demo-1")
        assert [one.title for one in demo.excerpts] == ["diễn tập"]
        assert store.alert(finding().id, "demo-2") is None

    def test_without_a_live_one_the_run_last_heard_of_is_meant(self, store: AlertStore) -> None:
        for run in ("demo-2", "demo-1"):
            store.apply(found(finding(), run=run), NOW)
        history = store.alert(finding().id)
        assert history is not None
        assert history.alert.run == "demo-1"

    def test_places_only_grow(self, store: AlertStore) -> None:
        store.apply([Found(Place("findings", 0, 7), finding()), Found(Place("excerpts", 2, 5), excerpt())], NOW)
        store.apply([Found(Place("findings", 0, 3), finding(2)), Found(Place("findings", 1, 0), finding(3))], NOW)
        assert store.places() == {("findings", 0): 7, ("excerpts", 2): 5, ("findings", 1): 0}

    def test_an_excerpt_alone_moves_the_place_but_is_no_change(self, store: AlertStore) -> None:
        assert store.apply(found(excerpt(), offset=4), NOW) == []
        assert store.places() == {("excerpts", 0): 4}

    def test_ten_thousand_changes_are_paged_without_gap(self, store: AlertStore) -> None:
        for start in range(0, 10_000, 2_500):
            store.apply(found(*(finding(number) for number in range(start, start + 2_500)), offset=start), NOW)
        seen: list[int] = []
        while page := store.after(seen[-1] if seen else 0, 999):
            seen += [change.sequence for change in page]
        assert seen == list(range(1, 10_001))
        assert store.latest() == 10_000

    def test_absurd_cursors_and_limits_are_answered(self, store: AlertStore) -> None:
        store.apply(found(finding()), NOW)
        assert len(store.after(-5, 10)) == 1
        assert store.after(2**80, 10) == []
        assert store.after(0, -1) == []
        assert store.after(0, 0) == []
        assert len(store.after(0, 2**80)) == 1
        assert store.alerts(limit=-1) == []
        assert store.due(NOW, -1) == []

    def test_the_log_can_be_read_by_kind(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        store.apply(found(finding()), NOW)
        assert [change.kind for change in store.after(0, 10)] == ["receiver_put", "fired"]
        assert [change.sequence for change in store.after(0, 10, kinds=ALERT_KINDS)] == [2]
        assert store.after(0, 10, kinds=()) == []

    def test_a_change_that_is_no_alerts_has_no_alert(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        (change,) = store.after(0, 1)
        assert change.alert() is None

    def test_threads_get_dense_numbers(self, store: AlertStore) -> None:
        def write(worker: int) -> None:
            for number in range(20):
                store.apply(found(finding(worker * 100 + number), offset=worker * 100 + number), NOW)

        threads = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [change.sequence for change in store.after(0, 1000)] == list(range(1, 81))

    # Alerts

    def test_alerts_are_listed_newest_first_in_pages(self, store: AlertStore) -> None:
        store.apply(found(*(finding(number) for number in (3, 1, 5, 2, 4))), NOW)
        store.apply(found(finding(1, 2)), NOW)
        first = store.alerts(limit=2)
        second = store.alerts(limit=2, before=first[-1].place)
        third = store.alerts(limit=2, before=second[-1].place)
        assert [int(alert.id, 16) for alert in first + second + third] == [5, 4, 3, 2, 1]
        assert store.alerts(limit=2, before=third[-1].place) == []

    def test_alerts_are_chosen_by_state_run_and_organisation(self, store: AlertStore) -> None:
        ended = finding(3, state=AlertState.RESOLVED, reason="resolved")
        store.apply(found(finding(1), finding(2, organisation="24"), ended), NOW)
        store.apply(found(finding(4), run="demo"), NOW)

        def numbers(
            state: AlertState | None = None, run: str | None = None, organisation: str | None = None
        ) -> list[int]:
            chosen = store.alerts(limit=10, state=state, run=run, organisation=organisation)
            return [int(alert.id, 16) for alert in chosen]

        assert numbers() == [4, 3, 2, 1]
        assert numbers(state=AlertState.RESOLVED) == [3]
        assert numbers(run="") == [3, 2, 1]
        assert numbers(organisation="24") == [2]
        assert numbers(organisation="19", run="", state=AlertState.FIRING) == [1]
        assert numbers(organisation="' OR 1=1 --") == []

    def test_silence_makes_a_firing_alert_stale_once_and_a_finding_takes_it_back(self, store: AlertStore) -> None:
        ended = finding(2, state=AlertState.RESOLVED, reason="resolved")
        store.apply(found(finding(1), ended), NOW)
        patience = timedelta(hours=1)
        assert store.mark_stale(NOW + patience, patience) == []
        (change,) = store.mark_stale(NOW + patience + MINUTE, patience)
        assert (change.kind, change.actor, change.alert_id) == (ChangeKind.STALE, "system", finding(1).id)
        assert store.mark_stale(NOW + 5 * patience, patience) == []
        assert [alert.stale for alert in store.alerts(limit=10)] == [False, True]
        assert change.alert() == store.alerts(limit=10)[1]
        store.apply(found(finding(1, 2)), NOW + 6 * patience)
        assert [alert.stale for alert in store.alerts(limit=10)] == [False, False]

    # Texts

    def test_texts_are_found_by_source_and_id(self, store: AlertStore) -> None:
        other = excerpt(name="Báo B", title="một bài khác cùng số")
        store.apply(found(excerpt(), other), NOW)
        shown = Representative("m1", "news", "Báo B", "", 1)
        missing = Representative("m9", "news", "Báo B", "", 1)
        assert list(store.excerpts("", [missing, shown])) == [other]
        assert list(store.excerpts("demo", [shown])) == []

    def test_the_first_text_of_a_mention_stays(self, store: AlertStore) -> None:
        store.apply(found(excerpt()), NOW)
        store.apply(found(excerpt(title="đã sửa")), NOW)
        assert list(store.excerpts("", finding().representatives)) == [excerpt()]

    def test_erased_texts_go_in_every_run_and_do_not_come_back(self, store: AlertStore) -> None:
        store.apply(found(excerpt(), finding()), NOW)
        store.apply(found(excerpt(), finding(), run="demo"), NOW)
        assert store.erase([("news", "Báo A", "m1"), ("news", "Báo A", "m2")], "admin", NOW) == 2
        store.apply(found(excerpt(), offset=50), NOW)
        store.apply(found(excerpt("m2"), offset=51), NOW)
        history = store.alert(finding().id)
        assert history is not None
        assert list(history.excerpts) == []
        assert history.alert.finding == finding()
        change = store.after(0, 10)[-1]
        assert (change.kind, change.actor) == (ChangeKind.ERASED, "admin")
        assert "Nước" not in change.body.decode()
        assert store.erase([], "admin", NOW) == 0

    def test_a_mention_is_erased_by_its_id_at_any_source_and_by_its_address(self, store: AlertStore) -> None:
        other = excerpt("m2", name="Báo B")
        store.apply(found(excerpt(), other, finding()), NOW)
        assert store.erase([by_id("m1")], "admin", NOW) == 1
        assert store.erase([by_url(other.url)], "admin", NOW) == 1
        assert store.erase([by_url("https://example.vn/nowhere")], "admin", NOW) == 0
        again = msgspec.structs.replace(excerpt("m3", name="Báo C"), url=other.url)
        store.apply(found(excerpt(name="Báo D"), other, again, offset=50), NOW)
        shown = [
            Representative(one.id, "news", one.source_name, "", 1) for one in (excerpt(name="Báo D"), other, again)
        ]
        assert list(store.excerpts("", shown)) == []
        bodies = [json.loads(change.body) for change in store.after(0, 10) if change.kind is ChangeKind.ERASED]
        assert [(body["texts"], [one["id"] for one in body["mentions"]]) for body in bodies] == [
            (1, ["m1"]), (1, ["m2"]), (0, []),
        ]  # fmt: skip
        assert not any(
            b"example.vn" in change.body for change in store.after(0, 10) if change.kind is ChangeKind.ERASED
        )

    def test_who_was_shown_an_erased_mention_is_told_and_nobody_else(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        for name, organisations in (("deaf", ()), ("north", ("24",))):
            receiver = Receiver(name, f"https://{name}.example.vn", organisations=organisations)
            store.put_receiver(receiver, "admin", NOW)
        store.apply(found(excerpt(), finding()), NOW)
        store.apply(found(finding(revision=2, representatives=()), offset=10), NOW)
        store.record_attempts([attempt(one.delivery.id, one.delivery.claim, Verdict.DONE) for one in store.due(NOW, 9)])
        store.erase([("news", "Báo A", "m1")], "admin", NOW, tell=[OFFICE.name, "north"])
        (due,) = store.due(NOW, 9)
        assert (due.receiver.name, due.alert, list(due.excerpts)) == (OFFICE.name, None, [])
        assert due.change.kind is ChangeKind.ERASED
        assert store.record_attempts([attempt(due.delivery.id, due.delivery.claim, Verdict.DONE)]) == [True]
        store.erase([("news", "Báo A", "m7")], "admin", NOW, tell=[OFFICE.name])
        assert store.due(NOW, 9) == []

    def test_texts_are_forgotten_with_age_unless_a_firing_alert_shows_them(self, store: AlertStore) -> None:
        ended = finding(2, state=AlertState.RESOLVED, reason="resolved", representatives=())
        store.apply(found(excerpt("m1"), excerpt("m5"), finding(1), ended), NOW)
        assert store.forget_texts(NOW) == 0
        assert store.forget_texts(NOW + MINUTE) == 1
        assert list(store.excerpts("", finding(1).representatives)) == [excerpt("m1")]
        store.apply(found(finding(1, 2, state=AlertState.RESOLVED, reason="resolved"), offset=60), NOW)
        assert store.forget_texts(NOW + MINUTE) == 1
        assert store.forget_texts(NOW + MINUTE) == 0

    # Receivers and deliveries

    def test_a_receiver_put_twice_is_one_change_without_its_secrets(self, store: AlertStore) -> None:
        assert store.put_receiver(OFFICE, "admin", NOW) == OFFICE
        assert store.put_receiver(OFFICE, "admin", NOW) == OFFICE
        (change,) = store.after(0, 10)
        assert (change.kind, change.actor, change.alert_id) == (ChangeKind.RECEIVER_PUT, "admin", "")
        assert b"hidden" not in change.body
        assert b"env:OFFICE" not in change.body
        assert store.receivers() == [OFFICE]

    def test_every_revision_is_queued_for_who_wants_it_and_nobody_else(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        store.put_receiver(Receiver("north", "https://n.example.vn", organisations=("24",)), "admin", NOW)
        store.put_receiver(Receiver("off", "https://o.example.vn", enabled=False), "admin", NOW)
        store.apply(found(finding(), finding(revision=2)), NOW)
        queued = store.deliveries(finding().id)
        assert [(one.receiver, one.revision, one.outcome) for one in queued] == [
            ("office", 1, Outcome.PENDING),
            ("office", 2, Outcome.PENDING),
        ]
        assert len({one.id for one in queued}) == 2
        assert store.counts()[Outcome.PENDING] == 2
        assert store.next_due() == NOW

    def test_drills_reach_only_who_asks_for_them(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        store.put_receiver(Receiver("trainer", "https://t.example.vn", drills=True), "admin", NOW)
        store.apply(found(finding(), run="demo-1"), NOW)
        assert [one.receiver for one in store.deliveries(finding().id, "demo-1")] == ["trainer"]

    def test_old_news_is_kept_but_not_sent(self, store: AlertStore) -> None:
        store.put_receiver(msgspec.structs.replace(OFFICE, drills=True), "admin", NOW)
        later = NOW + timedelta(days=6)
        assert len(store.apply(found(finding(1)), later, oldest=OLDEST)) == 1
        assert len(store.apply(found(finding(1), run="demo-1"), later, oldest=OLDEST)) == 1
        assert len(store.apply(found(finding(2), offset=1), NOW + timedelta(days=4), oldest=OLDEST)) == 1
        assert len(store.apply(found(finding(3), offset=2), later)) == 1
        assert store.deliveries(finding(1).id) == []
        assert len(store.deliveries(finding(1).id, "demo-1")) == 1
        assert len(store.deliveries(finding(2).id)) == 1
        assert len(store.deliveries(finding(3).id)) == 1

    def test_who_was_told_of_a_beginning_is_told_of_the_end(self, store: AlertStore) -> None:
        grave = Receiver("grave", "https://g.example.vn", min_severity=Severity.SERIOUS)
        store.put_receiver(grave, "admin", NOW)
        store.apply(found(finding(), finding(2, severity=Severity.NOTICE)), NOW)
        mild: dict[str, Any] = {"severity": Severity.NOTICE, "state": AlertState.RESOLVED, "reason": "resolved"}
        store.apply(found(finding(revision=2, **mild), finding(2, 2, **mild)), NOW)
        assert [one.revision for one in store.deliveries(finding().id)] == [1, 2]
        assert store.deliveries(finding(2).id) == []

    def test_what_is_due_is_claimed_with_its_contents(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        store.apply(found(excerpt(), finding(), finding(revision=2)), NOW)
        first, second = store.due(NOW, 10)
        assert (first.delivery.revision, second.delivery.revision) == (1, 2)
        assert first.alert is not None
        assert first.alert.finding == finding()
        assert list(first.excerpts) == [excerpt()]
        assert first.receiver == OFFICE
        assert first.delivery.claim == 1
        assert store.due(NOW, 10) == []
        assert store.next_due() == first.delivery.due_at

    def test_a_lease_that_lapses_is_taken_over_under_a_new_claim(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        store.apply(found(finding()), NOW)
        (one,) = store.due(NOW, 10, timedelta(seconds=10))
        assert claims(store, NOW + timedelta(seconds=9)) == []
        ((id_, claim),) = claims(store, NOW + timedelta(seconds=10))
        assert (id_, claim) == (one.delivery.id, 2)

    def test_the_oldest_due_comes_first_and_the_limit_holds(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        store.apply(found(finding(1)), NOW + MINUTE)
        store.apply(found(finding(2), offset=1), NOW)
        store.apply(found(finding(3), offset=2), NOW + 9 * MINUTE)
        (first,) = store.due(NOW + 2 * MINUTE, 1)
        (second,) = store.due(NOW + 2 * MINUTE, 5)
        assert [int(one.delivery.alert_id, 16) for one in (first, second)] == [2, 1]

    def test_no_more_is_claimed_for_a_receiver_than_there_is_room_for(self, store: AlertStore) -> None:
        names = ("dead", "full", "office")
        for name in names:
            store.put_receiver(Receiver(name, "https://office.example.vn"), "admin", NOW)
        for number in range(1, 8):
            store.apply(found(finding(number), offset=number), NOW + number * MINUTE)
        later = NOW + 9 * MINUTE
        taken = store.due(later, 9, room={"dead": 2, "full": 0})
        assert [one.receiver.name for one in taken].count("dead") == 2
        assert [one.receiver.name for one in taken].count("office") == 7
        assert [one.delivery.sequence for one in taken] == sorted(one.delivery.sequence for one in taken)
        assert {int(one.delivery.alert_id, 16) for one in taken if one.receiver.name == "dead"} == {1, 2}
        assert store.due(later, 9, room={"dead": 0, "full": -1}) == []
        assert store.next_due() == store.next_due(without=["dead"]) == NOW + MINUTE
        assert store.next_due(without=["full"]) == NOW + 3 * MINUTE
        assert len(store.due(later, 3, room={"dead": 9, "full": 9, "nobody": 1})) == 3
        assert len(store.due(later, 99)) == 9

    def test_a_delivered_one_is_done_and_its_attempt_kept(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        store.apply(found(finding()), NOW)
        ((id_, claim),) = claims(store)
        made = attempt(id_, claim)
        assert store.record_attempts([made]) == [True]
        (one,) = store.deliveries(finding().id)
        assert (one.outcome, one.attempts, one.due_at) == (Outcome.DELIVERED, 1, None)
        assert one.settled_at == made.at + timedelta(seconds=0.25)
        assert store.attempts(id_) == [made]
        assert store.counts()[Outcome.DELIVERED] == 1
        assert store.next_due() is None
        assert claims(store, NOW + timedelta(days=9)) == []

    def test_a_failed_one_waits_for_its_time(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        store.apply(found(finding()), NOW)
        ((id_, claim),) = claims(store)
        assert store.record_attempts([attempt(id_, claim, Verdict.RETRY, reason="timeout", status=None)]) == [True]
        assert store.next_due() == NOW + 5 * MINUTE
        assert claims(store, NOW + 4 * MINUTE) == []
        assert claims(store, NOW + 5 * MINUTE) == [(id_, 2)]
        (one,) = store.deliveries(finding().id)
        assert (one.outcome, one.attempts, one.reason) == (Outcome.PENDING, 1, "timeout")

    def test_a_retry_without_a_time_is_refused_and_nothing_written(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        store.apply(found(finding(), finding(2)), NOW)
        (one, first), (two, second) = claims(store)
        with pytest.raises(ValueError, match="does not say when"):
            store.record_attempts([attempt(one, first), attempt(two, second, Verdict.RETRY, due_at=None)])
        assert store.attempts(one) == []
        assert store.counts()[Outcome.PENDING] == 2

    def test_a_dead_one_is_told_in_the_log(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        store.apply(found(finding()), NOW)
        ((id_, claim),) = claims(store)
        store.record_attempts([attempt(id_, claim, Verdict.DEAD, reason="refused", status=404)])
        change = store.after(0, 10)[-1]
        assert (change.kind, change.actor, change.alert_id) == (ChangeKind.DELIVERY_DEAD, "system", finding().id)
        assert msgspec.json.decode(change.body) == {"delivery": id_, "reason": "refused", "receiver": "office"}
        assert store.counts()[Outcome.DEAD] == 1
        history = store.alert(finding().id)
        assert history is not None
        assert [one.kind for one in history.changes] == ["fired", "delivery_dead"]

    def test_who_has_gone_is_disabled_and_what_waits_stays(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        store.apply(found(finding(), finding(2)), NOW)
        (id_, claim), _ = claims(store)
        store.record_attempts([attempt(id_, claim, Verdict.GONE, reason="gone", status=410)])
        (office,) = store.receivers()
        assert office.disabled == "gone"
        assert store.due(NOW + timedelta(hours=1), 10) == []
        assert store.next_due() is None
        store.apply(found(finding(3), offset=9), NOW)
        assert store.deliveries(finding(3).id) == []
        assert store.put_receiver(OFFICE, "admin", NOW).disabled == "gone"
        assert store.enable_receiver("office", "admin", NOW) == OFFICE
        assert len(store.due(NOW + timedelta(hours=1), 10)) == 1

    def test_a_new_address_opens_a_disabled_receiver(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        assert store.disable_receiver("office", "paused", "admin", NOW).disabled == "paused"
        moved = msgspec.structs.replace(OFFICE, url="https://new.example.vn")
        assert store.put_receiver(moved, "admin", NOW) == moved
        kinds = [change.kind for change in store.after(0, 10)]
        assert kinds == ["receiver_put", "receiver_disabled", "receiver_put"]

    def test_an_unknown_receiver_is_refused(self, store: AlertStore) -> None:
        with pytest.raises(UnknownReceiverError, match="'nobody'"):
            store.enable_receiver("nobody", "admin", NOW)
        with pytest.raises(UnknownReceiverError):
            store.disable_receiver("nobody", "x", "admin", NOW)

    def test_an_outdated_claim_counts_only_if_it_was_delivered(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        store.apply(found(finding()), NOW)
        ((id_, old),) = claims(store)
        ((_, new),) = claims(store, NOW + timedelta(hours=1))
        assert store.record_attempts([attempt(id_, old, Verdict.DEAD)]) == [False]
        assert store.record_attempts([attempt(id_, old, Verdict.DONE)]) == [True]
        assert store.record_attempts([attempt(id_, new, Verdict.RETRY)]) == [False]
        assert store.counts()[Outcome.DELIVERED] == 1
        assert [one.claim for one in store.attempts(id_)] == [old, old, new]

    def test_attempts_of_unknown_deliveries_are_let_go(self, store: AlertStore) -> None:
        assert store.record_attempts([attempt("msg_unknown", 1)]) == [False]
        assert store.record_attempts([]) == []
        assert store.attempts("msg_unknown") == []

    def test_two_senders_never_hold_the_same_delivery(self, store: AlertStore) -> None:
        store.put_receiver(OFFICE, "admin", NOW)
        store.apply(found(*(finding(number) for number in range(60))), NOW)
        taken: list[str] = []

        def send() -> None:
            while batch := store.due(NOW, 7):
                taken.extend(one.delivery.id for one in batch)

        threads = [threading.Thread(target=send) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == 60
        assert len(set(taken)) == 60

    # Tokens

    def test_a_token_is_known_by_its_hash_until_revoked(self, store: AlertStore) -> None:
        digest = hashlib.sha256(b"secret").digest()
        scopes = {Scope.PUBLISH, Scope.READ}
        token = store.create_token("collector", digest, scopes, "admin", NOW, sources=["Báo A"])
        assert token.scopes == scopes
        assert token.sources == frozenset({"Báo A"})
        assert store.authenticate(digest) == token
        assert store.authenticate(hashlib.sha256(b"other").digest()) is None
        assert store.authenticate(b"") is None
        revoked = store.revoke_token("collector", "admin", NOW + MINUTE)
        assert revoked.revoked_at == NOW + MINUTE
        assert store.revoke_token("collector", "admin", NOW + 2 * MINUTE) == revoked
        assert store.authenticate(digest) is None
        assert store.tokens() == [revoked]
        assert [change.kind for change in store.after(0, 10)] == ["token_created", "token_revoked"]
        assert all(digest.hex() not in change.body.decode() for change in store.after(0, 10))

    def test_a_token_without_sources_may_publish_as_any(self, store: AlertStore) -> None:
        assert store.create_token("page", b"1" * 32, [Scope.READ], "system", NOW).sources is None
        assert store.create_token("none", b"2" * 32, [Scope.READ], "system", NOW, sources=()).sources == frozenset()
        assert [token.name for token in store.tokens()] == ["none", "page"]

    def test_a_tokens_name_is_used_once(self, store: AlertStore) -> None:
        store.create_token("page", b"1" * 32, [Scope.READ], "system", NOW)
        with pytest.raises(TokenExistsError, match="'page'"):
            store.create_token("page", b"2" * 32, [Scope.ACT], "system", NOW)
        with pytest.raises(UnknownTokenError):
            store.revoke_token("nobody", "system", NOW)

    # Times

    def test_times_keep_their_instant(self, store: AlertStore) -> None:
        elsewhere = datetime.fromisoformat("2026-11-22T14:05:00.123456+07:00")
        store.apply(found(finding()), elsewhere)
        assert store.after(0, 1)[0].at == elsewhere
        assert store.alerts(limit=1)[0].at.utcoffset() in {timedelta(0), timedelta(hours=7)}

    # Incidents

    def test_alerts_are_grouped_once_whoever_asks(self, store: AlertStore) -> None:
        store.apply(found(finding(1), finding(2), finding(3, organisation="01", words=("x",))), NOW)
        made = store.group_alerts(NOW, 100, parents={})
        assert [change.kind for change in made] == [ChangeKind.INCIDENT_OPENED] * len(store.incidents(limit=9))
        assert store.group_alerts(NOW, 100, parents={}) == []
        assert [change.sequence for change in store.after(0, 100)] == list(range(1, store.latest() + 1))

    def test_grouping_piece_by_piece_leaves_nothing_out(self, store: AlertStore) -> None:
        store.apply(found(*(finding(n, organisation=f"{n}", words=(), representatives=()) for n in range(1, 8))), NOW)
        while store.group_alerts(NOW, 2, parents={}):
            pass
        assert len(store.incidents(limit=100)) == 7
        assert all(store.incident_of(finding(n).id) for n in range(1, 8))

    def test_runs_are_grouped_apart(self, store: AlertStore) -> None:
        store.apply([*found(finding(1)), *found(finding(1), run="demo")], NOW)
        store.group_alerts(NOW, 100, parents={})
        assert {one.run for one in store.incidents(limit=9)} == {"", "demo"}
        (live,) = store.incidents(limit=9, run="")
        history = store.incident(live.id)
        assert history is not None
        assert [alert.run for alert in history.alerts] == [""]

    def test_an_incident_is_over_when_it_has_been_quiet(self, store: AlertStore) -> None:
        ended = finding(1, 2, state=AlertState.RESOLVED, reason="resolved")
        store.apply(found(finding(1), ended), NOW)
        store.group_alerts(NOW, 100, parents={})
        assert store.settle_incidents(NOW) == []
        (change,) = store.settle_incidents(NOW + 60 * MINUTE)
        assert change.kind is ChangeKind.INCIDENT_RESOLVED
        (incident,) = store.incidents(limit=9, state=IncidentState.RESOLVED)
        assert store.settle_incidents(NOW + 90 * MINUTE) == []
        assert store.incidents(limit=9, state=IncidentState.OPEN) == []
        assert change.alert_id == incident.id

    def test_what_people_do_is_kept_with_who_did_it(self, store: AlertStore) -> None:
        store.apply(found(finding(1)), NOW)
        store.group_alerts(NOW, 100, parents={})
        (incident,) = store.incidents(limit=9)
        assert store.act(incident.id, Acknowledge(), "officer", NOW).acknowledged_by == "officer"
        store.act(incident.id, Note("đã gọi"), "officer", NOW)
        history = store.incident(incident.id)
        assert history is not None
        assert history.incident.acknowledged_by == "officer"
        assert [change.actor for change in history.changes] == ["system", "officer", "officer"]

    def test_an_unknown_incident_is_refused(self, store: AlertStore) -> None:
        with pytest.raises(UnknownIncidentError):
            store.act("f" * 32, Acknowledge(), "officer", NOW)
        assert store.incident("f" * 32) is None
        assert store.incident_of("f" * 32) is None

    def test_a_refused_act_changes_nothing(self, store: AlertStore) -> None:
        store.apply(found(finding(1)), NOW)
        store.group_alerts(NOW, 100, parents={})
        (incident,) = store.incidents(limit=9)
        before = store.latest()
        with pytest.raises(IncidentRefusedError):
            store.act(incident.id, Merge(incident.id), "officer", NOW)
        assert (store.latest(), store.incidents(limit=9)) == (before, [incident])
