from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.backtesting.asked import Asked, changed, parse_step, parse_time
from deploy.settings import SettingsError
from detectors.policy import Policy

AT = datetime(2025, 10, 7, tzinfo=UTC)


def test_a_date_is_its_vietnamese_midnight_and_a_time_keeps_its_offset() -> None:
    assert parse_time("2025-10-07", "--from") == AT - timedelta(hours=7)
    assert parse_time("2025-10-07T00:00:00Z", "--from") == AT


@pytest.mark.parametrize("text", ["", "yesterday", "2025-13-01", "2025-10-07T08:00:00", "0001-01-01", "20251007T0"])
def test_other_times_are_refused_by_the_options_name(text: str) -> None:
    with pytest.raises(SettingsError, match="--to is a date such as"):
        parse_time(text, "--to")


@pytest.mark.parametrize("text", ["0", "0m", "7x", "-1m", "2d", "1441m", "", "9" * 30])
def test_a_step_lies_between_a_minute_and_a_day(text: str) -> None:
    with pytest.raises(SettingsError, match="--step must be from 1m to 1d"):
        parse_step(text)


def test_another_setting_differs_in_what_is_named() -> None:
    policy = Policy(warm_up=77)
    assert changed(policy, ["budget=0.125"]) == Policy(warm_up=77, budget=0.125)


@pytest.mark.parametrize(
    ("change", "said"), [("budget", "NAME=VALUE"), ("budgett=1", "no setting 'budgett'"), ("budget=x", "number"),
                         ("budget=-1", "budget must")]
)  # fmt: skip
def test_a_setting_that_cannot_be_is_refused(change: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        changed(Policy(), [change])


def test_a_picture_needs_one_organisation_and_is_svg() -> None:
    with pytest.raises(SettingsError, match="shows one organisation"):
        Asked(Policy(), picture=Path("a.svg"), organisations=frozenset({"19", "79"}))
    with pytest.raises(SettingsError, match=r"must end in \.svg"):
        Asked(Policy(), picture=Path("a.png"), organisations=frozenset({"19"}))


def test_one_moment_is_explained_at_a_time() -> None:
    with pytest.raises(SettingsError, match="--why explains one moment"):
        Asked(Policy(), why=("19", AT), table=True)
    assert Asked(Policy(), why=("19", AT), end=AT).until == AT + timedelta(minutes=1)


def test_the_end_is_after_the_beginning() -> None:
    with pytest.raises(SettingsError, match="--from must be before --to"):
        Asked(Policy(), begin=AT, end=AT)


def test_what_is_told_lies_between_and_is_of_who_was_asked_for() -> None:
    asked = Asked(Policy(), begin=AT, end=AT + timedelta(days=1), organisations=frozenset({"19"}))
    assert asked.holds("19", AT)
    assert not asked.holds("79", AT)
    assert not asked.holds("19", AT - timedelta(seconds=1))
    assert not asked.holds("19", AT + timedelta(days=1))
    assert Asked(Policy()).holds("79", AT)
