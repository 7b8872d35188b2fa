"""The store in memory and the one on SQLite answer alike, whatever is done to them in whatever order."""

import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.erasing import by_id
from alerts.errors import AlertsError
from alerts.incidents.grouping import GroupingPolicy
from alerts.incidents.handling import Acknowledge, Merge, Note, Reopen, Resolve, Split
from alerts.incidents.handling import Act as IncidentAct
from alerts.incidents.model import IncidentState
from alerts.model import ALERT_KINDS, AlertState, Severity
from alerts.ports import Found
from alerts.receiving import Receiver, Scope, Verdict
from alerts.store import AlertStore, open_store
from tests.contracts.store_contract import NOW, attempt, excerpt, finding, found

#: Something that is done to a store at a minute; its answer is compared.
Act = Callable[[AlertStore, int], object]

_names = st.sampled_from(["a", "b"])
_runs = st.sampled_from(["", "demo"])


def _batch(records: list[tuple[int, int, bool, bool, str]]) -> list[Found]:
    batch: list[Found] = []
    for number, revision, ended, mild, run in records:
        state = AlertState.RESOLVED if ended else AlertState.FIRING
        severity = Severity.NOTICE if mild else Severity.SERIOUS
        one = finding(number, revision, state=state, severity=severity, organisation=str(number % 2))
        batch += found(excerpt(f"m{revision}"), one, run=run, offset=len(batch))
    return batch


def _apply(batch: list[Found]) -> Act:
    return lambda store, minute: store.apply(batch, NOW + timedelta(minutes=minute))


def _put(name: str, url: str, organisations: tuple[str, ...], mildest: Severity, drills: bool) -> Act:  # noqa: FBT001 - drawn
    receiver = Receiver(name, f"https://{url}.example.vn", "", organisations, (), mildest, drills)
    return lambda store, minute: store.put_receiver(receiver, "admin", NOW + timedelta(minutes=minute))


def _switch(name: str, reason: str) -> Act:
    def act(store: AlertStore, minute: int) -> object:
        now = NOW + timedelta(minutes=minute)
        if reason:
            return store.disable_receiver(name, reason, "admin", now)
        return store.enable_receiver(name, "admin", now)

    return act


def _send(limit: int, verdicts: list[Verdict], late: int) -> Act:
    """Claim, and report on each what was drawn; with another claim if `late`."""

    def act(store: AlertStore, minute: int) -> object:
        now = NOW + timedelta(minutes=minute)
        due = store.due(now, limit)
        tries = [
            attempt(one.delivery.id, one.delivery.claim - late, verdict, at=now)
            for one, verdict in zip(due, verdicts, strict=False)
        ]
        return due, store.record_attempts(tries)

    return act


def _erase(ids: list[str]) -> Act:
    named = [by_id(id_[1:]) if id_.startswith("*") else ("news", "Báo A", id_) for id_ in ids]
    return lambda store, minute: store.erase(named, "admin", NOW + timedelta(minutes=minute), tell=["a"])


def _forget(minutes: int) -> Act:
    return lambda store, minute: store.forget_texts(NOW + timedelta(minutes=minute - minutes))


def _group(limit: int, calm: int) -> Act:
    """Group some of what is new, then call over what is quiet."""
    policy = GroupingPolicy(calm=timedelta(minutes=calm), reopen=timedelta(minutes=5))

    def act(store: AlertStore, minute: int) -> object:
        now = NOW + timedelta(minutes=minute)
        grouped = store.group_alerts(now, limit, parents={"1": "0"}, policy=policy)
        return grouped, store.settle_incidents(now, policy=policy)

    return act


def _handle(place: int, other: int, name: str) -> Act:
    """Do something with one of the newest incidents."""

    def act(store: AlertStore, minute: int) -> object:
        now = NOW + timedelta(minutes=minute)
        newest = store.incidents(limit=5)
        if not newest:
            return None
        incident, second = newest[place % len(newest)], newest[other % len(newest)]
        acts: dict[str, IncidentAct] = {
            "acknowledge": Acknowledge(),
            "resolve": Resolve("quiet"),
            "reopen": Reopen(),
            "note": Note("seen"),
            "merge": Merge(second.id),
            "split": Split(tuple(sorted(incident.members))[: 1 + other]),
        }
        return store.act(incident.id, acts[name], "officer", now, run=incident.run)

    return act


