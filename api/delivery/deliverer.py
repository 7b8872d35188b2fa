"""Take what is due from the store, send it, write down what came of it."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from alerts.delivering import Answer, RetryPolicy, judge
from alerts.errors import StoreError
from alerts.model import LIVE, Attempt, Verdict
from alerts.store.protocol import AlertStore, Due
from api.delivery.sender import Sender
from api.metrics import Metrics
from api.times import parse

logger = logging.getLogger(__name__)

_IN_FLIGHT = 64
_LOOK_AT_LEAST_EVERY = timedelta(seconds=2)
_LEASE = timedelta(seconds=60)


class Deliverer:
    """The webhook deliverer; any number of processes may run one on the same store.

    Parameters
    ----------
    limits
        Requests in flight at once, by receiver; others get 8.
    encode
        Body of a delivery.
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
        encode: Callable[[Due], bytes],
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
        self._slots = defaultdict(
            lambda: asyncio.Semaphore(8), {name: asyncio.Semaphore(limit) for name, limit in limits.items()}
        )
        self._woken = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
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
        await self._room.wait()  # half of it is free then: the store is asked for many at once
        due = await asyncio.to_thread(self._store.due, self._clock(), 2 * _IN_FLIGHT - len(self._under_way), _LEASE)
        for one in due:
            task = asyncio.create_task(self._deliver(one))
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        if len(self._under_way) > _IN_FLIGHT:
            self._room.clear()
        return bool(due)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        if len(self._under_way) <= _IN_FLIGHT:
            self._room.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a delivery failed and is tried again when its claim lapses", exc_info=error)

    async def _pause(self) -> None:
        next_due = await asyncio.to_thread(self._store.next_due)
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
            self._metrics.in_flight.inc()
            try:
                answer = await self._sender.send(
                    due.receiver.name, due.receiver.url, due.delivery.id, self._encode(due), begun
                )
            finally:
                self._metrics.in_flight.dec()
        await self._record(due, answer, begun)

    async def _record(self, due: Due, answer: Answer, begun: datetime) -> None:
        ended = self._clock()
        found = judge(due.delivery, answer, ended, self._random(), self._policy)
        self._metrics.attempts.labels(found.verdict.value, found.reason).inc()
        if found.verdict is Verdict.DONE and due.delivery.run == LIVE:
            self._metrics.to_delivery.observe(max(0.0, (ended - parse(due.alert.finding.fired_at)).total_seconds()))
        if found.verdict is not Verdict.DONE:
            logger.warning(
                "webhook %s to %s: %s (%s)", due.delivery.id, due.receiver.name, found.verdict.value, found.reason
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
