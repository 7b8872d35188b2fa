"""The stream worker: a Faust application with a reading and a watching agent, made from settings and run to its end."""

import asyncio
import logging
import signal
import socket
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import faust

from streams.agents.read import ReadAgent
from streams.agents.watch import WatchAgent
from streams.duties import Duties, Worker
from streams.growing import specs_in_force
from streams.guarding import Guard
from streams.lessons import LessonRecord
from streams.log import AdminLog, Log, open_log
from streams.outbox import Outbox
from streams.reading.register import Register
from streams.reading.stage import BatchReader
from streams.running import Failure, run_until, settle_memory
from streams.settings import StreamSettings
from streams.stages import Stages
from streams.status import newest_reports
from streams.tallies import Tallies
from streams.topic_check import refuse_grave
from streams.topics import MAX_MESSAGE_BYTES, Topics
from streams.transports.batches import BatchConsumer, BatchTopic
from streams.versions import Version, VersionReader, settle, settle_lessons, settle_partitions
from streams.watching.config import WatchConfig

logger = logging.getLogger(__name__)


def broker_urls(log_url: str) -> list[str]:
    """Faust's broker addresses: our drivers' schemes, one address each.

    Examples
    --------
    >>> broker_urls("kafka://a:9092,b:9092")
    ['kafka-batch://a:9092', 'kafka-batch://b:9092']
    >>> broker_urls("sqlite:////var/lib/canhbao/log.db")
    ['sqlite:////var/lib/canhbao/log.db']
    """
    scheme, _, rest = log_url.partition("://")
    if scheme == "kafka":
        return [f"kafka-batch://{address}" for address in rest.split(",")]
    return [log_url]


def _credentials(settings: StreamSettings) -> Any:
    if not settings.log_url.startswith("kafka"):
        return None
    from streams.transports.credentials import faust_credentials  # noqa: PLC0415 - one driver is enough

    return faust_credentials(settings.kafka)


async def prepare(
    log: AdminLog, settings: StreamSettings, register: Register, now: int
) -> tuple[WatchConfig, list[Version]]:
    """Create the run's topics, and settle which versions and partitions hold from when.

    Returns
    -------
    What the run began with, and all versions of what reading and watching follow.
    """
    topics = Topics(settings.run)
    specs = await specs_in_force(log, settings)
    await log.create(*specs)
    await refuse_grave(log, specs)
    readings = await log.partitions(topics.readings)
    await settle_partitions(log, settings, readings, now)
    versions, notice = await settle(log, settings, register, readings, now)
    if notice:
        logger.warning(notice)
    config = WatchConfig(
        readings_partitions=readings,
        mentions_partitions=await log.partitions(topics.mentions),
        policy=versions[0].policy(),
        names=versions[0].names,
    )
    return config, versions


def _application(settings: StreamSettings, topics: Topics, scratch: Path) -> faust.App:
    """The Faust application as every worker has it.

    Waiting for empty streams would hang a rebalance where acknowledging is by hand. Topics are created by `prepare`:
    one that Faust declared later would wait 45 s for its subscription.
    """
    return faust.App(
        topics.group,
        broker=broker_urls(settings.log_url),
        store="memory://",
        datadir=str(scratch),
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_wait_empty=False,
        stream_buffer_maxsize=64,
        broker_commit_interval=0.3,
        broker_session_timeout=6.0,
        broker_heartbeat_interval=2.0,
        broker_rebalance_timeout=10.0,
        broker_max_poll_records=100_000,
        consumer_max_fetch_size=4 * 1024 * 1024,
        consumer_auto_offset_reset="earliest",
        producer_acks=-1,
        # A broker that says nothing is left after so long, and what it was sent goes to whoever leads instead.
        producer_request_timeout=10.0,
        producer_metadata_max_age_ms=3_000,
        producer_max_request_size=MAX_MESSAGE_BYTES,
        producer_max_batch_size=256 * 1024,
        producer_compression_type="lz4" if settings.log_url.startswith("kafka") else None,
        broker_credentials=_credentials(settings),
    )


def make_worker(
    settings: StreamSettings,
    config: WatchConfig,
    versions: Sequence[Version],
    log: Log,
    *,
    name: str,
    clock: Callable[[], int],
    scratch: Path,
    lessons: Sequence[LessonRecord] = (),
) -> Worker:
    """Put the Faust application together.

    Parameters
    ----------
    settings
        With a `log_url`.
    config, versions
        As `prepare` says.
    log
        Started client of the same log, for reading snapshots back.
    lessons
        What the model was taught before this run began.
    name
        Under which the worker reports; one name, one worker at a time.
    clock
        Milliseconds since 1970 UTC; only reports carry it, nothing is decided by it.
    scratch
        Directory in which Faust makes folders that stay empty: all state is in the log.
    """
    topics = Topics(settings.run)
    app = _application(settings, topics, scratch)
    tallies, outbox, stages = Tallies(), Outbox(app), Stages(settings, config.readings_partitions)

    def consumer() -> BatchConsumer:
        return cast("BatchConsumer", app.consumer)  # both drivers' consumers are

    control = VersionReader(log, topics)

    async def renew() -> Sequence[tuple[int, BatchReader]]:
        return stages.of(await control.versions(), await control.lessons())

    read = ReadAgent(
        topics,
        stages.of(versions, lessons),
        config.readings_partitions,
        outbox,
        tallies,
        consumer,
        replay=settings.replay,
        renew=None if settings.replay else renew,
    )
    patience = None if settings.replay else settings.owner_patience
    watch = WatchAgent(topics, config, log, outbox, tallies, consumer, patience=patience)
    mentions = BatchTopic(app, topics=[topics.mentions], resume=read.resume, unreadable=read.pass_over)
    readings = BatchTopic(app, topics=[topics.readings], resume=watch.resume)
    failure = Failure()
    app.agent(mentions, name="read")(failure.guard(read.run, "reading"))
    app.agent(readings, name="watch")(failure.guard(watch.run, "watching"))
    worker = Worker(app, read, watch, tallies, name, failure)
    guard = Guard(read, watch, consumer, log, topics, tallies, settings.stall_after, replay=settings.replay)
    Duties(worker, outbox, log, topics, settings.snapshot_every, clock, guard).schedule()
    return worker


async def run_worker(settings: StreamSettings, register: Register, *, clock: Callable[[], int]) -> None:
    """Run a worker until SIGINT or SIGTERM.

    Parameters
    ----------
    settings
        With a `log_url` and a `voice_secret`.
    register
        The bodies and themes to watch.
    clock
        Milliseconds since 1970 UTC.

    Raises
    ------
    LogError
        If the log cannot be used; the sentence says what to do.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    log = open_log(settings.log_url, settings.kafka)
    await log.start()
    try:
        now = clock()
        config, versions = await prepare(log, settings, register, now)
        lessons = await settle_lessons(log, settings, now)
        topics = Topics(settings.run)
        name = f"{socket.gethostname()}-{settings.worker}"
        with tempfile.TemporaryDirectory(prefix="canhbao-") as scratch:
            worker = make_worker(
                settings, config, versions, log, name=name, clock=clock, scratch=Path(scratch), lessons=lessons
            )
            before = (await newest_reports(log, topics.status)).get(name)
            if before is not None:
                worker.tallies.merge(before.counters)
            settle_memory()
            await run_until(worker.app, stopping, worker.failure)
    finally:
        await log.stop()
