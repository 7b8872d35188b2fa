"""`alerts.ports.FindingSource` over the log: findings in order, each after the excerpts it shows."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta

import msgspec

from alerts.model import Excerpt, Finding
from alerts.ports import Found, Place, SourceUnavailableError
from streams.log import Log, LogError, UnknownTopicError
from streams.topics import Topics

logger = logging.getLogger(__name__)

_WAIT = timedelta(milliseconds=500)
_PAGE = 500


class LogFindingSource:
    """Findings and excerpts of one run.

    Parameters
    ----------
    log
        Started client.
    topics
        Of the run.
    """

    def __init__(self, log: Log, topics: Topics) -> None:
        self._log = log
        self._topics = topics
        #: Records passed over since they could not be read.
        self.unreadable = 0

    async def follow(self, after: Mapping[tuple[str, int], int]) -> AsyncIterator[Sequence[Found]]:
        """Yield batches for ever. See `alerts.ports.FindingSource`."""
        found_at = after.get((self._topics.findings, 0), -1) + 1
        shown_at = after.get((self._topics.excerpts, 0), -1) + 1
        while True:
            try:
                findings, found_at = await self._page(self._topics.findings, found_at, Finding, _WAIT)
                # Excerpts were acknowledged before their finding was sent: whatever is there now covers it.
                excerpts: list[Found] = []
                if findings:
                    excerpts, shown_at = await self._all(self._topics.excerpts, shown_at)
            except UnknownTopicError:
                findings, excerpts = [], []
            except LogError as error:
                raise SourceUnavailableError(str(error)) from error
            yield [*excerpts, *findings]

    async def _all(self, topic: str, offset: int) -> tuple[list[Found], int]:
        _, end = await self._log.bounds(topic, 0)
        everything: list[Found] = []
        while offset < end:
            page, reached = await self._page(topic, offset, Excerpt, timedelta(0))
            if reached == offset:
                break
            everything += page
            offset = reached
        return everything, offset

    async def _page(
        self, topic: str, offset: int, kind: type[Finding] | type[Excerpt], wait: timedelta
    ) -> tuple[list[Found], int]:
        records = await self._log.read(topic, 0, offset, limit=_PAGE, wait=wait)
        found: list[Found] = []
        for record in records:
            try:
                value = msgspec.json.decode(record.value or b"", type=kind)
            except msgspec.DecodeError as error:
                self.unreadable += 1
                logger.warning("%s/0 at %d cannot be read and is passed over: %s", topic, record.offset, error)
                continue
            found.append(Found(Place(topic, 0, record.offset), value))
        return found, (records[-1].offset + 1 if records else offset)
