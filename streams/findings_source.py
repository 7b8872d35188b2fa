"""`alerts.ports.FindingSource` over the log: findings in order, each after the excerpts it shows."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import timedelta

import msgspec

from alerts.decoding import decode_finding
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
        findings, excerpts = self._topics.findings, self._topics.excerpts
        found_at, shown_at = after.get((findings, 0), -1) + 1, after.get((excerpts, 0), -1) + 1
        while True:
            try:
                found, found_after = await self._page(findings, found_at, decode_finding, _WAIT)
                # Excerpts were acknowledged before their finding was sent: whatever is there now covers it.
                _, shown_end = await self._log.bounds(excerpts, 0) if found_after > found_at else (0, 0)
                while shown_at < shown_end:
                    shown, shown_after = await self._page(excerpts, shown_at, _excerpt)
                    if shown_after == shown_at:
                        break
                    shown_at = shown_after
                    yield shown
            except UnknownTopicError:  # no worker has been started for this run
                await asyncio.sleep(_WAIT.total_seconds())
                yield []
                continue
            except LogError as error:
                raise SourceUnavailableError(str(error)) from error
            found_at = found_after
            yield found

    async def _page(
        self, topic: str, offset: int, decode: Callable[[bytes], Finding | Excerpt], wait: timedelta = timedelta(0)
    ) -> tuple[list[Found], int]:
        records = await self._log.read(topic, 0, offset, limit=_PAGE, wait=wait)
        found: list[Found] = []
        for record in records:
            try:
                value = decode(record.value or b"")
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                self.unreadable += 1
                logger.warning("%s/0 at %d cannot be read and is passed over: %s", topic, record.offset, error)
                continue
            found.append(Found(Place(topic, 0, record.offset), value))
        return found, (records[-1].offset + 1 if records else offset)


def _excerpt(data: bytes) -> Excerpt:
    return msgspec.json.decode(data, type=Excerpt)
