"""Polls feeds: each on its own schedule, so that a bad one stops no other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from alerts.ports import Refused
from streams.log import LogError
from streams.sources.feeds import Entry, FeedError, mention, parse_feed
from streams.sources.fetching import Bounds, Fetched, FetchError, Gate, fetch
from streams.sources.memory import FeedMemories, FeedMemory
from streams.sources.schedule import next_due
from streams.sources.settings import CollectorSettings, FeedSettings
from streams.sources.times import offset_is_missing

logger = logging.getLogger(__name__)

#: Appends mentions, durably; returns what was refused.
Publish = Callable[[Sequence[bytes]], Awaitable[Sequence[Refused]]]

_AT_ONCE = 8
_LEAST_REMEMBERED = 2000


class Collector:
    """Fetches the configured feeds and publishes their new entries.

    Parameters
    ----------
    settings
        Feeds and bounds.
    gate
        The way out.
    publish
        Where mentions go.
    memories
        What is kept between fetches.
    clock, chance
        Aware present time; a number in [0, 1).
    """

    def __init__(
        self,
        settings: CollectorSettings,
        gate: Gate,
        publish: Publish,
        memories: FeedMemories,
        *,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._gate = gate
        self._publish = publish
        self._memories = memories
        self._clock = clock
        self._chance = chance
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._bounds = Bounds(settings.timeout_seconds, settings.max_bytes, settings.max_ratio)

    async def run(self) -> None:
        """Poll for ever."""
        async with asyncio.TaskGroup() as group:
            for feed in self._settings.sources:
                group.create_task(self._poll(feed), name=f"feed {feed.url}")

    async def once(self) -> int:
        """Fetch every feed once, due or not; returns how many failed."""
        well = await asyncio.gather(*(self.visit(feed) for feed in self._settings.sources))
        return well.count(False)

    async def _poll(self, feed: FeedSettings) -> None:
        while True:
            due = self._memories.recall(feed.url).due_at
            if due is not None:
                # A clock that was set back must not silence a feed for longer than the longest wait.
                await asyncio.sleep(min(max((due - self._clock()).total_seconds(), 0), 86_400))
            await self.visit(feed)

    async def visit(self, feed: FeedSettings) -> bool:
        """Fetch a feed now and publish what is new; says whether that went well."""
        memory = self._memories.recall(feed.url)
        failure, retry_after = "", ""
        try:
            async with self._places:
                memory = await self._visit(feed, memory)
        except FetchError as error:
            failure, retry_after = str(error), error.retry_after
        except (FeedError, LogError) as error:
            failure = str(error)
        except Exception as error:  # a fault with one feed must not stop the others; it is told in full
            logger.exception("feed %s: a fault of ours", feed.url)
            failure = type(error).__name__
        failures = memory.failures + 1 if failure else 0
        now = self._clock()
        due = next_due(self._settings, feed, failures, now, self._chance(), retry_after)
        try:
            self._memories.keep(feed.url, msgspec.structs.replace(memory, failures=failures, due_at=due))
        except OSError as error:  # the other feeds go on; what is published again is known by its id
            logger.warning("feed %s: what is known of it cannot be kept: %s", feed.url, error.strerror)
            await asyncio.sleep(min(max((due - now).total_seconds(), 0), 86_400))
        if failure:
            wait = round((due - now).total_seconds())
            logger.warning("feed %s failed (%d in a row), asked again in %d s: %s", feed.url, failures, wait, failure)
        return not failure

    async def _visit(self, feed: FeedSettings, memory: FeedMemory) -> FeedMemory:
        fetched = await fetch(self._gate, feed.url, self._bounds, etag=memory.etag, modified=memory.modified)
        now = self._clock()
        if fetched.body is None:
            return msgspec.structs.replace(memory, fetched_at=now)
        entries = await asyncio.to_thread(parse_feed, fetched.body, self._settings.max_entries)
        return await self._take(feed, memory, fetched, entries, now)

    async def _take(
        self, feed: FeedSettings, memory: FeedMemory, fetched: Fetched, entries: Sequence[Entry], now: datetime
    ) -> FeedMemory:
        known = set(memory.seen)
        new = [entry for entry in entries if entry.id not in known]
        # Only what says UTC can have a Vietnamese time mislabelled.
        utc = [entry.written for entry in new if entry.written and entry.written.utcoffset() == timedelta(0)]
        missing = offset_is_missing(utc, now, memory.fetched_at, believed=memory.missing_offset)
        lines = [mention(entry, feed, now, missing_offset=missing) for entry in reversed(new)]
        refused = await self._publish(lines) if lines else ()
        for each in refused[:5]:
            logger.warning("feed %s: an entry was refused: %s: %s", feed.url, each.reason, each.detail)
        if new:
            logger.info("feed %s: %d new, %d refused", feed.url, len(new), len(refused))
        ids = dict.fromkeys([*(entry.id for entry in entries), *memory.seen])
        kept = tuple(ids)[: max(_LEAST_REMEMBERED, 2 * len(entries))]
        return FeedMemory(fetched.etag, fetched.modified, now, 0, None, missing, kept)
