"""Readings that wait for the watermark, in the order in which detection sees them."""

import heapq
from collections import deque
from collections.abc import Iterator

import numpy as np

from streams.watching.arrivals import Arrivals, Entry
from streams.watching.columns import Block
from streams.watching.envelopes import Reading

#: Roughly what a waiting reading takes beside its texts, in bytes; and one that waits among others in columns.
_OVERHEAD, _IN_COLUMNS = 600, 48


class Pending:
    """Readings by partition, each partition's in order of time and offset."""

    def __init__(self) -> None:
        self.queues: dict[int, deque[Entry]] = {}
        self.blocks: dict[int, deque[Block]] = {}
        #: Estimated memory, for back-pressure.
        self.bytes = 0

    def add(self, entry: Entry) -> None:
        """Let a reading wait; `seen_at` must not decrease within its partition."""
        self.queues.setdefault(entry.partition, deque()).append(entry)
        self.bytes += _size(entry.reading)

    def add_block(self, partition: int, block: Block) -> None:
        """Let readings wait; `seen_at` must not decrease within their partition."""
        self.blocks.setdefault(partition, deque()).append(block)
        self.bytes += _IN_COLUMNS * len(block)

    def until(self, end: int) -> Arrivals | None:
        """Take out what was seen before `end`; `None` where there is nothing."""
        entries = list(heapq.merge(*(self._take(queue, end) for queue in self.queues.values())))
        blocks = [
            (partition, block) for partition, queue in self.blocks.items() for block in self._take_blocks(queue, end)
        ]
        return Arrivals(entries, blocks) if entries or blocks else None

    def _take(self, queue: deque[Entry], end: int) -> Iterator[Entry]:
        while queue and queue[0].seen_at < end:
            entry = queue.popleft()
            self.bytes -= _size(entry.reading)
            yield entry

    def _take_blocks(self, queue: deque[Block], end: int) -> Iterator[Block]:
        while queue and queue[0].seen_at[0] < end:
            block = queue.popleft()
            cut = int(np.searchsorted(block.seen_at, end))
            if cut < len(block):
                queue.appendleft(block.cut(cut))
                block = block.cut(0, cut)
            self.bytes -= _IN_COLUMNS * len(block)
            yield block


def _size(reading: Reading) -> int:
    return _OVERHEAD + 2 * (len(reading.title) + len(reading.url) + len(reading.id))
