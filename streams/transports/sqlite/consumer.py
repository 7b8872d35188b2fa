"""Faust's consumer on the embedded log: batches for the topics that ask for them, records for the others.

Where it differs from Faust's Kafka consumer, and why: positions move only as messages are handed over, so nothing that
was fetched is ever dropped; acknowledgements go to a `BatchLedger`, because Faust's own list can commit past a message
in flight; nothing flows between a rebalance and `resume_flow`, because Faust empties the streams' buffers just before.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

from faust.transport import base
from faust.types import TP
from faust.types.tuples import ConsumerMessage, Message, ack_lock
from mode import Service

from streams.transports.batches import Assignment, Batch, BatchTopic, Record
from streams.transports.ledger import BATCH_BYTES, BatchLedger, Verdict
from streams.transports.sqlite.group import assign_all
from streams.transports.sqlite.idle import IdleTimes
from streams.transports.sqlite.leases import GroupLease
from streams.transports.sqlite.session import LogSession
from streams.transports.sqlite.topics import TopicsPart

#: A batch of tiny records, and a turn of a topic that is read record by record.
_BATCH_RECORDS, _TURN_RECORDS = 10_000, 250
#: Batches of a partition that may wait for the agent; what waits in the log comes as one larger batch.
_WAITING_BATCHES = 4
#: How often topics are looked at for more partitions, and for what retention and compaction no longer need.
_GROWTH_SECONDS, _KEEP_SECONDS = 5.0, 20.0
_APPEND_TIME = 1


class _NoReadOffsets(defaultdict[TP, int | None]):
    """Faust drops messages before, and notes gaps after, the offset it believes to have read; here the ledger knows."""

    def __getitem__(self, tp: TP) -> None:
        return None


class Consumer(TopicsPart, base.Consumer):
    """Reads the log as the one worker of a consumer group, whose lease it holds while it runs. See `BatchConsumer`."""

    stamps_here = True

    transport: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_offset = _NoReadOffsets(lambda: None)
        self._session: LogSession = self.transport.session
        self._lease: GroupLease | None = None
        self._subscription: frozenset[str] = frozenset()
        self._resubscribed = asyncio.Event()
        self._batch_topics: dict[str, BatchTopic] = {}
        self._assigned: dict[TP, int] = {}  # with the partition's id in the store
        self._ledger = BatchLedger()  # positions of what is acknowledged
        self._positions: dict[TP, int] = {}  # of what is not: changelogs
        self._starts: dict[TP, int] | None = None  # what flows once Faust lets it
        self._empty_to: dict[TP, int] = {}  # up to where retention has left nothing
        self._waiting: dict[TP, deque[Message]] = {}
        self._heads: dict[int, int] = {}
        self._seen = -1
        self._turn = 0
        self._idle = IdleTimes(self._session)

    async def on_start(self) -> None:
        """Open the log and take the group's lease. Raises `GroupHeldError` if another worker has it."""
        await self._session.open()
        if not self.app.client_only:
            try:
                self._lease = GroupLease(self._session.path, self.app.conf.id)
            except BaseException:  # raised again; Faust stops nothing that did not start
                await self._session.close()
                raise

    async def on_stop(self) -> None:
        """Commit what is acknowledged, then give up the lease."""
        if self._lease is None and not self.app.client_only:
            return  # it never started
        try:
            await super().on_stop()
            await self._idle.stop()
        finally:
            if self._lease is not None:
                self._lease.release()
                self._lease = None
            await self._session.close()

    # What agents use beside Faust's own interface

    def idle_at(self, tp: TP) -> int | None:
        """See `BatchConsumer.idle_at`. No append that comes after is stamped earlier."""
        at = self._ledger.handed_over(tp)
        return None if at is None or self._behind(tp, at) else self._idle.at(tp, at)

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
        self._session.wake()

    def acknowledge(self, tp: TP, end: int, epoch: int) -> None:
        """See `BatchConsumer.acknowledge`."""
        self._ledger.ack(tp, end, epoch)
        self._session.wake()

    def ack(self, message: Message) -> bool:
        """Acknowledge a message.

        Faust also acknowledges what its streams skip while a rebalance or a stop is under way; that does not count.
        """
        with ack_lock:
            if message.acked:
                return False
            message.acked = True
            self._unacked_messages.discard(message)
            if not message.tracked:
                return False
            verdict = self._ledger.ack(message.tp, message.offset + 1, message.generation_id or 0)
        self._session.wake()
        return verdict is Verdict.ACCEPTED

    # Assignment

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Read these topics from now on. The assignment follows in a task of its own, as Faust expects it."""
        self._subscription = frozenset(topics)
        self._resubscribed.set()

    @Service.task
    async def _rebalancer(self) -> None:
        while not self.should_stop:
            if not self._resubscribed.is_set():
                await self.wait_first(self._resubscribed.wait(), timeout=_GROWTH_SECONDS)
            if self.should_stop or self.app.client_only:
                return
            if self._resubscribed.is_set() or (not self.app.rebalancing and self._have_grown()):
                self._resubscribed.clear()
                await self._rebalance()

    @Service.task
    async def _keeper(self) -> None:
        while not (self.should_stop or self.app.client_only):
            await self._session.keep()
            await self.sleep(_KEEP_SECONDS)

    def _have_grown(self) -> bool:
        held = len(self._assigned)
        return bool(held) and sum(self.topic_partitions(topic) or 0 for topic in self._subscription) > held

    async def _rebalance(self) -> None:
        app = self.app
        app.on_rebalance_start()
        await self.commit()
        await self.on_partitions_revoked(set(self._assigned))
        generation = app.consumer_generation_id + 1
        app.consumer_generation_id = generation
        self._ledger.assign(generation, {})
        self._starts = None
        for forgotten in (self._positions, self._empty_to, self._waiting, self._assigned):
            forgotten.clear()
        self._idle.clear()
        self._batch_topics = {
            name: topic for topic in app.topics if isinstance(topic, BatchTopic) for name in topic.topics
        }
        await self._create_missing()
        counts = {topic: self.topic_partitions(topic) or 0 for topic in self._subscription}
        assigned = assign_all(app.assignor, counts)
        self._assigned.update({tp: self._session.store.partition(tp) for tp in assigned})
        await self.on_partitions_assigned(set(assigned), generation)

    async def _create_missing(self) -> None:
        """Declare what is subscribed and does not exist, as Kafka would by itself."""
        for topic in list(self.app.topics):
            for name in topic.topics:
                if name in self._subscription and self.topic_partitions(name) is None:
                    if not self.app.conf.topic_allow_declare:
                        self._session.store.topic(name)  # raises what is to be done
                    await topic.declare()

    def assignment(self) -> set[TP]:
        """The partitions held now."""
        return set(self._assigned)

    # Where reading goes on

    async def perform_seek(self) -> None:
        """Find where to go on: at the committed offsets, or where `resume` says; it flows from `resume_flow` on."""
        generation = self.app.consumer_generation_id
        await super().perform_seek()
        starts = self._starts or {}
        for name, topic in self._batch_topics.items():
            held = frozenset(tp for tp in self._assigned if tp.topic == name)
            if topic.resume is not None:
                answer = await topic.resume(Assignment(generation, held))
                starts |= {tp: at for tp, at in answer.items() if at is not None and tp in held}
        if generation == self.app.consumer_generation_id:
            self._starts = starts

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go on at the committed offsets; batch topics do so at a rebalance only. Returns those there are."""
        committed, starts = {}, {}
        store, group = self._session.store, self.app.conf.id
        for tp, partition in self._assigned.items():
            if self._is_changelog_tp(tp):
                continue
            offset = store.committed(group, tp)
            if offset is not None:
                committed[tp] = offset
            first, next_ = store.bounds(partition)
            latest = self.app.conf.consumer_auto_offset_reset == "latest"
            starts[tp] = offset if offset is not None else next_ if latest else first
        if self.app.rebalancing:
            self._starts = starts
        else:
            for tp, offset in starts.items():
                await self._seek(tp, offset)
        return committed

    def resume_flow(self) -> None:
        """Let messages flow, from where `perform_seek` found."""
        super().resume_flow()
        starts, self._starts = self._starts, None
        if starts is not None:
            acked = {tp: at for tp, at in starts.items() if self.app.topics.acks_enabled_for(tp.topic)}
            self._ledger.assign(self.app.consumer_generation_id, acked)
            self._positions.update({tp: at for tp, at in starts.items() if tp not in acked})
        self._session.wake()

    async def _seek(self, partition: TP, offset: int) -> None:
        """Move a position; batch topics are moved by `resume` alone."""
        if partition.topic in self._batch_topics:
            return
        if self._ledger.handed_over(partition) is not None:
            self._ledger.seek(partition, offset)
        else:
            self._positions[partition] = offset

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Move positions."""
        for tp, offset in partitions.items():
            await self._seek(tp, offset)

    async def position(self, tp: TP) -> int | None:
        """Offset to be handed over next."""
        return self._at(tp)

    def _at(self, tp: TP) -> int | None:
        at = self._ledger.handed_over(tp)
        return self._positions.get(tp) if at is None else at

    # Fetching

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109 - Faust's signature
        """Wait for what there is to read, and hand over one turn of each partition."""
        if self.app.client_only:
            await self.sleep(timeout)
            return
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        generation = self.app.consumer_generation_id
        for tp in await self._ready(timeout):
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            for message in self._turn_of(tp):
                yield tp, message
                if not self.flow_active or generation != self.app.consumer_generation_id:
                    return

    async def _ready(self, timeout: float) -> list[TP]:  # noqa: ASYNC109 - it is no error when it passes
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while self.flow_active and not self.should_stop:
            version = self._session.version()
            if version != self._seen:
                self._seen, self._heads = version, self._session.store.heads()
            self._idle.probe(self._empty_ones())
            self._note_acknowledged()
            ready = [tp for tp in self._assigned if self._may_fetch(tp)]
            if ready:
                self._turn = (self._turn + 1) % len(ready)
                return ready[self._turn :] + ready[: self._turn]
            if loop.time() >= deadline:
                break
            await self._session.pause()
        return []

    def _may_fetch(self, tp: TP) -> bool:
        at = self._at(tp)
        if at is None or tp not in self._active_partitions or not self._behind(tp, at):
            return False
        waiting = self._waiting.get(tp)
        while waiting and waiting[0].tracked:  # the stream has taken it out of its buffer
            waiting.popleft()
        if waiting and len(waiting) >= _WAITING_BATCHES:
            return False
        return self._ledger.handed_over(tp) is None or not self._ledger.paused(tp)

    def _behind(self, tp: TP, at: int) -> bool:
        return self._heads.get(self._assigned[tp], 0) > max(at, self._empty_to.get(tp, 0))

    def _empty_ones(self) -> Iterator[tuple[TP, int, int, int]]:
        for tp, partition in self._assigned.items():
            at = self._ledger.handed_over(tp) if tp.topic in self._batch_topics else None
            if at is not None and not self._behind(tp, at):
                yield tp, partition, at, max(at, self._empty_to.get(tp, 0))

    def _turn_of(self, tp: TP) -> Iterator[Message]:
        at, partition = self._at(tp), self._assigned[tp]
        if at is None:
            return
        batched = tp.topic in self._batch_topics
        room = min(BATCH_BYTES, self._ledger.room(tp) or BATCH_BYTES)
        limit = _BATCH_RECORDS if batched else _TURN_RECORDS
        records, size = self._session.store.read(partition, at, limit=limit, most_bytes=room)
        if not records:
            self._empty_to[tp] = self._heads[partition]
        elif batched:
            yield self._hand_over_batch(Batch(tp, records, at, records[-1].offset + 1, self._ledger.epoch), size)
        else:
            yield from self._hand_over_records(tp, at, records)

    def _hand_over_batch(self, batch: Batch, size: int) -> Message:
        self._ledger.accept(batch.tp, batch.start, batch.end, size)
        message = self._message(batch.tp, batch.records[-1], None, batch, size)
        self._waiting.setdefault(batch.tp, deque()).append(message)
        return message

    def _hand_over_records(self, tp: TP, at: int, records: Iterable[Record]) -> Iterator[Message]:
        for record in records:
            if self._at(tp) != at or tp not in self._active_partitions:
                return  # sought elsewhere or paused meanwhile
            size = 64 + len(record.key or b"") + len(record.value or b"")
            end = record.offset + 1
            if self._ledger.accept(tp, at, end, size) is not Verdict.ACCEPTED:
                self._positions[tp] = end
            at = end
            yield self._to_message(tp, record)

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        return self._message(tp, record, record.key, record.value, len(record.value or b""))

    def _message(self, tp: TP, record: Any, key: bytes | None, value: Any, size: int) -> ConsumerMessage:
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.offset,
            record.timestamp / 1000,
            _APPEND_TIME,
            None if isinstance(value, Batch) else list(record.headers),
            key,
            value,
            None,
            len(key or b""),
            size,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, list[Any]]:  # noqa: ASYNC109 - Faust's signature
        raise NotImplementedError  # `getmany` does not need it

    # Committing: Faust's own way, with the ledger's offsets

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        self._note_acknowledged()
        return (tp for tp in self._ledger.committable() if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        return self._ledger.committable().get(tp)

    def _note_acknowledged(self) -> None:
        """Pass on what Faust's compiled streams have acknowledged: they write to its lists, past `ack`."""
        for tp, offsets in self._acked.items():
            for offset in offsets:
                self._ledger.ack(tp, offset + 1, self._ledger.epoch)
            offsets.clear()
            self._acked_index[tp].clear()

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        store = self._session.store
        rows = {store.partition(tp): offset for tp, offset in offsets.items()}
        generation = self._ledger.epoch
        await self._session.run(store.commit, self.app.conf.id, rows)
        if generation == self._ledger.epoch:
            self._ledger.committed(offsets)
        return True

    # What Faust asks of the log: the rest is in `TopicsPart`

    def highwater(self, tp: TP) -> int:
        """Next offset to be written, as last seen."""
        return self._heads.get(self._assigned.get(tp, -1), 0)
