"""What an attempt means and when to try again."""

from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.delivering import REASONS, Answer, RetryPolicy, claimed, delay, judge, reason_of, settled
from alerts.receiving import Attempt, Delivery, Outcome, Verdict
from tests.contracts.store_contract import NOW

POLICY = RetryPolicy()
DELIVERY = Delivery("msg_1", "office", "", "5f" * 16, 1, 1, NOW, due_at=NOW)


@pytest.mark.parametrize(
    ("answer", "verdict", "reason"),
    [
        (Answer(200), Verdict.DONE, "delivered"),
        (Answer(204), Verdict.DONE, "delivered"),
        (Answer(299), Verdict.DONE, "delivered"),
        (Answer(301), Verdict.DEAD, "redirect"),
        (Answer(307), Verdict.DEAD, "redirect"),
        (Answer(400), Verdict.DEAD, "refused"),
        (Answer(404), Verdict.DEAD, "refused"),
        (Answer(100), Verdict.DEAD, "refused"),
        (Answer(999), Verdict.DEAD, "refused"),
        (Answer(410), Verdict.GONE, "gone"),
        (Answer(408), Verdict.RETRY, "status_408"),
        (Answer(429), Verdict.RETRY, "status_429"),
        (Answer(500), Verdict.RETRY, "status_5xx"),
        (Answer(503), Verdict.RETRY, "status_5xx"),
        (Answer(failure="timeout"), Verdict.RETRY, "timeout"),
        (Answer(failure="connection"), Verdict.RETRY, "connection"),
        (Answer(failure="something new"), Verdict.RETRY, "connection"),
        (Answer(failure="secret"), Verdict.RETRY, "secret"),
        (Answer(failure="address"), Verdict.DEAD, "address"),
    ],
)
def test_every_answer_has_its_verdict(answer: Answer, verdict: Verdict, reason: str) -> None:
    judged = judge(DELIVERY, answer, NOW, 0.5, POLICY)
    assert (judged.verdict, judged.reason) == (verdict, reason)
    assert (judged.due_at is not None) == (verdict is Verdict.RETRY)


@given(st.one_of(st.none(), st.integers(-1, 1000)), st.text(max_size=10), st.text(max_size=20), st.integers(0, 20))
def test_whatever_is_answered_the_reason_is_one_of_few(
    status: int | None, failure: str, retry_after: str, before: int
) -> None:
    delivery = msgspec.structs.replace(DELIVERY, attempts=before)
    judged = judge(delivery, Answer(status, retry_after, failure), NOW, 0.0, POLICY)
    assert judged.reason in REASONS
    assert reason_of(Answer(status, retry_after, failure)) in REASONS


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=10, max_size=10))
def test_delays_grow(chances: list[float]) -> None:
    waits = [delay(before, chance, POLICY) for before, chance in enumerate(chances)]
    planned = [delay(before, 0.0, POLICY) for before in range(9)]
    assert all(first < second for first, second in pairwise(planned))
    assert all(POLICY.delays[min(n, 8)] <= wait <= POLICY.delays[min(n, 8)] * 1.2 for n, wait in enumerate(waits))


def test_the_whole_schedule_fits_into_the_age() -> None:
    assert sum((delay(before, 1.0, POLICY) for before in range(9)), timedelta(0)) < POLICY.oldest


def test_after_the_last_attempt_it_is_given_up() -> None:
    last = msgspec.structs.replace(DELIVERY, attempts=POLICY.most_attempts - 1)
    assert judge(last, Answer(503), NOW, 0.0, POLICY)[:2] == (Verdict.DEAD, "attempts")
    assert judge(last, Answer(200), NOW, 0.0, POLICY).verdict is Verdict.DONE


def test_too_old_it_is_given_up() -> None:
    late = NOW + POLICY.oldest
    assert judge(DELIVERY, Answer(503), late, 0.0, POLICY)[:2] == (Verdict.DEAD, "age")


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 7 ", timedelta(seconds=7)),
        ("1", timedelta(seconds=5)),
        ("0", timedelta(seconds=5)),
        ("-9", timedelta(seconds=5)),
        ("1.5", timedelta(seconds=5)),
        ("soon", timedelta(seconds=5)),
        ("٣٠", timedelta(seconds=5)),
        ("9" * 400, timedelta(hours=24)),
        (format_datetime(NOW + timedelta(hours=1), usegmt=True), timedelta(hours=1)),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), timedelta(seconds=5)),
        ("Sun, 22 Nov 2026 07:15:00", timedelta(minutes=10)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(hours=24)),
        ("Sun, 99 Nov 2026 99:99:99 GMT", timedelta(seconds=5)),
    ],
)
def test_retry_after_is_honoured_within_bounds(retry_after: str, wait: timedelta) -> None:
    assert judge(DELIVERY, Answer(429, retry_after), NOW, 0.0, POLICY).due_at == NOW + wait


def test_a_claim_holds_until_its_lease_ends() -> None:
    held = claimed(DELIVERY, NOW, timedelta(seconds=60))
    assert (held.claim, held.due_at) == (1, NOW + timedelta(seconds=60))


def _attempt(verdict: Verdict, claim: int = 0) -> Attempt:
    due_at = NOW + timedelta(hours=1) if verdict is Verdict.RETRY else None
    return Attempt("msg_1", claim, NOW, 1.5, verdict, "why", None, due_at)


@given(st.lists(st.tuples(st.sampled_from(list(Verdict)), st.integers(0, 2)), max_size=8), st.integers(0, 2))
def test_a_delivery_is_settled_at_most_once_and_never_lost(tries: list[tuple[Verdict, int]], claim: int) -> None:
    delivery = msgspec.structs.replace(DELIVERY, claim=claim)
    decided = 0
    for verdict, made_under in tries:
        delivery, changed = settled(delivery, _attempt(verdict, made_under))
        decided += changed and verdict is not Verdict.RETRY
    assert decided == (delivery.outcome is not Outcome.PENDING)
    assert (delivery.due_at is None) == (delivery.outcome is not Outcome.PENDING)
    assert delivery.attempts == len(tries)


@pytest.mark.parametrize("verdict", [Verdict.DEAD, Verdict.GONE, Verdict.RETRY])
def test_an_outdated_claim_decides_nothing_but_success(verdict: Verdict) -> None:
    assert not settled(DELIVERY, _attempt(verdict, claim=7)).changed
    assert settled(DELIVERY, _attempt(Verdict.DONE, claim=7)).delivery.outcome is Outcome.DELIVERED
