"""Kafka in batches: Faust's own aiokafka driver, with one event for all the records polled from a partition.

Registered as `kafka-batch`; users write `kafka://`, and the application maps it. Only a `BatchTopic` arrives in
batches; every other topic (changelogs among them) goes the way of stock Faust, record by record.

What is different from the stock driver, and why:

- Every partition is polled in turn, because aiokafka drains one partition's fetch before it looks at the next.
- A batch is handed over only under the assignment it was polled in, once `resume` has said where to go on, and only
  where the last one ended. Faust polls before its first rebalance settles, seeks to committed offsets on its own later
  and keeps what it polled earlier: here such batches are not polled, sought back, or ignored.
- Acknowledgements go to a `BatchLedger`; Faust's list of acknowledged offsets can commit past one in flight.
- A partition that is behind is left alone by bytes; the others go on.

The polling is in `streams.transports.kafka_polling`; `tests/contracts/transport_contract.py` has a test for each point.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

from faust.transport.consumer import ensure_TPset
from faust.transport.drivers import aiokafka as stock
from faust.types import TP, ConsumerMessage, Message

from streams.log import LogError
from streams.transports.batches import Assignment, Batch, BatchTopic
from streams.transports.kafka_polling import NOTHING, ConsumerThread, Polled, Taken
from streams.transports.kafka_unreadable import Unreadable
from streams.transports.ledger import BATCH_BYTES, BatchLedger, Verdict

logger = logging.getLogger(__name__)

# How long one poll waits for data, and how long while some partition waits for room instead.
_WAIT, _WAIT_FOR_ROOM = 0.05, 0.005
# Batches of a partition that may wait for the agent. More would not make it faster: what waits in the broker comes as
# one larger batch, which costs less than many small ones.
_WAITING_BATCHES = 4


class Consumer(stock.Consumer):
    """Faust's Kafka consumer, with batches. See the module's docstring, and `BatchConsumer`."""

    _thread: ConsumerThread
    stamps_here = False  # brokers do, each by a clock of its own

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._ledger = BatchLedger()
        self._epoch = 0
        self._assigned: frozenset[TP] = frozenset()
        self._held: deque[TP] = deque()
        self._starts: dict[TP, int] | None = None
        self._waiting: dict[TP, deque[Message]] = {}
        self._idle: dict[TP, tuple[int, int]] = {}
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # What agents use beside Faust's own interface.

    def idle_at(self, tp: TP) -> int | None:
        """See `BatchConsumer.idle_at`."""
        offset, time = self._idle.get(tp, (None, None))
        return time if offset is not None and offset == self._ledger.handed_over(tp) else None

    def handed_over(self, tp: TP) -> int | None:
        """See `BatchConsumer.handed_over`."""
        return self._ledger.handed_over(tp)

    def acknowledged(self, tp: TP) -> int | None:
        """See `BatchConsumer.acknowledged`."""
        return self._ledger.acknowledged(tp)

    def to_commit(self, tp: TP) -> int | None:
        """See `BatchConsumer.to_commit`."""
        return self._ledger.to_commit(tp)

    def in_flight(self, tp: TP) -> int:
        """See `BatchConsumer.in_flight`."""
        return self._ledger.in_flight(tp)

    def taken(self, batch: Batch) -> None:
        """See `BatchConsumer.taken`."""
        self._ledger.taken(batch.tp, batch.end, batch.epoch)

    def acknowledge(self, tp: TP, end: int, epoch: int) -> None:
        """See `BatchConsumer.acknowledge`."""
        self._ledger.ack(tp, end, epoch)

    def ack(self, message: Message) -> bool:
        """Acknowledge a message; a batch of an earlier assignment is ignored."""
        batch: Any = message.value
        if not isinstance(batch, Batch):
            return super().ack(message)
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        return self._ledger.ack(batch.tp, batch.end, batch.epoch) is Verdict.ACCEPTED

    # Rebalances.

    def _batch_topics(self) -> dict[str, BatchTopic]:
        topics = [topic for topic in self.app.topics if isinstance(topic, BatchTopic)]
        return {name: topic for topic in topics for name in topic.topics}

    def _new_epoch(self, assigned: Iterable[TP]) -> None:
        self._epoch += 1
        self._assigned = frozenset(assigned)
        self._starts = None
        self._held.clear()
        self._waiting.clear()
        self._idle.clear()
        self._ledger.assign(self._epoch, {})

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit what is acknowledged while it is still this worker's to commit; hold nothing from then on."""
        if revoked:
            await self.wait_first(self.commit(), timeout=self.app.conf.broker_session_timeout / 2)
        self._new_epoch(())
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Begin a new epoch. Its batches flow once `perform_seek` has asked `resume` and Faust lets them."""
        topics = self._batch_topics()
        self._new_epoch(tp for tp in ensure_TPset(assigned) if tp.topic in topics)
        await super().on_partitions_assigned(assigned, generation_id)
        if not assigned:
            self.add_future(self._resume())  # Faust performs no seek then, but holders of state must let go of it

    async def perform_seek(self) -> None:
        """Seek to the committed offsets, as Faust wants at the end of a rebalance; then where `resume` says."""
        epoch = self._epoch
        try:
            await super().perform_seek()
            starts = await self._resume()
        except asyncio.CancelledError:
            if epoch == self._epoch and not self.app.should_stop:  # Faust lost patience, and would go on without
                self.add_future(self.crash(LogError("resuming took longer than Faust's broker_request_timeout")))
            raise
        if epoch == self._epoch:
            self._starts = starts

    async def _resume(self) -> dict[TP, int]:
        answers: dict[TP, int | None] = dict.fromkeys(self._assigned)
        epoch, assigned = self._epoch, self._assigned
        for name, topic in self._batch_topics().items():
            if topic.resume is not None:
                mine = frozenset(tp for tp in assigned if tp.topic == name)
                answers |= {tp: at for tp, at in (await topic.resume(Assignment(epoch, mine))).items() if tp in mine}
        starts = {tp: self._committed_offset[tp] if at is None else at for tp, at in answers.items()}
        unknown = [tp for tp, at in starts.items() if at is None]
        earliest = await self.earliest_offsets(*unknown) if unknown else {}
        return {tp: earliest[tp] if at is None else at for tp, at in starts.items()}

    def resume_flow(self) -> None:
        """Let messages flow; batches, too, if where they go on is settled.

        Not earlier: Faust empties the streams' buffers just before this call, and what was handed over would be gone.
        """
        super().resume_flow()
        if self._starts is not None:
            self._ledger.assign(self._epoch, self._starts)
            self._held.extend(sorted(self._starts))
            self._starts = None

    # Polling.

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109 - Faust's signature
        """Poll once: batches go to their streams from here, all other records to Faust's own loop."""
        if self.app.client_only:
            async for pair in super().getmany(timeout):
                yield pair
            return
        generation, epoch = self.app.consumer_generation_id, self._epoch
        polled = await self._poll()
        self._idle.update(polled.idle if epoch == self._epoch else {})
        for tp, end in polled.ends.items():
            self.app.monitor.track_tp_end_offset(tp, end)
        for one in polled.unreadable:
            await self._pass_over(one)
        for taken in polled.taken:
            if self.flow_active and epoch == self._epoch:
                await self._hand_over(taken)
        for tp, record in self.scheduler.iterate(polled.records):
            if not self.flow_active or generation != self.app.consumer_generation_id:
                break  # the partitions are sought again when the rebalance has settled
            if tp in self._active_partitions or tp in self._buffered_partitions:
                yield tp, self._to_message(tp, record)

    async def _pass_over(self, one: Unreadable) -> None:
        """Go on behind what cannot be read, if the topic's agent can do without it."""
        topic = self._batch_topics()[one.tp.topic]
        if topic.unreadable is None:
            raise LogError(
                f"{one.tp.topic}/{one.tp.partition} cannot be decoded at offsets {one.start} to {one.end - 1} "
                f"({one.why}), and what follows means nothing without it: restore the log, or start a new run"
            )
        await topic.unreadable(one.tp, one.start, one.end, one.why)
        self._ledger.expect(one.tp, one.end)

    async def _poll(self) -> Polled:
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        topics = self._batch_topics()
        active = self._get_active_partitions()
        plain = {tp for tp in active if tp.topic not in topics}
        self._held.rotate()
        held = {tp: at for tp in self._held if (at := self._ledger.handed_over(tp)) is not None}
        room = {tp: min(BATCH_BYTES, self._ledger.room(tp)) for tp in held if tp in active and self._has_room(tp)}
        wait = _WAIT if len(room) == len(held) else _WAIT_FOR_ROOM
        if not plain and not room:
            await self.sleep(wait)
            return NOTHING
        polled: Polled = await self._thread.call_thread(self._thread.poll, plain, held, room, wait)
        return polled

    def _has_room(self, tp: TP) -> bool:
        waiting = self._waiting.setdefault(tp, deque())
        while waiting and waiting[0].tracked:  # the stream has taken it out of its buffer
            waiting.popleft()
        return len(waiting) < _WAITING_BATCHES and not self._ledger.paused(tp)

    async def _hand_over(self, taken: Taken) -> None:
        tp, records, size = taken
        start, first, end = self._ledger.handed_over(tp), records[0].offset, records[-1].offset + 1
        verdict = self._ledger.accept(tp, first, end, size)
        if verdict is Verdict.SEEK:
            logger.info("%s: %d came where %s was expected; reading it again", tp, first, start)
        if start is None or verdict is not Verdict.ACCEPTED:
            return  # the next poll asks for what is expected and goes back there
        if first != start:
            logger.warning("%s: there is nothing in the log from %d to %d", tp, start, first - 1)
        message = self._batch_message(Batch(tp, records, start, end, self._epoch), size)
        self._waiting[tp].append(message)
        await self.wait_first(self.callback(message), self.suspend_flow.wait())

    def _batch_message(self, batch: Batch, size: int) -> ConsumerMessage:
        last, generation = batch.records[-1], self.app.consumer_generation_id
        value: Any = batch  # the raw codec passes it on as it is
        return ConsumerMessage(
            *batch.tp, last.offset, last.timestamp / 1000, 0, None, None, value, None, 0, size, batch.tp,
            generation_id=generation
        )  # fmt: skip

    # Committing: Faust's own way, with the ledger's offsets.

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        yield from super()._filter_tps_with_pending_acks(topics)
        for tp in self._ledger.committable():
            if topics is None or tp in topics or tp.topic in topics:
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        if self._ledger.handed_over(tp) is not None:
            return self._ledger.committable().get(tp)
        return super()._new_offset(tp)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        epoch = self._epoch
        done = await super()._commit(offsets)
        if done and epoch == self._epoch:
            self._ledger.committed(offsets)
        return done


class Transport(stock.Transport):
    """Kafka with batches; the scheme is `kafka-batch`."""

    Consumer = Consumer
