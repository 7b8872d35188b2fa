"""What every source sent, for every watcher: packed by read, unpacked minute by minute however batches were cut."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import numpy as np

from detectors.flows import BIN, Flows
from streams.reading.placing import MINUTE_MS as MINUTE

#: Greatest number of a source that fits into a code.
GREATEST = 0x7FFF
_CODE, _OFFSET = np.dtype("<u2"), np.dtype("<u4")


class Flow(msgspec.Struct, array_like=True, frozen=True):
    """The sources of a batch's mentions, one by one: what is sent twice can be cut where it was read before.

    Totals of a batch could not be: they would depend on how batches are cut, and say nothing of minutes.

    Attributes
    ----------
    minutes
        Pairs: a place in `codes`, and the minute in which mentions from there on were seen.
    offsets
        Four bytes a mention: its offset beyond the batch's first.
    codes
        Two bytes a mention: twice the number of the source, and 1 if it is negative.
    """

    minutes: tuple[tuple[int, int], ...]
    offsets: bytes
    codes: bytes


def pack(start: int, seen: Sequence[tuple[int, int, int, bool]]) -> Flow | None:
    """Pack the mentions of a batch that begins at `start`: offset, seen_at, number of the source, whether negative.

    Examples
    --------
    >>> flow = pack(7, [(7, 60_000, 0, True), (9, 120_500, 1, False)])
    >>> flow.minutes, np.frombuffer(flow.offsets, "<u4").tolist(), np.frombuffer(flow.codes, "<u2").tolist()
    (((0, 1), (1, 2)), [0, 2], [1, 2])
    """
    if not seen:
        return None
    offsets = np.array([max(0, offset - start) for offset, _, _, _ in seen], dtype=_OFFSET)
    codes = np.array([2 * min(source, GREATEST) + negative for _, _, source, negative in seen], dtype=_CODE)
    minutes, last = [], -1
    for place, (_, seen_at, _, _) in enumerate(seen):
        if seen_at // MINUTE > last:
            last = seen_at // MINUTE
            minutes.append((place, last))
    return Flow(tuple(minutes), offsets.tobytes(), codes.tobytes())


class Flowing:
    """Flows of the sources, fed as the watermark passes whole minutes."""

    def __init__(self) -> None:
        self.flows = Flows()
        #: Mentions and negatives by source, of minutes that the watermark has not passed.
        self.waiting: dict[int, dict[tuple[str, str], list[int]]] = {}
        self._minute = -1

    def take(self, flow: Flow, start: int, known: int, sources: Sequence[tuple[str, str]]) -> None:
        """Take what is new in a batch that begins at `start`: mentions from the offset `known` on."""
        codes = np.frombuffer(flow.codes, dtype=_CODE)
        offsets = np.frombuffer(flow.offsets, dtype=_OFFSET)
        first = int(np.searchsorted(offsets, max(0, known - start)))
        ends = [place for place, _ in flow.minutes[1:]] + [len(codes)]
        for (begin, minute), end in zip(flow.minutes, ends, strict=True):
            if end > first:
                found, many = np.unique(codes[max(begin, first) : end], return_counts=True)
                self._add(max(minute, self._minute), zip(found.tolist(), many.tolist(), strict=True), sources)

    def _add(self, minute: int, found: Iterable[tuple[int, int]], sources: Sequence[tuple[str, str]]) -> None:
        of_minute = self.waiting.setdefault(minute, {})
        for code, many in found:
            counts = of_minute.setdefault(sources[code // 2], [0, 0])
            counts[0] += many
            counts[1] += many * (code % 2)

    def close(self, minute: int) -> Iterator[int]:
        """Go on to a minute that the watermark has reached; yields at the end of each quarter of an hour."""
        if minute <= self._minute:
            return
        for busy in sorted(one for one in self.waiting if one < minute):
            yield from self._pass(busy)
            counts = self.waiting.pop(busy)
            self.flows.take(busy, {name: (both[0], both[1]) for name, both in counts.items()})
        yield from self._pass(minute)
        self._minute = minute

    def _pass(self, minute: int) -> Iterator[int]:
        while self.flows.until is not None and self.flows.until // BIN < minute // BIN:
            at = (self.flows.until // BIN + 1) * BIN
            self.flows.close(at)
            yield at
        if self.flows.until is not None:
            self.flows.close(minute)

    def parts(self) -> dict[str, bytes]:
        """Contents: what waits, and the flows."""
        waiting = [(minute, list(counts.items())) for minute, counts in sorted(self.waiting.items())]
        return {"waiting": msgspec.msgpack.encode((self._minute, waiting)), "flows": self.flows.snapshot()}

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take over what `parts` wrote."""
        kind = tuple[int, list[tuple[int, list[tuple[tuple[str, str], list[int]]]]]]
        self._minute, waiting = msgspec.msgpack.decode(parts["waiting"], type=kind)
        self.waiting = {minute: dict(counts) for minute, counts in waiting}
        self.flows.resume(parts["flows"])
