"""Which receivers an alert goes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Severity
from alerts.receiving import Receiver
from alerts.routing import OLDEST, Match, delivery_id, is_news, match, run_of, wants_run
from tests.alerts.examples import FINDING, changed
from tests.contracts.store_contract import NOW

URL = "https://a.example.vn/hook"


@pytest.mark.parametrize(
    ("receiver", "expected"),
    [
        (Receiver("a", URL), Match.FITS),
        (Receiver("a", URL, enabled=False), Match.DISABLED),
        (Receiver("a", URL, disabled="gone"), Match.DISABLED),
        (Receiver("a", URL, organisations=("19", "24")), Match.FITS),
        (Receiver("a", URL, organisations=("24",)), Match.OTHER_ORGANISATION),
        (Receiver("a", URL, severities=(Severity.SERIOUS,)), Match.FITS),
        (Receiver("a", URL, severities=(Severity.CRITICAL, Severity.NOTICE)), Match.OTHER_SEVERITY),
        (Receiver("a", URL, min_severity=Severity.SERIOUS), Match.FITS),
        (Receiver("a", URL, min_severity=Severity.CRITICAL), Match.TOO_MILD),
        (Receiver("a", URL, runs=("demo",)), Match.OTHER_RUN),
    ],
)
def test_every_matcher_must_fit(receiver: Receiver, expected: Match) -> None:
    assert match(receiver, "", FINDING) is expected


@pytest.mark.parametrize(
    ("runs", "drills", "run", "expected"),
    [
        (None, False, "", True),
        (None, False, "demo-1", False),
        (None, True, "demo-1", True),
        (("",), True, "demo-1", False),
        (("", "demo*"), False, "demo-1", True),
        (("demo*",), False, "", False),
        (("*",), False, "", True),
        ((), True, "", False),
    ],
)
def test_runs_that_are_not_live_go_to_who_asks(
    runs: tuple[str, ...] | None,
    drills: bool,  # noqa: FBT001 - a table of cases
    run: str,
    expected: bool,  # noqa: FBT001 - a table of cases
) -> None:
    assert wants_run(Receiver("a", URL, drills=drills, runs=runs), run) is expected


@given(st.tuples(st.text(), st.text(), st.text(), st.integers(1, 99)))
def test_a_deliverys_id_is_fixed_and_fits_a_header(parts: tuple[str, str, str, int]) -> None:
    parts = (parts[0].replace("\x00", ""), parts[1].replace("\x00", ""), parts[2], parts[3])
    id_ = delivery_id(*parts)
    assert id_ == delivery_id(*parts)
    assert id_.isascii()
    assert id_ != delivery_id(parts[0], parts[1], parts[2], parts[3] + 1)


def test_a_run_is_what_the_topics_name_begins_with() -> None:
    assert [run_of(topic) for topic in ("findings", "demo-1.findings", "a.b.findings")] == ["", "demo-1", "a.b"]


@pytest.mark.parametrize("fired_at", ["", "yesterday", "2026-11-22T07:05:00"])
def test_a_finding_without_a_usable_time_is_news(fired_at: str) -> None:
    assert is_news("", changed(fired_at=fired_at), NOW, OLDEST)
