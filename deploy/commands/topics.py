"""`canhbao topics`: topics with the right partitions, retention and compaction."""

import asyncio
from typing import TYPE_CHECKING

import typer

from deploy.commands.common import FAILED, load, refuse, say

if TYPE_CHECKING:
    from deploy.settings import Settings

topics = typer.Typer(help="Create or check the topics of the log.", no_args_is_help=True, rich_markup_mode=None)


@topics.command()
def create(context: typer.Context) -> None:
    """Create the topics that do not exist yet; grow those with too few partitions."""
    from streams.topics import topic_specs

    settings = load(context)
    asyncio.run(_create(settings))
    for spec in topic_specs(settings.streams):
        print(spec.name)


@topics.command()
def check(context: typer.Context) -> None:
    """Check that every topic exists with enough partitions."""
    wrong = asyncio.run(missing_topics(load(context)))
    for sentence in wrong:
        say(sentence)
    if wrong:
        refuse("run `canhbao topics create`", FAILED)


async def _create(settings: "Settings") -> None:
    from deploy.state import prepare
    from streams.log import open_log
    from streams.topics import topic_specs

    prepare(settings.state_dir)
    log = open_log(settings.log_url)
    await log.start()
    try:
        await log.create(*topic_specs(settings.streams))
    finally:
        await log.stop()


async def missing_topics(settings: "Settings") -> list[str]:
    """A sentence for every topic that is missing or has too few partitions."""
    from streams.log import UnknownTopicError, open_log
    from streams.topics import topic_specs

    log = open_log(settings.log_url)
    await log.start()
    wrong = []
    try:
        for spec in topic_specs(settings.streams):
            try:
                there = await log.partitions(spec.name)
            except UnknownTopicError:
                wrong.append(f"topic {spec.name} does not exist")
                continue
            if there < spec.partitions:
                wrong.append(f"topic {spec.name} has {there} partitions, the settings ask for {spec.partitions}")
    finally:
        await log.stop()
    return wrong
