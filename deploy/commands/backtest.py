"""`canhbao backtest`: what would have fired."""

from typing import Annotated

import typer

from deploy.commands.common import load, load_register


def backtest(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Mentions (NDJSON or CSV), or counts.")],
    *,
    counts: Annotated[
        bool, typer.Option("--counts", help="The files are CSV of organisation,window_start,mentions,negative.")
    ] = False,
    step: Annotated[str, typer.Option(help="With --counts: length of a window, such as 1m or 1h.")] = "1m",
    all_changes: Annotated[bool, typer.Option("--all-changes", help="Also updates and resolutions.")] = False,
) -> None:
    """Print the alerts that would have fired as NDJSON, a summary on stderr."""
    settings = load(context)
    if counts:
        from deploy.backtesting import counted

        raise typer.Exit(counted(settings, files, step, all_changes=all_changes))
    from deploy.backtesting import replayed

    raise typer.Exit(replayed(settings, load_register(settings), files, all_changes=all_changes))