def _stale(minutes: int) -> Act:
    return lambda store, minute: store.mark_stale(NOW + timedelta(minutes=minute), timedelta(minutes=minutes))


def _token(name: str, revoked: bool) -> Act:  # noqa: FBT001 - drawn
    def act(store: AlertStore, minute: int) -> object:
        now = NOW + timedelta(minutes=minute)
        if revoked:
            return store.revoke_token(name, "admin", now)
        return store.create_token(name, name.encode() * 32, [Scope.READ], "admin", now)

    return act


_records = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4), st.booleans(), st.booleans(), _runs), max_size=4)
_acts = st.one_of(
    _records.map(_batch).map(_apply),
    st.builds(_put, _names, _names, st.sampled_from([(), ("1",)]), st.sampled_from(list(Severity)[:3]), st.booleans()),
    st.builds(_switch, _names, st.sampled_from(["", "paused"])),
    st.builds(_send, st.integers(0, 4), st.lists(st.sampled_from(list(Verdict)), max_size=4), st.integers(0, 1)),
    st.lists(st.sampled_from(["m1", "m2", "m3", "*m2"]), max_size=2).map(_erase),
    st.integers(0, 5).map(_forget),
    st.integers(0, 5).map(_stale),
    st.builds(_group, st.sampled_from([1, 2, 100]), st.integers(0, 2)),
    st.builds(
        _handle,
        st.integers(0, 2),
        st.integers(0, 2),
        st.sampled_from(["acknowledge", "resolve", "reopen", "note", "merge", "split"]),
    ),
    st.builds(_token, _names, st.booleans()),
)


def _answer(store: AlertStore, act: Act, minute: int) -> object:
    try:
        return act(store, minute)
    except AlertsError as error:
        return type(error), str(error)


def _everything(store: AlertStore) -> list[object]:
    """All that can be read from a store."""
    ids = [finding(number).id for number in range(4)]
    deliveries = [store.deliveries(id_, run) for id_ in ids for run in ("", "demo")]
    return [
        store.latest(),
        store.after(0, 1000),
        store.after(1, 3, kinds=ALERT_KINDS),
        store.places(),
        store.alerts(limit=100),
        store.alerts(limit=2, state=AlertState.FIRING, run="demo"),
        store.alerts(limit=2, organisation="1", before=("2026-11-22T00:00:02.000Z", "demo", ids[2])),
        [store.alert(id_, run) for id_ in ids for run in (None, "", "demo")],
        store.incidents(limit=100),
        store.incidents(limit=2, state=IncidentState.MERGED, run=""),
        store.incidents(limit=2, organisation="1"),
        [store.incident(one.id, one.run) for one in store.incidents(limit=100)],
        [store.incident_of(id_, run) for id_ in ids for run in ("", "demo")],
        store.receivers(),
        deliveries,
        [store.attempts(one.id) for some in deliveries for one in some],
        store.counts(),
        store.next_due(),
        store.tokens(),
        [store.authenticate(name.encode() * 32) for name in "ab"],
    ]


@cache
def _empty_file() -> bytes:
    """A new SQLite store's bytes: copying them is faster than migrating for every example."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new"
        open_store(f"sqlite:///{path}").close()
        return path.read_bytes()


@given(st.lists(_acts, max_size=12))
@settings(max_examples=60, deadline=None)
def test_both_stores_answer_alike(acts: list[Act]) -> None:
    memory = open_store("memory:")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "alerts.sqlite"
        path.write_bytes(_empty_file())
        _compare(acts, memory, f"sqlite:///{path}")


def _compare(acts: list[Act], memory: AlertStore, url: str) -> None:
    with closing(open_store(url)) as sqlite:
        for minute, act in enumerate(acts):
            assert _answer(memory, act, minute) == _answer(sqlite, act, minute)
        assert _everything(memory) == _everything(sqlite)
        assert [one.sequence for one in memory.after(0, 1000)] == list(range(1, memory.latest() + 1))
