"""`canhbao doctor`: what is configured, reachable, behind, or wrong, and what to do."""

import typer

from deploy.commands.common import FAILED, load


def doctor(context: typer.Context) -> None:
    """Check settings, log, workers, alert store and service; exit status 1 if something is wrong."""
    from deploy.doctor import examine

    if not examine(load(context)):
        raise typer.Exit(FAILED)
