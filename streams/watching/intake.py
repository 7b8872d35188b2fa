"""Takes envelopes: what was sent twice is dropped, what is new waits until the watermark has passed it."""

from collections.abc import Iterator

from streams.watching.envelopes import Envelope
from streams.watching.marks import Marks
from streams.watching.output import Output
from streams.watching.pending import TICK, Entry, Pending


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
        next_offset, mark, last_seen = progress.next_offset, progress.mark, progress.last_seen
        repeated = raised = 0
        for reading in envelope.readings:
            if reading.offset < next_offset:
                repeated += 1
                continue
            seen_at = reading.seen_at
            if seen_at < mark or seen_at < last_seen:
                raised += 1
                seen_at = max(mark, last_seen)
            last_seen = seen_at
            if not envelope.first:
                self._began(seen_at, begun=begun)
            source = envelope.sources[reading.source]
            self.pending.add(Entry(seen_at, envelope.partition, reading.offset, reading, source))
        progress.next_offset = max(next_offset, envelope.end)
        progress.last_seen = last_seen
        self.marks.speak(envelope.partition, envelope.mark, final=envelope.final)
        output.count("readings_repeated", repeated)
        output.count("readings_raised", raised)

    def _began(self, seen_at: int, *, begun: bool) -> None:
        if self.earliest is None or (seen_at < self.earliest and not begun):
            self.earliest = seen_at

    def end(self, tick: int) -> int | None:
        """The tick that the watermark has reached; `None` where nothing is due since `tick`."""
        if self.marks.watermark is None:
            return None
        end = self.marks.watermark - self.marks.watermark % TICK
        return None if end <= tick or self.earliest is None or end <= self.earliest else end

    def until(self, end: int) -> Iterator[tuple[int, list[Entry]]]:
        """Take out what was seen before `end`, tick by tick."""
        return self.pending.until(end)
