"""`canhbao run`: everything on this machine."""

from typing import Annotated

import typer

from deploy.commands.common import load, refuse


def run(
    context: typer.Context,
    *,
    demo: Annotated[bool, typer.Option("--demo", help="Replay the bundled crisis as a run of its own.")] = False,
    again: Annotated[bool, typer.Option("--again", help="With --demo: a new run instead of the last one.")] = False,
) -> None:
    """Run worker and alert service on this machine; with --demo replay a bundled crisis."""
    if again and not demo:
        refuse("--again is used with --demo")
    from deploy.supervisor import supervise

    raise typer.Exit(supervise(load(context), demo=demo, again=again))
