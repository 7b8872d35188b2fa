"""`canhbao collect`: polls the configured RSS and Atom feeds."""

import asyncio
from typing import Annotated

import typer

from deploy.commands.common import load, load_register, now_ms, refuse


def collect(
    context: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Fetch every feed once and stop.")] = False,
) -> None:
    """Poll the configured feeds and publish their entries as mentions."""
    settings = load(context)
    if not settings.feeds.sources:
        refuse("no feeds are configured: add [[feeds.sources]] with name and url to the settings file")
    from deploy.collecting import run_collector

    failed = asyncio.run(run_collector(settings, load_register(settings).codes, once=once, clock=now_ms))
    raise typer.Exit(1 if failed else 0)
