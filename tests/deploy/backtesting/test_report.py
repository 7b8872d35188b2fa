import json
from datetime import UTC, datetime, timedelta

import pytest

from deploy.backtesting.asked import Asked
from deploy.backtesting.report import Exposure, Report
from deploy.backtesting.told import Told
from detectors.policy import Policy

START = datetime(2025, 10, 7, tzinfo=UTC)


def told(hours: float, name: str = "19", reason: str = "fired") -> Told:
    at = START + timedelta(hours=hours)
    line = json.dumps({"id": f"{name}/{hours}", "organisation": name, "hours": hours}).encode()
    return Told(name, f"Tỉnh {name}", at, "warning", 9, 1.0, 0.01, reason, line)


def ended(report: Report) -> list[str]:
    said: list[str] = []
    report.end(Exposure(frozenset({"19", "79"}), 4.0), said.append)
    return said


def test_a_line_is_printed_as_soon_as_it_is_taken(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Report(Asked(Policy())).take(told(1))
    assert capfdbinary.readouterr().out == told(1).line + b"\n"


def test_other_changes_are_told_only_when_asked(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    quiet, full = Report(Asked(Policy())), Report(Asked(Policy(), all_changes=True))
    for report in (quiet, full):
        report.take(told(1))
        report.take(told(2, reason="resolved"))
    assert (len(quiet.told), len(full.told), len(full.fired())) == (1, 2, 1)
    assert capfdbinary.readouterr().out.count(b"\n") == 3


def test_what_is_held_back_is_counted_and_shown_only_when_asked(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    report = Report(Asked(Policy()))
    report.take(told(1, reason="held_back"))
    assert [one.reason for one in report.marked] == ["held_back"]
    assert ended(report)[0].startswith("0 alerts")
    assert ended(report)[0].endswith("; 1 held back at first, see --all-changes")
    assert capfdbinary.readouterr().out == b""


def test_the_sum_says_how_often_and_how_many_at_night(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    report = Report(Asked(Policy()))
    report.take(told(1))  # eight in the morning
    report.take(told(16))  # eleven in the evening
    assert ended(report) == [
        "2 alerts, 0.500 an organisation and week (2 organisations, 4.0 organisation-weeks), 1 at night"
    ]
    assert capfdbinary.readouterr().out


def test_compared_settings_say_what_is_kept_gained_and_lost(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    report = Report(Asked(Policy(), rival=Policy(budget=0.5)))
    report.take(told(1))
    report.take(told(50))
    report.take_rival(told(0.5))
    report.take_rival(told(20, "79"))
    assert capfdbinary.readouterr().out == b"", "nothing is known before both have ended"
    said = ended(report)
    lines = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [(line["organisation"], line["comparison"]) for line in lines] == [
        ("19", "kept"), ("79", "gained"), ("19", "lost"),
    ]  # fmt: skip
    assert lines[0]["later_by_seconds"] == -1800.0
    assert "1 gained, 1 lost, 1 kept, these 30 min earlier in the median" in said[0]


def test_a_table_has_a_row_an_alert(capfd: pytest.CaptureFixture[str]) -> None:
    report = Report(Asked(Policy(), table=True))
    report.take(told(1))
    ended(report)
    shown = capfd.readouterr().err.splitlines()
    assert "organisation" in shown[0]
    assert "2025-10-07 08:00" in shown[1]
    assert "Tỉnh 19" in shown[1]


def test_weeks_are_those_that_are_told() -> None:
    asked = Asked(Policy(), begin=START, end=START + timedelta(days=7))
    both = frozenset({"19", "79"})
    seen = Exposure(frozenset(), 0.0).and_of(both, START - timedelta(days=70), START + timedelta(days=3.5), asked)
    assert seen == Exposure(both, 1.0)
    assert Exposure(both, 0.0).rate(0) == "in no time at all"
