"""Take what is due from the store, send it, write down what came of it."""

import asyncio
import functools
import logging
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from alerts.channels.message import Message
from alerts.delivering import Answer, RetryPolicy, judge, reason_of
from alerts.errors import StoreError
from alerts.model import LIVE
from alerts.receiving import Attempt, Verdict
from alerts.store.protocol import AlertStore, Due
from api.delivery.sender import Sender
from api.metrics import Metrics
from api.times import parse

logger = logging.getLogger(__name__)

#: Claimed and not yet recorded, over all receivers.
_MOST_UNDER_WAY = 1024
#: Claimed for one receiver, for each request that it may have in flight: the store is asked for many at once.
_AHEAD = 8
_USUAL_LIMIT = 8
#: A receiver that did not answer so often in a row is given one request at a time until it answers.
_SILENT_AFTER = 3
_UNANSWERED = frozenset({"timeout", "connection", "tls"})
_LOOK_AT_LEAST_EVERY = timedelta(seconds=2)
_LEASE = timedelta(seconds=60)


class Deliverer:
    """The deliverer; any number of processes may run one on the same store.

    Every receiver has room of its own: one that does not answer holds up no other, however much waits for it.

    Parameters
    ----------
    limits
        Requests in flight at once, by receiver; others get 8.
    encode
        The message of a delivery.
    random
        Uniform in [0, 1): the jitter.
    """

    def __init__(
        self,
        store: AlertStore,
        sender: Sender,
        metrics: Metrics,
        *,
        limits: dict[str, int],
        encode: Callable[[Due], Message],
        clock: Callable[[], datetime],
        random: Callable[[], float],
        policy: RetryPolicy | None = None,
    ) -> None:
        self._store = store
        self._sender = sender
        self._metrics = metrics
        self._encode = encode
        self._clock = clock
        self._random = random
        self._policy = policy or RetryPolicy()
        self._limits = limits
        self._slots = defaultdict(
            lambda: asyncio.Semaphore(_USUAL_LIMIT),
            {name: asyncio.Semaphore(limit) for name, limit in limits.items()},
        )
        self._woken = asyncio.Event()
        self._held: Counter[str] = Counter()  # claimed, by receiver
        self._flying: Counter[str] = Counter()  # requests in flight, by receiver
        self._unanswered: Counter[str] = Counter()  # in a row, by receiver
        self._under_way: set[asyncio.Task[None]] = set()
        self._done: list[Attempt] = []
        self._recording = asyncio.Lock()

    def wake(self) -> None:
        """Look at once: something was queued."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver for ever; when cancelled, what is under way is given a second, and otherwise tried again later."""
        self._sender.open()
        try:
            while True:
                self._woken.clear()
                if not await self._claim():
                    await self._pause()
        finally:
            if self._under_way:
                _, late = await asyncio.wait(self._under_way, timeout=1.0)
                for task in late:
                    task.cancel()
            await self._sender.close()

    async def _claim(self) -> bool:
        """Take up what is due, as far as there is room; whether there may be more at once."""
        free = _MOST_UNDER_WAY - len(self._under_way)
        if free <= 0:
            return False
        due = await asyncio.to_thread(self._store.due, self._clock(), free, _LEASE, room=self._room())
        for one in due:
            self._held[one.receiver.name] += 1
            task = asyncio.create_task(self._deliver(one))
            self._under_way.add(task)
            task.add_done_callback(functools.partial(self._ended, one.receiver.name))
        return bool(due)

    def _room(self) -> dict[str, int]:
        """How many more may be claimed for each receiver."""
        names = {*self._limits, *self._held}
        return {name: max(0, self._most(name) - self._held[name]) for name in names}

    def _most(self, receiver: str) -> int:
        return 1 if self._is_silent(receiver) else _AHEAD * self._limits.get(receiver, _USUAL_LIMIT)

    def _is_silent(self, receiver: str) -> bool:
        return self._unanswered[receiver] >= _SILENT_AFTER

    def _ended(self, receiver: str, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        self._held[receiver] -= 1
        if self._held[receiver] == self._most(receiver) // 2:  # room for many again, not for one by one
            self._woken.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a delivery failed and is tried again when its claim lapses", exc_info=error)

    async def _pause(self) -> None:
        full = [name for name, room in self._room().items() if not room]
        next_due = await asyncio.to_thread(self._store.next_due, without=full)
        wait = _LOOK_AT_LEAST_EVERY
        if next_due is not None:
            wait = min(max(next_due - self._clock(), timedelta(milliseconds=50)), wait)
        try:
            async with asyncio.timeout(wait.total_seconds()):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _deliver(self, due: Due) -> None:
        claimed = self._clock()
        async with self._slots[due.receiver.name]:
            begun = self._clock()
            if begun - claimed > _LEASE / 2:
                return  # too late to be sure that nobody else has it; it is due again when the claim lapses
            if self._is_silent(due.receiver.name) and self._flying[due.receiver.name]:
                return  # likewise: one request is enough to see whether it answers again
            self._flying[due.receiver.name] += 1
            self._metrics.in_flight.inc()
            try:
                answer = await self._sender.send(due.receiver.name, due.delivery.id, self._encode(due), begun)
            finally:
                self._metrics.in_flight.dec()
                self._flying[due.receiver.name] -= 1
            missing = reason_of(answer) in _UNANSWERED
            self._unanswered[due.receiver.name] = self._unanswered[due.receiver.name] + 1 if missing else 0
        await self._record(due, answer, begun)

    async def _record(self, due: Due, answer: Answer, begun: datetime) -> None:
        ended = self._clock()
        found = judge(due.delivery, answer, ended, self._random(), self._policy)
        self._metrics.attempts.labels(found.verdict.value, found.reason).inc()
        if found.verdict is Verdict.DONE and due.delivery.run == LIVE and due.alert is not None:
            self._metrics.to_delivery.observe(max(0.0, (ended - parse(due.alert.finding.fired_at)).total_seconds()))
        if found.verdict is not Verdict.DONE:
            logger.warning(
                "delivery %s to %s: %s (%s)", due.delivery.id, due.receiver.name, found.verdict.value, found.reason
            )
        seconds = (ended - begun).total_seconds()
        attempt = Attempt(
            due.delivery.id,
            due.delivery.claim,
            begun,
            seconds,
            found.verdict,
            found.reason,
            answer.status,
            found.due_at,
        )
        self._done.append(attempt)
        async with self._recording:  # whoever comes first writes for all who waited: one commit for many
            attempts, self._done = self._done, []
            if not attempts:
                return
            try:
                await asyncio.to_thread(self._store.record_attempts, attempts)
            except StoreError as error:
                self._done = attempts + self._done  # with the next one; a success counts even after the claim
                logger.warning("%d attempts are not written down yet: %s", len(self._done), error)
