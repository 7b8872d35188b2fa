"""What an attempt to deliver means, and when to try again. Pure: randomness and time are passed in."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import msgspec

from alerts.receiving import Attempt, Delivery, Outcome, Verdict

#: Answers that ask to be tried again, beside all of 5xx.
_RETRIED_STATUS = frozenset({408, 425, 429})
_GONE = 410


class RetryPolicy(NamedTuple):
    """When to try again, and when to give up.

    Attributes
    ----------
    delays
        Before the second attempt, the third …; the last one repeats.
    jitter
        Each delay grows by up to this share of itself, so that receivers that failed together do not come together.
    longest_wait
        The most that a receiver's `Retry-After` is honoured for.
    most_attempts, oldest
        Given up after so many attempts, or when the next would come later than this after the delivery was queued.
    """

    delays: tuple[timedelta, ...] = (
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=14),
        timedelta(hours=20),
        timedelta(hours=24),
    )
    jitter: float = 0.2
    longest_wait: timedelta = timedelta(hours=24)
    most_attempts: int = 10
    oldest: timedelta = timedelta(days=5)


class Answer(NamedTuple):
    """What came of one attempt: a status with its `Retry-After`, or a failure without an answer.

    Attributes
    ----------
    failure
        ``timeout``, ``connection``, ``tls``, ``address`` (refused by `alerts.addresses`), ``secret`` (not to be had),
        ``mail_deferred`` and ``mail_refused`` (a mail server's 4yz and 5yz), ``said_no`` (an error within a 200).
    """

    status: int | None = None
    retry_after: str = ""
    failure: str = ""


class Judgement(NamedTuple):
    """What an attempt means: verdict, reason (a closed set), and when to try again."""

    verdict: Verdict
    reason: str
    due_at: datetime | None = None


#: Failures that trying again does not mend.
_FINAL_FAILURES = frozenset({"address", "mail_refused"})

_NAMED_FAILURES = frozenset({"timeout", "tls", "address", "secret", "mail_deferred", "mail_refused", "said_no"})

#: Every reason a `Judgement` can have, for metric labels.
REASONS = (
    *("delivered", "gone", "redirect", "refused", "status_5xx", "status_408", "status_425", "status_429"),
    *("timeout", "connection", "tls", "address", "secret", "attempts", "age"),
    *("mail_deferred", "mail_refused", "said_no"),
)


def judge(delivery: Delivery, answer: Answer, now: datetime, chance: float, policy: RetryPolicy) -> Judgement:
    """Say what an answer to a delivery's attempt means.

    Parameters
    ----------
    delivery
        As it was claimed: `attempts` are those before this one.
    now
        End of the attempt.
    chance
        Drawn uniformly from [0, 1): the jitter.

    Examples
    --------
    >>> noon = datetime(2026, 11, 22, 5, tzinfo=UTC)
    >>> delivery = Delivery("msg_1", "office", "", "0" * 32, 1, 1, noon)
    >>> judge(delivery, Answer(204), noon, 0.5, RetryPolicy()).verdict
    <Verdict.DONE: 'done'>
    >>> judge(delivery, Answer(503), noon, 0.0, RetryPolicy()).due_at - noon
    datetime.timedelta(seconds=5)
    >>> judge(delivery, Answer(302), noon, 0.0, RetryPolicy())
    Judgement(verdict=<Verdict.DEAD: 'dead'>, reason='redirect', due_at=None)
    """
    reason = reason_of(answer)
    if reason == "delivered":
        return Judgement(Verdict.DONE, reason)
    if reason == "gone":
        return Judgement(Verdict.GONE, reason)
    if reason in {"redirect", "refused"} | _FINAL_FAILURES:
        return Judgement(Verdict.DEAD, reason)
    if delivery.attempts + 1 >= policy.most_attempts:
        return Judgement(Verdict.DEAD, "attempts")
    due_at = now + max(delay(delivery.attempts, chance, policy), _asked(answer.retry_after, now, policy))
    if due_at - delivery.created_at > policy.oldest:
        return Judgement(Verdict.DEAD, "age")
    return Judgement(Verdict.RETRY, reason, due_at)


def reason_of(answer: Answer) -> str:
    """Name an answer; what is not understood counts as a connection that failed."""
    status = answer.status
    if status is None:
        return answer.failure if answer.failure in _NAMED_FAILURES else "connection"
    if 200 <= status < 300:
        return "delivered"
    if status in _RETRIED_STATUS:
        return f"status_{status}"
    if 500 <= status < 600:
        return "status_5xx"
    if status == _GONE:
        return "gone"
    return "redirect" if 300 <= status < 400 else "refused"


def delay(before: int, chance: float, policy: RetryPolicy) -> timedelta:
    """Time to wait after the attempt that `before` others preceded."""
    planned = policy.delays[min(before, len(policy.delays) - 1)]
    return planned * (1 + policy.jitter * chance)


def _asked(retry_after: str, now: datetime, policy: RetryPolicy) -> timedelta:
    """The wait a receiver asks for (RFC 9110, 10.2.3), within bounds; nothing where it cannot be read."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        seconds = int(text) if len(text) < 10 else int(policy.longest_wait.total_seconds())
        return min(timedelta(seconds=seconds), policy.longest_wait)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError, IndexError, TypeError):
        return timedelta(0)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return min(max(when - now, timedelta(0)), policy.longest_wait)


def claimed(delivery: Delivery, now: datetime, lease: timedelta) -> Delivery:
    """The delivery as the sender that takes it now holds it: nobody else gets it before the lease ends."""
    return msgspec.structs.replace(delivery, claim=delivery.claim + 1, due_at=now + lease)


class Settled(NamedTuple):
    """A delivery after an attempt, and whether the attempt decided anything."""

    delivery: Delivery
    changed: bool


def settled(delivery: Delivery, attempt: Attempt) -> Settled:
    """The delivery after an attempt.

    What a receiver took is taken, whoever sent it; every other verdict counts only from the sender that holds the
    present claim, since another one may be sending by now.
    """
    counted = msgspec.structs.replace(delivery, attempts=delivery.attempts + 1)
    current = attempt.claim == delivery.claim or attempt.verdict is Verdict.DONE
    if delivery.outcome is not Outcome.PENDING or not current:
        return Settled(counted, changed=False)
    if attempt.verdict is Verdict.RETRY:
        return Settled(msgspec.structs.replace(counted, due_at=attempt.due_at, reason=attempt.reason), changed=True)
    outcome = Outcome.DELIVERED if attempt.verdict is Verdict.DONE else Outcome.DEAD
    end = attempt.at + timedelta(seconds=attempt.seconds)
    done = msgspec.structs.replace(counted, outcome=outcome, due_at=None, settled_at=end, reason=attempt.reason)
    return Settled(done, changed=True)
