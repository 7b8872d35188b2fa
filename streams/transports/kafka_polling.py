"""The thread that polls a Kafka broker: takes a batch a partition, and knows where in each it stands.

It reaches into aiokafka's fetcher and subscription state, as Faust's own driver does; both are pinned. What differs
from the stock thread, and why, is in `streams.transports.kafka`.
"""

# ruff: noqa: SLF001 - reaches into aiokafka and Faust, as the docstring says

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import aiokafka
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import ConsumerStoppedError
from aiokafka.structs import ConsumerRecord
from faust.transport.drivers import aiokafka as stock
from faust.types import TP

from streams.log import LogError
from streams.transports.kafka_unreadable import UNREADABLE, Unreadable, find_end
from streams.transports.ledger import BATCH_BYTES

logger = logging.getLogger(__name__)

#: How long the broker keeps a fetch that finds nothing: the age of a quiet partition's marks. Faust has 1,500.
FETCH_WAIT_MS = 100

#: A request that is not answered within this is given up, so that a broker that says nothing is left; a little more
#: than a rebalance may take, since whoever joins waits for the others.
REQUEST_MS = 15_000
#: How old what is known of the cluster may become: where a broker says nothing, this finds who leads instead of it.
METADATA_MS = 3_000

#: So often what cannot be read is fetched again, in case only the way here was bad, and so long lies between.
_TRIES, _TRY_AGAIN = 3, 0.1

_FIRST_CHUNK, _LARGEST_CHUNK = 16, 4096


class Taken(NamedTuple):
    """What one poll took from one batch partition."""

    tp: TP
    records: list[ConsumerRecord]
    size: int


class Polled(NamedTuple):
    """What one poll brought: records of stock topics, batches, and log ends; `idle` is (offset, milliseconds)."""

    records: Mapping[TP, list[ConsumerRecord]]
    taken: list[Taken]
    ends: Mapping[TP, int]
    idle: Mapping[TP, tuple[int, int]]
    unreadable: Sequence[Unreadable] = ()


NOTHING = Polled({}, [], {}, {})


class ConsumerThread(stock.AIOKafkaConsumerThread):
    """The thread that talks to the broker: takes batches, and knows where in each partition it stands."""

    def __post_init__(self) -> None:
        super().__post_init__()
        # Of each batch partition: the offset the next batch must start at, and aiokafka's position for it. They differ
        # only behind records that are no more (retention, compaction) or never were (transaction markers).
        self._standing: dict[TP, tuple[int, int]] = {}
        self._answers: dict[TP, tuple[int | None, int]] = {}
        # Where records are taken one by one, since something near cannot be read; and how often it was tried.
        self._careful: dict[TP, tuple[int, int]] = {}
        self._unreadable: list[Unreadable] = []

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
            metadata_max_age_ms=METADATA_MS,
            connections_max_idle_ms=conf.consumer_connections_max_idle_ms,
            max_poll_interval_ms=int((conf.broker_max_poll_interval or 0) * 1000),
            request_timeout_ms=REQUEST_MS,
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            **stock.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
        )

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Forget where it stood: the positions are new."""
        self._standing.clear()
        self._answers.clear()
        self._careful.clear()
        self._unreadable.clear()
        await super().on_partitions_assigned(assigned, generation_id)

    async def poll(self, plain: set[TP], held: Mapping[TP, int], room: Mapping[TP, int], wait: float) -> Polled:
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
                if taken or records or left <= 0 or self._unreadable:
                    return self._report(records, taken, held)
                await asyncio.wait([waiter := fetcher._create_fetch_waiter()], timeout=left)
                if not waiter.cancel():
                    waiter.result()  # raises what aiokafka has to say: an authorisation error, for example
        return NOTHING

    def _report(self, records: Mapping[TP, list[ConsumerRecord]], taken: list[Taken], held: Iterable[TP]) -> Polled:
        tps = {*records, *(batch.tp for batch in taken)}
        ends = {tp: state.highwater for tp in tps if (state := self._state(tp)) and state.highwater is not None}
        unreadable, self._unreadable = self._unreadable, []
        return Polled(records, taken, ends, {tp: idle for tp in held if (idle := self._idle(tp))}, unreadable)

    def _state(self, tp: TP) -> Any | None:
        """What aiokafka knows of a partition; `None` unless it is assigned at this moment."""
        subscription = self._ensure_consumer()._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        return assignment.state_value(tp) if assignment is not None and assignment.active else None

    async def _take(self, tp: TP, expected: int, limit: int) -> Taken | None:
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
        try:
            records, size = await self._fetched(tp, limit)
        except UNREADABLE as error:
            await self._look_closer(tp, expected, state, error)
            return None
        self._standing[tp] = (records[-1].offset + 1 if records else expected, state.position)
        return Taken(tp, records, size) if records else None

    async def _fetched(self, tp: TP, limit: int) -> tuple[list[ConsumerRecord], int]:
        fetcher = self._ensure_consumer()._fetcher
        records: list[ConsumerRecord] = []
        size, chunk = 0, 1 if tp in self._careful else _FIRST_CHUNK
        while size < limit and (more := (await fetcher.fetched_records({tp}, 0, chunk)).get(tp)):
            records += more
            for record in more:
                size += record.serialized_value_size + record.serialized_key_size
            if tp in self._careful:
                break  # what is behind it may be what cannot be read
            # As many as fit, by the mean so far; at least a few, or a large record would make many small rounds.
            chunk = min(_LARGEST_CHUNK, max(_FIRST_CHUNK, (limit - size) * len(records) // max(size, 1)))
        return records, size

    async def _look_closer(self, tp: TP, expected: int, state: Any, error: Exception) -> None:
        """Something from `state.position` on cannot be read: fetch it again, then find out how far it goes.

        Until it is passed, records are taken one by one: aiokafka drops what it decoded before the error.
        """
        consumer, position = self._ensure_consumer(), state.position
        at, tries = self._careful.get(tp, (position, 0))
        self._careful[tp] = (position, tries + 1 if at == position else 1)
        consumer._fetcher._records.pop(tp, None)
        if self._careful[tp][1] <= _TRIES:
            await asyncio.sleep(_TRY_AGAIN)
            consumer.seek(tp, position)
            return
        end = await find_end(consumer._client, tp, position, state.highwater)
        self._unreadable.append(Unreadable(tp, position, end, f"{type(error).__name__}: {error}"))
        del self._careful[tp]
        consumer.seek(tp, end)
        self._standing[tp] = (expected, end)

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
