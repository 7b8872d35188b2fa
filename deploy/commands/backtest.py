"""`canhbao backtest`: what would have fired, and what would fire under another setting."""

from pathlib import Path
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
    all_changes: Annotated[bool, typer.Option("--all-changes", help="Also updates, ends, what was held back.")] = False,
    budget: Annotated[
        float | None, typer.Option(help="False alarms accepted an organisation and week, instead of the setting's.")
    ] = None,
    begin: Annotated[
        str, typer.Option("--from", metavar="TIME", help="Tell alerts fired from then on; all before is learned from.")
    ] = "",
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="Tell alerts fired before.")] = "",
    organisation: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Tell only this organisation; may be repeated.")
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Compare with a setting that differs in this value, such as budget=0.5: each line then says whether "
            "its alert is kept, gained or lost; may be repeated.",
        ),
    ] = None,
    why: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="ORGANISATION TIME",
            help="Explain instead why there was or was no alert at that time: each window looked at, what it had, what "
            "was usual, and what would have fired.",
        ),
    ] = None,
    table: Annotated[bool, typer.Option("--table", help="Also a table of the alerts, on stderr.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Draw counts, expectation, band and alerts of one organisation."),
    ] = None,
) -> None:
    """Print the alerts that would have fired as NDJSON; sums, table and comparison on stderr.

    Times are dates (Vietnamese midnight) or RFC 3339 with offset.
    """
    from deploy.backtesting.asked import Asked, changed, parse_step, parse_time

    settings = load(context)
    policy = settings.streams.detection
    if budget is not None:
        policy = changed(policy, [f"budget={budget}"], "--budget")
    asked = Asked(
        policy=policy,
        rival=changed(policy, compare) if compare else None,
        begin=parse_time(begin, "--from") if begin else None,
        end=parse_time(end, "--to") if end else None,
        organisations=frozenset(organisation or ()),
        why=(why[0], parse_time(why[1], "--why")) if why else None,
        all_changes=all_changes,
        table=table,
        picture=picture,
    )
    if counts:
        from deploy.backtesting.counts import counted

        raise typer.Exit(counted(files, parse_step(step), asked))
    from deploy.backtesting.mentions import replayed

    raise typer.Exit(replayed(settings, load_register(settings), files, asked))
