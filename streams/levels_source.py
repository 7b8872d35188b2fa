"""`alerts.ports.LevelSource` over the log: the hours' levels, in order."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta

import msgspec

from alerts.model import Level
from alerts.ports import FoundLevel, Place, SourceUnavailableError
from streams.log import Log, LogError, UnknownTopicError
from streams.topics import Topics

logger = logging.getLogger(__name__)

_WAIT = timedelta(milliseconds=500)
_PAGE = 2000
#: A level of a single minute says so; it is passed over without being decoded.
_MINUTE = b'"minutes":1,'
_decode = msgspec.json.Decoder(Level).decode


class LogLevelSource:
    """Levels of one run.

    Parameters
    ----------
    log
        Started client.
    topics
        Of the run.
    """

    def __init__(self, log: Log, topics: Topics) -> None:
        self._log = log
        self._topic = topics.levels

    async def follow(self, after: Mapping[tuple[str, int], int]) -> AsyncIterator[Sequence[FoundLevel]]:
        """Yield batches for ever. See `alerts.ports.LevelSource`."""
        offset = after.get((self._topic, 0), -1) + 1
        while True:
            try:
                records = await self._log.read(self._topic, 0, offset, limit=_PAGE, wait=_WAIT)
            except UnknownTopicError:  # no worker has been started for this run
                await asyncio.sleep(_WAIT.total_seconds())
                yield []
                continue
            except LogError as error:
                raise SourceUnavailableError(str(error)) from error
            yield [found for record in records if (found := self._found(record.offset, record.value or b""))]
            offset = records[-1].offset + 1 if records else offset

    def _found(self, offset: int, value: bytes) -> FoundLevel | None:
        if _MINUTE in value:
            return None
        try:
            return FoundLevel(Place(self._topic, 0, offset), _decode(value))
        except msgspec.DecodeError as error:
            logger.warning("%s/0 at %d cannot be read and is passed over: %s", self._topic, offset, error)
            return None
