"""Counts files: what is refused, where, and why; what is replayed."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.bank import Kind
from detectors.counts import CountsError, read_counts
from detectors.evaluate import CountAlert, replay
from detectors.policy import DEFAULT, Policy
from tests.detectors.series import ordinary

SHARED = Path(__file__).parents[3] / "shared"
NAB = SHARED / "data" / "nab"
SCORER = SHARED / "tools" / "nab_score.py"
HEADER = "organisation,window_start,mentions,negative\n"
START = datetime(2025, 9, 1, 0, 0, 7, tzinfo=UTC)


def line(name: str, place: int, negative: int, mentions: int | None = None, step: int = 5) -> str:
    start = START + timedelta(minutes=place * step)
    return f"{name},{start:%Y-%m-%dT%H:%M:%SZ},{negative if mentions is None else mentions},{negative}\n"


def crisis(name: str, days: int = 5, step: int = 5, *, keep_zeros: bool = True) -> list[str]:
    """A quiet series with a flood in its last hours."""
    counts = ordinary([0.5], days)[:, 0].reshape(-1, step).sum(axis=1)
    counts[-200 // step : -100 // step] += 40 * step
    return [line(name, place, int(n), step=step) for place, n in enumerate(counts) if n or keep_zeros]


def fired(lines: list[str], step: int = 5) -> list[CountAlert]:
    return list(replay(read_counts([HEADER, *lines], step), DEFAULT))


@pytest.mark.parametrize(
    ("rows", "number", "reason"),
    [
        (["A,2025-09-01T00:00:00Z,1\n"], 2, "4 columns"),
        ([",2025-09-01T00:00:00Z,1,1\n"], 2, "organisation needs"),
        (["x" * 300 + ",2025-09-01T00:00:00Z,1,1\n"], 2, "organisation needs"),
        (["A,2025-09-01T00:00:00,1,1\n"], 2, "offset"),
        (["A,yesterday,1,1\n"], 2, "offset"),
        (["A,2025-13-01T00:00:00Z,1,1\n"], 2, "offset"),
        (["A,0001-01-01T00:00:00+14:00,1,1\n"], 2, "offset"),
        (["A,1960-01-01T00:00:00Z,1,1\n"], 2, "between the years"),
        ([line("A", 0, 1), line("A", 1, -1, 3)], 3, "negative must be a whole number"),
        ([line("A", 0, 1), line("A", 1, 1, -3)], 3, "mentions must be a whole number"),
        (["A,2025-09-01T00:00:00Z,1.5,1\n"], 2, "mentions must be"),
        (["A,2025-09-01T00:00:00Z,nan,1\n"], 2, "mentions must be"),
        (["A,2025-09-01T00:00:00Z,²,1\n"], 2, "mentions must be"),
        (["A,2025-09-01T00:00:00Z,99999999999999999999,1\n"], 2, "mentions must be"),
        (["A,2025-09-01T00:00:00Z,1,2\n"], 2, r"negative \(2\) is more than mentions \(1\)"),
        ([line("A", 0, 1), line("B", 5, 1), line("A", 0, 1)], 4, "twice"),
        ([line("A", 3, 1), line("A", 1, 1)], 3, "before the row above"),
        ([line("A", 0, 1), line("A", 1, 1, step=7)], 3, "not a whole number of steps"),
        (['A,"2025-09-01T00:00:00Z,1,1\n'], 2, "no CSV"),
        (["A,2025-09-01T00:00:00Z,1,1\n", "A,2899-09-01T00:00:00Z,1,1\n"], 3, "windows after"),
    ],
)
def test_bad_rows_are_refused_with_line_and_reason(rows: list[str], number: int, reason: str) -> None:
    with pytest.raises(CountsError, match=reason) as caught:
        read_counts([HEADER, *rows], 5)
    assert caught.value.line == number


@pytest.mark.parametrize("lines", [[], ["a,b\n"], ["\n"], ["organisation;window_start;mentions;negative\n"]])
def test_another_header_is_refused(lines: list[str]) -> None:
    with pytest.raises(CountsError, match="line 1: the header must be"):
        read_counts(lines)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=5))
def test_rubbish_never_ends_in_another_error(lines: list[str]) -> None:
    try:
        read_counts([HEADER, *lines])
    except CountsError as error:
        assert error.line >= 1  # noqa: PT017 - either outcome is fine, another error is not


def test_organisations_far_apart_in_time_are_refused() -> None:
    counts = read_counts([HEADER, "A,1980-01-01T00:00:00Z,1,1\n", "B,2025-01-01T00:00:00Z,1,1\n"])
    with pytest.raises(CountsError, match="spans more than"):
        list(replay(counts, DEFAULT))


def test_an_empty_file_has_no_alerts() -> None:
    assert fired([]) == []


def test_an_alert_names_a_window_as_it_is_written() -> None:
    rows = crisis("Sở Y tế, A")
    quoted = [row.replace("Sở Y tế, A", '"Sở Y tế, A"').replace("Z,", "+00:00,") for row in rows]
    alerts = fired(quoted)
    assert alerts
    first = alerts[0]
    assert first.organisation == "Sở Y tế, A"
    assert any(row.startswith(f'"Sở Y tế, A",{first.window_start},{first.mentions},{first.observed}') for row in quoted)
    assert first.fired_at == datetime.fromisoformat(first.window_start) + timedelta(minutes=5)
    assert first.observed > first.expected
    assert first.decision.kind is Kind.FIRED


def test_missing_windows_are_zero() -> None:
    rim = line("rim", 0, 0)  # gives both files the same span
    assert len(crisis("A", keep_zeros=False)) < len(crisis("A"))
    assert fired([rim, *crisis("A", keep_zeros=False)]) == fired([rim, *crisis("A")])


def test_zeros_before_an_organisations_first_row_are_learned() -> None:
    late = [line("A", 1200 + place, 30) for place in range(12)]
    assert fired([line("rim", 0, 0), *late]), "four silent days make this a surprise"
    assert not fired(late), "alone it is all there is to learn from"


def test_organisations_may_be_mixed_or_follow_one_another() -> None:
    one, other = crisis("A"), crisis("B", days=4)
    following = fired([*one, *other])
    mixed = fired([row for pair in zip(one, other, strict=False) for row in pair] + one[len(other) :])
    assert following == mixed
    assert {alert.organisation for alert in following} == {"A", "B"}


def test_others_in_the_file_do_not_change_an_organisations_alerts() -> None:
    alone = fired(crisis("A"))
    beside = [alert for alert in fired([*crisis("A"), *crisis("B", days=3)]) if alert.organisation == "A"]
    assert [(a.window_start, a.expected) for a in alone] == [(a.window_start, a.expected) for a in beside]


def test_changes_come_only_when_asked() -> None:
    counts = read_counts([HEADER, *crisis("A"), line("B", 4000, 1)], 5)
    assert {a.decision.kind for a in replay(counts, DEFAULT)} == {Kind.FIRED}
    everything = list(replay(counts, DEFAULT, all_changes=True))
    assert Kind.RESOLVED in {a.decision.kind for a in everything}
    written = {row.split(",")[1] for row in crisis("A")}
    assert {a.window_start for a in everything} <= written


def test_the_step_is_a_setting() -> None:
    with pytest.raises(ValueError, match="1 to 1440 minutes"):
        read_counts([HEADER], 0)
    assert fired(crisis("A", step=60, days=12), step=60)


@pytest.fixture(scope="module")
def nab_alerts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (NAB / "labels.json").exists() or not SCORER.exists():
        pytest.skip("the realTweets series or their scorer are not here")
    target = tmp_path_factory.mktemp("nab") / "alerts.ndjson"
    with target.open("w") as out:
        for file in sorted(NAB.glob("*.csv")):
            with file.open() as lines:
                for alert in replay(read_counts(lines, 5), DEFAULT):
                    row = {"organisation": alert.organisation, "window_start": alert.window_start}
                    out.write(json.dumps(row) + "\n")
    return target


def test_the_shipped_policy_scores_on_real_tweets(nab_alerts: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCORER), str(NAB), str(nab_alerts)], capture_output=True, text=True, check=True
    )
    score = json.loads(done.stdout)
    assert score["standard"] >= 79
    assert score["low_fp"] >= 70
    assert score["unknown_alerts"] == 0


def test_files_together_give_the_alerts_of_files_apart(nab_alerts: Path) -> None:
    rows = [row for file in sorted(NAB.glob("*.csv")) for row in file.read_text().splitlines(keepends=True)[1:]]
    together = {(a.organisation, a.window_start) for a in fired(rows)}
    apart = {tuple(json.loads(row).values()) for row in nab_alerts.read_text().splitlines()}
    assert together == apart


def test_a_smaller_budget_fires_less() -> None:
    counts = read_counts([HEADER, *crisis("A", days=9)], 5)
    few = list(replay(counts, Policy(budget=0.01)))
    assert len(few) <= len(list(replay(counts, Policy(budget=0.5))))
