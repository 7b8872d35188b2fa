"""Takes envelopes: what was sent twice is dropped, what is new waits until the watermark has passed it."""

from dataclasses import replace

import numpy as np

from streams.watching.arrivals import TICK, Arrivals, Entry
from streams.watching.columns import Block, Ints
from streams.watching.envelopes import Envelope, Reading
from streams.watching.flowing import Flowing
from streams.watching.marks import Marks, Progress
from streams.watching.output import Output
from streams.watching.pending import Pending


class Intake:
    """The readings that wait, and how far each `mentions` partition has been read.

    Parameters
    ----------
    partitions
        How many `mentions` partitions there are.
    """

    def __init__(self, partitions: int) -> None:
        self.marks = Marks.of(partitions)
        self.pending = Pending()
        self.flowing = Flowing()
        #: When the first mention of the run was seen; unknown at first.
        self.earliest: int | None = None

    def take(self, envelope: Envelope, output: Output, *, begun: bool) -> None:
        """Let the readings wait that are new, and take the mark; `earliest` stands still once it has `begun`."""
        progress = self.marks.progress(envelope.partition)
        if envelope.end > progress.next_offset and not envelope.final:
            self.marks.reopen(envelope.partition)
        if progress.without:
            self.marks.speak(envelope.partition, progress.mark)  # its mark moves to the watermark before any reading
        if envelope.start < envelope.end and envelope.first:
            self._began(envelope.first, begun=begun)
        if envelope.flow is not None:
            sources = [(source.kind, source.name) for source in envelope.sources]
            self.flowing.take(envelope.flow, envelope.start, progress.next_offset, sources)
        block, repeated = _new_columns(envelope, progress.next_offset)
        fresh = [reading for reading in envelope.readings if reading.offset >= progress.next_offset]
        output.count("readings_repeated", repeated + len(envelope.readings) - len(fresh))
        seen, raised = self._seen(fresh, block, progress)
        output.count("readings_raised", raised)
        if not envelope.first and len(seen):
            self._began(int(seen[0]), begun=begun)
        self._wait(envelope, fresh, block, seen)
        progress.next_offset = max(progress.next_offset, envelope.end)
        self.marks.speak(envelope.partition, envelope.mark, final=envelope.final)

    @staticmethod
    def _seen(fresh: list[Reading], block: Block | None, progress: Progress) -> tuple[Ints, int]:
        """When each was seen, in the order of offsets, none before another or the mark; and how many were raised."""
        seen = np.array([reading.seen_at for reading in fresh], dtype=np.int64)
        if block is not None:
            seen = np.concatenate([seen, block.seen_at])[_order(fresh, block)]
        if not len(seen):
            return seen, 0
        later = np.maximum.accumulate(np.maximum(seen, max(progress.mark, progress.last_seen)))
        progress.last_seen = int(later[-1])
        return later, int(np.count_nonzero(later != seen))

    def _wait(self, envelope: Envelope, fresh: list[Reading], block: Block | None, seen: Ints) -> None:
        of_readings = seen
        if block is not None:
            places = np.empty_like(seen)
            places[_order(fresh, block)] = seen
            of_readings = places[: len(fresh)]
            self.pending.add_block(envelope.partition, replace(block, seen_at=places[len(fresh) :]))
        for reading, seen_at in zip(fresh, of_readings.tolist(), strict=True):
            source = envelope.sources[reading.source]
            self.pending.add(Entry(seen_at, envelope.partition, reading.offset, reading, source))

    def _began(self, seen_at: int, *, begun: bool) -> None:
        if self.earliest is None or (seen_at < self.earliest and not begun):
            self.earliest = seen_at

    def end(self, tick: int) -> int | None:
        """The tick that the watermark has reached; `None` where nothing is due since `tick`."""
        if self.marks.watermark is None:
            return None
        end = self.marks.watermark - self.marks.watermark % TICK
        return None if end <= tick or self.earliest is None or end <= self.earliest else end

    def until(self, end: int) -> Arrivals | None:
        """Take out what was seen before `end`."""
        return self.pending.until(end)


def _new_columns(envelope: Envelope, next_offset: int) -> tuple[Block | None, int]:
    """Of the readings in columns those that are new, `None` without any, and how many are not."""
    if envelope.plain is None:
        return None, 0
    block = Block.of(envelope.plain, tuple((source.kind, source.name) for source in envelope.sources))
    known = int(np.searchsorted(block.offsets, next_offset))
    return (block.cut(known) if known < len(block) else None), known


def _order(fresh: list[Reading], block: Block) -> Ints:
    """Order of offsets of the readings one by one and, after them, those in columns."""
    offsets = np.concatenate([np.array([reading.offset for reading in fresh], dtype=np.int64), block.offsets])
    return np.argsort(offsets, kind="stable")
