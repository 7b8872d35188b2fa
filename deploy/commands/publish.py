"""`canhbao publish`: mentions from files or standard input, into the log."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.common import FAILED, load, load_register, now_ms, refuse, say

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from alerts.ports import Refused
    from deploy.settings import Settings
    from streams.sources.files import Columns, Form


def publish(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="NDJSON or CSV, plain or gzip; - is standard input.")
    ],
    *,
    form: Annotated[str, typer.Option("--format", help="ndjson or csv; by the file's name unless told.")] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(help="A CSV column's name, NAME=COLUMN, or a value for all rows, NAME:=VALUE; may be repeated."),
    ] = None,
    replay: Annotated[
        str, typer.Option(metavar="RUN", help="Publish as a replay run of that name: times are the mentions' own.")
    ] = "",
) -> None:
    """Publish mentions; says line by line what is refused and why. Exit status 1 if anything was."""
    from streams.sources.files import Columns, Form

    if form and form not in set(Form):
        refuse(f"--format must be ndjson or csv, not {form!r}")
    if files.count("-") > 1:
        refuse("standard input (-) can be read only once")
    settings = load(context)
    refused = asyncio.run(_publish(settings, files, Form(form) if form else None, Columns.parsed(column or []), replay))
    if refused:
        raise typer.Exit(FAILED)


async def _publish(settings: "Settings", files: list[str], form: "Form | None", columns: "Columns", replay: str) -> int:
    from deploy.progress import shown
    from deploy.publishing import open_target
    from deploy.state import prepare
    from streams.sources.files import MentionFile
    from streams.sources.publisher import chunked

    prepare(settings.state_dir)
    known = load_register(settings).codes
    refusals = Refusals()
    # Files are opened before anything is sent: a mistyped name must not leave half of the work done.
    opened = [MentionFile(name, form=form, columns=columns) for name in files]
    async with open_target(settings, known, replay=replay, clock=now_ms) as target:
        with shown(opened) as progress:
            for file in opened:
                with file:
                    for lines in chunked(file, 2000):
                        refusals.tell(file.path, await target.put(lines), progress.say)
                        progress.update(target.published.lines)
        await target.finish()
    accepted = target.published.accepted
    say(f"{accepted:,} mentions published, {refusals.total:,} refused{refusals.by_reason(target.published.refused)}")
    return refusals.total


class Refusals:
    """Tells the first refusals one by one, and counts the rest."""

    SHOWN = 20

    def __init__(self) -> None:
        self.total = 0

    def tell(self, path: str, refused: list["Refused"], say: "Callable[[str], None]") -> None:
        """Say what was refused, if not too much was said already."""
        for each in refused:
            self.total += 1
            if self.total <= self.SHOWN:
                say(f"{path}, line {each.line}: {each.reason}: {each.detail}")
            elif self.total == self.SHOWN + 1:
                say("… more were refused; the sum by reason follows at the end")

    def by_reason(self, refused: "Counter[str]") -> str:
        """The sums, for the last line."""
        sums = ", ".join(f"{reason} {count:,}" for reason, count in refused.most_common())
        return f" ({sums})" if sums else ""
