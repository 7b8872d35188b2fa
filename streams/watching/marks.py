"""How far each `mentions` partition has been read, and from it the watermark (docs/determinism.md)."""

import msgspec

#: Nothing is known yet.
UNKNOWN = -1
#: How far the watermark goes past the last mark when every partition is final: the minutes still open close.
AFTER_THE_END = 11 * 60_000


class Progress(msgspec.Struct):
    """How far one `mentions` partition has been read.

    Attributes
    ----------
    next_offset
        One past the last offset taken.
    mark
        Milliseconds: every record seen before it is here. `UNKNOWN` until the partition has spoken.
    last_seen
        Greatest seen_at of its readings.
    final
        There will be no more.
    without
        Ticks do not wait for it until it speaks again.
    """

    next_offset: int = 0
    mark: int = UNKNOWN
    last_seen: int = UNKNOWN
    final: bool = False
    without: bool = False


class Marks(msgspec.Struct):
    """The marks of all `mentions` partitions; their watermark never goes back.

    Examples
    --------
    >>> marks = Marks.of(2)
    >>> marks.speak(0, mark=5000), marks.watermark
    (None, None)
    >>> marks.speak(1, mark=3000), marks.watermark
    (None, 3000)
    """

    partitions: dict[int, Progress]
    watermark: int | None = None

    @classmethod
    def of(cls, partitions: int) -> "Marks":
        """Marks of `partitions` partitions that have not spoken."""
        return cls({partition: Progress() for partition in range(partitions)})

    def progress(self, partition: int) -> Progress:
        """Progress of a partition; one that nobody announced joins here."""
        known = self.partitions.get(partition)
        if known is None:
            known = self.partitions[partition] = Progress(mark=UNKNOWN if self.watermark is None else self.watermark)
        return known

    def speak(self, partition: int, mark: int, *, final: bool = False) -> None:
        """Take a mark. An older one than known changes nothing: a reader thought dead may send late."""
        progress = self.progress(partition)
        if progress.without and self.watermark is not None:
            # Ticks went on meanwhile: what it brings from before is raised to here.
            progress.mark = max(progress.mark, self.watermark)
        progress.without = False
        progress.final = progress.final or final
        progress.mark = max(progress.mark, mark)
        self._move()

    def reopen(self, partition: int) -> None:
        """Take new records in a partition that was final: its run goes on."""
        progress = self.progress(partition)
        if progress.final:
            progress.final = False
            progress.mark = max(progress.mark, UNKNOWN if self.watermark is None else self.watermark)

    def go_without(self, partition: int, watermark: int) -> bool:
        """Stop waiting for a partition, unless it has spoken since the note at `watermark` was written."""
        progress = self.progress(partition)
        if progress.mark > watermark or progress.without or progress.final:
            return False
        progress.without = True
        self._move()
        return True

    def grow(self, count: int, since: int) -> None:
        """Expect `count` partitions; the new ones have nothing from before `since`.

        What one brings from before the watermark all the same, since this was announced too late, is raised to it.
        """
        mark = since if self.watermark is None else max(since, self.watermark)
        for partition in range(count):
            if partition not in self.partitions:
                self.partitions[partition] = Progress(mark=mark)

    def ahead(self) -> frozenset[int]:
        """Partitions whose mark is ahead of the watermark."""
        lowest = UNKNOWN if self.watermark is None else self.watermark
        return frozenset(p for p, progress in self.partitions.items() if progress.mark > lowest)

    def behind(self) -> frozenset[int]:
        """Partitions for which ticks wait: those whose mark is the lowest."""
        waiting = {p: progress.mark for p, progress in self.partitions.items() if _is_awaited(progress)}
        lowest = min(waiting.values(), default=UNKNOWN)
        return frozenset(p for p, mark in waiting.items() if mark == lowest)

    def _move(self) -> None:
        waiting = [progress.mark for progress in self.partitions.values() if _is_awaited(progress)]
        if waiting:
            lowest = min(waiting)
        elif all(progress.final for progress in self.partitions.values()):
            lowest = max(progress.mark for progress in self.partitions.values()) + AFTER_THE_END
        else:
            return  # nobody is left to say how far it is
        if lowest > (UNKNOWN if self.watermark is None else self.watermark):
            self.watermark = lowest


def _is_awaited(progress: Progress) -> bool:
    return not (progress.final or progress.without)
