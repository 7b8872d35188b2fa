"""Take findings from the log into the alert store, and wake those who tell of them."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from alerts.lifecycle import PATIENCE
from alerts.model import LIVE, Change, Finding
from alerts.ports import FindingSource, Found, LevelSource
from alerts.routing import OLDEST
from alerts.store.levels import KEPT
from alerts.store.protocol import AlertStore
from api.metrics import Metrics
from api.times import parse, show

logger = logging.getLogger(__name__)

_FORGET_EVERY_SECONDS = 3600.0
_STALE_EVERY_SECONDS = 60.0
#: Another replica's alerts, and quiet incidents, are looked at so often; one's own at once.
_GROUP_EVERY_SECONDS = 5.0
_GROUPED_AT_ONCE = 1000


class Ingest:
    """Applies what a source finds, in order; where to go on after a restart stands in the store, in the same commit.

    Parameters
    ----------
    tell
        Called with the changes after they are durable.
    parents
        The body above each, by code: how alerts are grouped into incidents.
    """

    def __init__(
        self,
        store: AlertStore,
        metrics: Metrics,
        clock: Callable[[], datetime],
        tell: Callable[[Sequence[Change]], None],
        parents: Mapping[str, str],
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._clock = clock
        self._tell = tell
        self._parents = parents
        self._ungrouped = asyncio.Event()

    async def follow(self, source: FindingSource, well: Callable[[], None]) -> None:
        """Follow one source for ever, from where the store stands.

        Parameters
        ----------
        well
            Called whenever the source answers.
        """
        places = await asyncio.to_thread(self._store.places)
        async for found in source.follow(places):
            if found:
                await self._apply(found)
            well()

    async def follow_levels(self, source: LevelSource, well: Callable[[], None]) -> None:
        """Follow one source of levels for ever; each hour, what is older than 90 days is forgotten."""
        places = await asyncio.to_thread(self._store.places)
        forgotten: datetime | None = None
        async for found in source.follow(places):
            now = self._clock()
            if found:
                await asyncio.to_thread(self._store.put_levels, found)
            if forgotten is None or now - forgotten > timedelta(hours=1):
                forgotten = now
                await asyncio.to_thread(self._store.forget_levels, show(now - KEPT))
            well()

    async def _apply(self, found: Sequence[Found]) -> None:
        now = self._clock()
        # A new store on a log of 400 days takes all of it, and tells receivers only of what is news.
        changes = await asyncio.to_thread(self._store.apply, found, now, oldest=OLDEST)
        if not changes:
            return
        fired = {
            (one.value.id, one.value.revision): one.value.fired_at for one in found if isinstance(one.value, Finding)
        }
        for change in changes:
            self._metrics.alerts.labels(change.kind.value).inc()
            at = fired.get((change.alert_id, change.revision))
            if at is not None and change.run == LIVE:
                self._metrics.to_store.observe(max(0.0, (self._clock() - parse(at)).total_seconds()))
        self._tell(changes)
        self._ungrouped.set()

    async def group(self) -> None:
        """Group alerts into incidents as they change, and call incidents over that have been quiet."""
        while True:
            self._ungrouped.clear()
            changes = await asyncio.to_thread(self._group)
            if changes:
                self._tell(changes)
                continue  # there may be more
            with suppress(TimeoutError):
                async with asyncio.timeout(_GROUP_EVERY_SECONDS):
                    await self._ungrouped.wait()

    def _group(self) -> list[Change]:
        made = self._store.group_alerts(self._clock(), _GROUPED_AT_ONCE, parents=self._parents)
        made = made or self._store.settle_incidents(self._clock())
        for change in made:
            self._metrics.incidents.labels(change.kind.value).inc()
        return made

    async def forget_texts(self, kept: timedelta) -> None:
        """Forget, each hour, the texts stored longer ago than `kept`, but for those that a firing alert shows."""
        while True:
            gone = await asyncio.to_thread(self._store.forget_texts, self._clock() - kept)
            if gone:
                logger.info("%d texts of mentions were forgotten: older than %d days", gone, kept.days)
            await asyncio.sleep(_FORGET_EVERY_SECONDS)

    async def watch_stale(self, patience: timedelta = PATIENCE) -> None:
        """Mark, each minute, the firing alerts that nothing was heard of for long."""
        while True:
            changes = await asyncio.to_thread(self._store.mark_stale, self._clock(), patience)
            for change in changes:
                self._metrics.alerts.labels(change.kind.value).inc()
            if changes:
                self._tell(changes)
            await asyncio.sleep(_STALE_EVERY_SECONDS)
