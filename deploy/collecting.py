"""Puts the collector together: log, guarded connections, memory."""

import logging
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from alerts.addresses import AddressPolicy
from alerts.errors import AddressRefusedError
from alerts.ports import Refused
from api.delivery.guard import open_session
from deploy.settings import Settings
from deploy.state import prepare
from streams.log import open_log
from streams.sources.collector import Collector
from streams.sources.fetching import Gate
from streams.sources.lines import Line
from streams.sources.memory import FeedMemories
from streams.sources.publisher import Publisher
from streams.topics import Topics, topic_specs


async def run_collector(settings: Settings, known: frozenset[str], *, once: bool, clock: Callable[[], int]) -> int:
    """Poll the feeds for ever, or once; returns how many failed."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    prepare(settings.state_dir)
    topic = Topics(settings.streams.run).mentions
    policy = AddressPolicy(allow=settings.feeds.allow_networks)
    log = open_log(settings.log_url, settings.streams.kafka)
    await log.start()
    try:
        await log.create(*topic_specs(settings.streams))
        partitions = await log.partitions(topic)

        async def publish(lines: Sequence[bytes]) -> Sequence[Refused]:
            publisher = Publisher(log, topic, known, partitions, clock=clock)
            refused = await publisher.put(Line(number, data) for number, data in enumerate(lines, 1))
            await publisher.flush()
            return refused

        async with open_session(policy, limit=16) as session:
            gate = Gate(session, lambda url: policy.check_url(url).url, AddressRefusedError)
            collector = Collector(
                settings.feeds,
                gate,
                publish,
                FeedMemories(settings.state_dir / "feeds"),
                clock=lambda: datetime.fromtimestamp(clock() / 1000, UTC),
                chance=random.SystemRandom().random,
            )
            if once:
                return await collector.once()
            await collector.run()
            return 0
    finally:
        await log.stop()
