"""What an agent needs around it, without a running application: a stream of batches, a consumer's bookkeeping."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from faust.types import TP

from streams.transports.batches import Batch
from streams.transports.ledger import BatchLedger


@dataclass
class Desk:
    """A `BatchConsumer` and a stream: what is put in is handed over in order.

    Parameters
    ----------
    starts
        The partitions held, with the first offset of each.
    """

    starts: dict[TP, int]
    epoch: int = 1
    paused: set[TP] = field(default_factory=set)
    idle: dict[TP, int] = field(default_factory=dict)
    stamps_here: bool = True

    def __post_init__(self) -> None:
        self.ledger = BatchLedger()
        self.ledger.assign(self.epoch, self.starts)
        self._queue: asyncio.Queue[Batch] = asyncio.Queue()

    def put(self, tp: TP, records: Sequence[Any], epoch: int | None = None) -> None:
        """Hand a batch over."""
        end = records[-1].offset + 1
        self.ledger.accept(tp, records[0].offset, end, 100)
        self._queue.put_nowait(Batch(tp, records, records[0].offset, end, self.epoch if epoch is None else epoch))

    def idle_at(self, tp: TP) -> int | None:
        return self.idle.get(tp)

    def handed_over(self, tp: TP) -> int | None:
        return self.ledger.handed_over(tp)

    def acknowledged(self, tp: TP) -> int | None:
        return self.ledger.acknowledged(tp)

    def to_commit(self, tp: TP) -> int | None:
        return self.ledger.to_commit(tp)

    def in_flight(self, tp: TP) -> int:
        return self.ledger.in_flight(tp)

    def taken(self, batch: Batch) -> None:
        self.ledger.taken(batch.tp, batch.end, batch.epoch)

    def acknowledge(self, tp: TP, end: int, epoch: int) -> None:
        self.ledger.ack(tp, end, epoch)

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        self.paused |= set(tps)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        self.paused -= set(tps)

    # The stream

    def noack(self) -> "Desk":
        return self

    async def events(self) -> AsyncIterator[Any]:
        while True:
            yield SimpleNamespace(value=await self._queue.get())

    async def ack(self, event: Any) -> None:
        batch: Batch = event.value
        self.acknowledge(batch.tp, batch.end, batch.epoch)
