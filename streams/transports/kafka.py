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

It reaches into aiokafka's fetcher and subscription state, as Faust's own driver does: both are pinned, and
`tests/contracts/transport_contract.py` has a test for each of these points.
"""

# ruff: noqa: SLF001 - reaches into aiokafka and Faust, as the docstring says

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import aiokafka
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import ConsumerStoppedError
from aiokafka.structs import ConsumerRecord
from faust.transport.consumer import ensure_TPset
from faust.transport.drivers import aiokafka as stock
from faust.types import TP, ConsumerMessage, Message

from streams.log import LogError
from streams.transports.batches import Assignment, Batch, BatchTopic
from streams.transports.ledger import BATCH_BYTES, BatchLedger, Verdict

logger = logging.getLogger(__name__)

#: How long the broker keeps a fetch that finds nothing: the age of a quiet partition's marks. Faust has 1,500.
FETCH_WAIT_MS = 100

# How long one poll waits for data, and how long while some partition waits for room instead.
_WAIT, _WAIT_FOR_ROOM = 0.05, 0.005
# Batches of a partition that may wait for the agent. More would not make it faster: what waits in the broker comes as
# one larger batch, which costs less than many small ones.
_WAITING_BATCHES = 4
_FIRST_CHUNK, _LARGEST_CHUNK = 16, 4096


class _Taken(NamedTuple):
    """What one poll took from one batch partition."""

    tp: TP
    records: list[ConsumerRecord]
    size: int


class _Polled(NamedTuple):
    """What one poll brought: records of stock topics, batches, and log ends; `idle` is (offset, milliseconds)."""

    records: Mapping[TP, list[ConsumerRecord]]
    taken: list[_Taken]
    ends: Mapping[TP, int]
    idle: Mapping[TP, tuple[int, int]]


_NOTHING = _Polled({}, [], {}, {})


class ConsumerThread(stock.AIOKafkaConsumerThread):
    """The thread that talks to the broker: takes batches, and knows where in each partition it stands."""

    def __post_init__(self) -> None:
        super().__post_init__()
        # Of each batch partition: the offset the next batch must start at, and aiokafka's position for it. They differ
        # only behind records that are no more (retention, compaction) or never were (transaction markers).
        self._standing: dict[TP, tuple[int, int]] = {}
        self._answers: dict[TP, tuple[int | None, int]] = {}

    def _create_worker_consumer(self, transport: stock.Transport) -> aiokafka.AIOKafkaConsumer:
        conf = self.app.conf
        with_tables = conf.table_standby_replicas > 0 or bool(self.app.tables.changelog_topics)
        self._assignor = self.app.assignor if with_tables else RoundRobinPartitionAssignor
        return aiokafka.AIOKafkaConsumer(
            client_id=conf.broker_client_id,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            bootstrap_servers=stock.server_list(transport.url, transport.default_port),
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset=conf.consumer_auto_offset_reset,
            max_poll_records=conf.broker_max_poll_records,
            max_partition_fetch_bytes=min(conf.consumer_max_fetch_size, BATCH_BYTES),
            fetch_max_wait_ms=FETCH_WAIT_MS,
            check_crcs=conf.broker_check_crcs,
            isolation_level="read_committed" if self.consumer.in_transaction else "read_uncommitted",
            metadata_max_age_ms=conf.consumer_metadata_max_age_ms,
            connections_max_idle_ms=conf.consumer_connections_max_idle_ms,
            max_poll_interval_ms=int((conf.broker_max_poll_interval or 0) * 1000),
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            **stock.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
        )

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Forget where it stood: the positions are new."""
        self._standing.clear()
        self._answers.clear()
        await super().on_partitions_assigned(assigned, generation_id)

    async def poll(self, plain: set[TP], held: Mapping[TP, int], room: Mapping[TP, int], wait: float) -> _Polled:
        """Take what there is, or wait for the first to come. To be called in the thread.

        Parameters
        ----------
        plain
            Partitions of stock topics to poll.
        held
            Every batch partition with the offset its next batch must start at.
        room
            Bytes that may be taken from each of those that are polled now, in the order of their turn.
        wait
            Seconds.
        """
        consumer = self._ensure_consumer()
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        deadline = self.thread_loop.time() + wait
        with fetcher._subscriptions.fetch_context():
            while self.consumer.flow_active:
                if fetcher._subscriptions.reassignment_in_progress:
                    await asyncio.sleep(wait)
                    break
                taken = [batch for tp, limit in room.items() if (batch := await self._take(tp, held[tp], limit))]
                records = await fetcher.fetched_records(plain, 0, consumer._max_poll_records) if plain else {}
                left = deadline - self.thread_loop.time()
                if taken or records or left <= 0:
                    return self._report(records, taken, held)
                await asyncio.wait([waiter := fetcher._create_fetch_waiter()], timeout=left)
                if not waiter.cancel():
                    waiter.result()  # raises what aiokafka has to say: an authorisation error, for example
        return _NOTHING

    def _report(self, records: Mapping[TP, list[ConsumerRecord]], taken: list[_Taken], held: Iterable[TP]) -> _Polled:
        tps = {*records, *(batch.tp for batch in taken)}
        ends = {tp: state.highwater for tp in tps if (state := self._state(tp)) and state.highwater is not None}
        return _Polled(records, taken, ends, {tp: idle for tp in held if (idle := self._idle(tp))})

    def _state(self, tp: TP) -> Any | None:
        """What aiokafka knows of a partition; `None` unless it is assigned at this moment."""
        subscription = self._ensure_consumer()._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        return assignment.state_value(tp) if assignment is not None and assignment.active else None

    async def _take(self, tp: TP, expected: int, limit: int) -> _Taken | None:
        """Records of `tp` from `expected` on, as far as they are fetched, up to about `limit` bytes."""
        state = self._state(tp)
        if state is None:
            return None
        position = state.position if state.has_valid_position else None
        if position is None and tp in self._standing:
            return None  # aiokafka is asking the broker where the log begins
        if position is None or self._standing.get(tp) != (expected, position):
            await self._go_back(tp, expected)
            return None
        fetcher = self._ensure_consumer()._fetcher
        records: list[ConsumerRecord] = []
        size, chunk = 0, _FIRST_CHUNK
        while size < limit and (more := (await fetcher.fetched_records({tp}, 0, chunk)).get(tp)):
            records += more
            for record in more:
                size += record.serialized_value_size + record.serialized_key_size
            # As many as fit, by the mean so far; at least a few, or a large record would make many small rounds.
            chunk = min(_LARGEST_CHUNK, max(_FIRST_CHUNK, (limit - size) * len(records) // max(size, 1)))
        self._standing[tp] = (records[-1].offset + 1 if records else expected, state.position)
        return _Taken(tp, records, size) if records else None

    async def _go_back(self, tp: TP, expected: int) -> None:
        """Stand at `expected`, because the position is somebody else's: a fresh one, Faust's seek, or a reset."""
        offset = expected
        if self._standing.get(tp, (None,))[0] == expected:
            offset = await self._nearest(tp, expected)
        if self._state(tp) is not None:
            self._ensure_consumer().seek(tp, offset)
            self._standing[tp] = (expected, offset)

    async def _nearest(self, tp: TP, expected: int) -> int:
        """`expected`, or the log's beginning if retention has overtaken it; beyond the log's end nothing is right."""
        consumer = self._ensure_consumer()
        begin = (await consumer.beginning_offsets([tp]))[tp]
        end = (await consumer.end_offsets([tp]))[tp]
        if expected > end:
            raise LogError(
                f"{tp.topic}/{tp.partition} ends at {end}, but this run had read up to {expected}: "
                "the log was cut or replaced; restore it or start a new run"
            )
        if expected < begin:
            logger.warning("%s: records %d to %d are no more in the log", tp, expected, begin - 1)
        return expected if expected > begin else int(begin)

    def _idle(self, tp: TP) -> tuple[int, int] | None:
        """Up to which time it is known that nothing follows, and after which offset.

        The newest answer arrived at `state.timestamp`, but it says what the log held when the broker looked. That was
        not before the answer preceding it had arrived (a node has one fetch in flight): this is the time to give.
        """
        state = self._state(tp)
        if state is None or state.timestamp is None or not state.has_valid_position:
            return None
        before, newest = self._answers.get(tp, (None, None))
        if state.timestamp != newest:
            before, newest = newest, state.timestamp
            self._answers[tp] = (before, newest)
        expected, position = self._standing.get(tp, (None, None))
        if before is None or expected is None or not position == state.position == state.highwater:
            return None
        return expected, before


class Consumer(stock.Consumer):
    """Faust's Kafka consumer, with batches. See the module's docstring, and `BatchConsumer`."""

    _thread: ConsumerThread

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
        for taken in polled.taken:
            if self.flow_active and epoch == self._epoch:
                await self._hand_over(taken)
        for tp, record in self.scheduler.iterate(polled.records):
            if not self.flow_active or generation != self.app.consumer_generation_id:
                break  # the partitions are sought again when the rebalance has settled
            if tp in self._active_partitions or tp in self._buffered_partitions:
                yield tp, self._to_message(tp, record)

    async def _poll(self) -> _Polled:
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
            return _NOTHING
        polled: _Polled = await self._thread.call_thread(self._thread.poll, plain, held, room, wait)
        return polled

    def _has_room(self, tp: TP) -> bool:
        waiting = self._waiting.setdefault(tp, deque())
        while waiting and waiting[0].tracked:  # the stream has taken it out of its buffer
            waiting.popleft()
        return len(waiting) < _WAITING_BATCHES and not self._ledger.paused(tp)

    async def _hand_over(self, taken: _Taken) -> None:
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
