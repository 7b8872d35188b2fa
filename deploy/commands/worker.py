"""`canhbao worker`: reads and watches, until it is told to stop."""

import typer

from deploy.commands.common import load


def worker(context: typer.Context) -> None:
    """Run a stream worker: read mentions, watch organisations, send findings."""
    from deploy.service import work

    work(load(context))
