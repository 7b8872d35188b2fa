"""When a run that is behind will have caught up, from how its watermark moved lately. Pure."""

from collections import deque
from math import inf

#: What was seen longer ago than this says nothing of the pace now (milliseconds).
WINDOW = 60_000
#: Over less than this no pace is told.
LEAST = 4_000
#: So far behind is not behind: a tick, a mark and a report take their time.
NEAR = 10_000


class CatchUp:
    """Looks at the watermark now and then, and says how long it will take to the present.

    Examples
    --------
    >>> catching_up = CatchUp()
    >>> catching_up.seconds(100_000, watermark=20_000), catching_up.seconds(110_000, watermark=70_000)
    (None, 10.0)
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque()

    def seconds(self, now: int, watermark: int | None) -> float | None:
        """Seconds until the watermark is where the log is.

        Parameters
        ----------
        now
            Milliseconds since 1970 UTC, later than at the last look.
        watermark
            Milliseconds of seen_at: the lowest of all partitions; `None` where nobody says.

        Returns
        -------
        0 near the present, infinity where it comes no nearer, `None` as long as the pace is unknown.
        """
        if watermark is None:
            self._seen.clear()
            return None
        if self._seen and self._seen[-1][1] > watermark:
            self._seen.clear()  # a partition has come back, or another run
        self._seen.append((now, watermark))
        while self._seen[0][0] < now - WINDOW:
            self._seen.popleft()
        if now - watermark <= NEAR:
            return 0.0
        at, then = self._seen[0]
        if now - at < LEAST:
            return None
        gained = (watermark - then) - (now - at)
        return (now - watermark) * (now - at) / gained / 1000 if gained > 0 else inf
