"""`canhbao topics`: topics with the right partitions, copies, retention, compaction, sizes and compression."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.common import FAILED, load, refuse, say

if TYPE_CHECKING:
    from deploy.settings import Settings
    from streams.log import AdminLog
    from streams.topic_differences import Difference

topics = typer.Typer(help="Create or check the topics of the log.", no_args_is_help=True, rich_markup_mode=None)


@topics.command()
def create(
    context: typer.Context,
    *,
    alter: Annotated[bool, typer.Option("--alter", help="Set what is not as the settings ask, too.")] = False,
) -> None:
    """Create the topics that do not exist yet; `mentions` grows where it has too few partitions.

    A run under way is told beforehand, and the topic grows at that minute: this may take up to two.
    """
    from streams.topics import topic_specs

    settings = load(context)
    left = asyncio.run(_create(settings, alter=alter))
    for spec in topic_specs(settings.streams):
        print(spec.name)
    for difference in left:
        say(str(difference))


@topics.command()
def check(context: typer.Context) -> None:
    """Check that every topic exists and is kept as the settings ask; says each difference and what mends it."""
    from streams.topic_differences import Remedy

    found = asyncio.run(_differences(load(context)))
    for difference in found:
        say(str(difference))
    remedies = {difference.remedy for difference in found if difference.is_wrong}
    if remedies:
        refuse("run `canhbao topics create" + (" --alter`" if Remedy.ALTER in remedies else "`"), FAILED)


@asynccontextmanager
async def _opened(settings: "Settings") -> AsyncIterator["AdminLog"]:
    from deploy.state import prepare
    from streams.log import open_log

    prepare(settings.state_dir)
    log = open_log(settings.log_url, settings.streams.kafka)
    await log.start()
    try:
        yield log
    finally:
        await log.stop()


async def _create(settings: "Settings", *, alter: bool) -> "list[Difference]":
    from streams.growing import specs_in_force
    from streams.topic_check import found_differences
    from streams.topic_differences import Remedy

    async with _opened(settings) as log:
        await _wait_to_grow(settings, log)
        specs = await specs_in_force(log, settings.streams, grow=True)
        await log.create(*specs)
        found = await found_differences(log, specs)
        wrong = [difference for difference in found if difference.remedy is Remedy.ALTER]
        if alter and wrong:
            names = {difference.topic for difference in wrong}
            await log.alter(*(spec for spec in specs if spec.name in names))
            for difference in wrong:
                say(f"topic {difference.topic}: {difference.setting} {difference.there} → {difference.wanted}")
            found = await found_differences(log, specs)
        return found


async def _wait_to_grow(settings: "Settings", log: "AdminLog") -> None:
    """Announce that `mentions` grows, and wait for the minute from which that holds."""
    from deploy.commands.common import now_ms
    from streams.growing import announce_growth

    since = await announce_growth(log, settings.streams, now_ms())
    if since is not None:
        count = settings.streams.mentions_partitions
        say(f"mentions grows to {count} partitions at {datetime.fromtimestamp(since / 1000, UTC):%H:%M} UTC")
        await asyncio.sleep(max(0.0, (since - now_ms()) / 1000))


async def _differences(settings: "Settings") -> "list[Difference]":
    from streams.topic_check import found_differences
    from streams.topics import topic_specs

    async with _opened(settings) as log:
        return await found_differences(log, topic_specs(settings.streams))
