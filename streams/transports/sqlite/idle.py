"""Since when partitions are empty, by the clock that stamps appends."""

import asyncio
import logging
from collections.abc import Iterable

from faust.types import TP

from streams.log import LogError
from streams.transports.sqlite.session import LogSession

logger = logging.getLogger(__name__)

_EVERY_SECONDS = 0.05


class IdleTimes:
    """Asks the log now and then, between two transactions of any process, which partitions hold nothing more.

    Parameters
    ----------
    session
        The open log.
    """

    def __init__(self, session: LogSession) -> None:
        self._session = session
        self._times: dict[TP, tuple[int, int]] = {}
        self._newest = 0
        self._asked = 0.0
        self._asking: asyncio.Task[None] | None = None

    def at(self, tp: TP, offset: int) -> int | None:
        """Log time (ms) at which `tp` was last seen to hold nothing from `offset` on; `None` before that."""
        known, time = self._times.get(tp, (-1, 0))
        return time if known == offset else None

    def clear(self) -> None:
        """Forget all times: a new assignment begins."""
        self._times.clear()

    def probe(self, empty: Iterable[tuple[TP, int, int, int]]) -> None:
        """Ask in the background, if it is time to.

        Parameters
        ----------
        empty
            Partitions that seem to hold nothing more: with id in the store, offset to be handed over next, and offset
            up to which nothing is left.
        """
        now = asyncio.get_running_loop().time()
        if now - self._asked < _EVERY_SECONDS or (self._asking is not None and not self._asking.done()):
            return
        self._asked = now
        partitions = list(empty)
        if partitions:
            self._asking = asyncio.create_task(self._ask(partitions))

    async def stop(self) -> None:
        """Wait for the question under way."""
        if self._asking is not None:
            await asyncio.wait([self._asking])

    async def _ask(self, partitions: list[tuple[TP, int, int, int]]) -> None:
        expected = {id_: next_ for _, id_, _, next_ in partitions}
        try:
            time, still = await self._session.run(self._session.store.idle, expected, self._newest)
        except LogError as error:
            logger.warning("idle partitions are not marked now: %s", error)
            return
        self._newest = time
        self._times.update({tp: (offset, time) for tp, id_, offset, _ in partitions if id_ in still})
