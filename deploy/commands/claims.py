"""`canhbao claims`: the list of claims known to be false."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from deploy.commands.common import FAILED, load, refuse

if TYPE_CHECKING:
    from alerts.claims import ClaimDesk

_T = TypeVar("_T")
#: Who is named as having entered what is entered at the command line.
_ACTOR = "operator"

claims = typer.Typer(
    help="Enter, list and withdraw claims known to be false: texts that make them are flagged for a human to check.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@claims.command()
def add(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="The claim in one sentence, as people put it.")],
    *,
    rebuttal: Annotated[str, typer.Option(help="The official answer.")],
    url: Annotated[str, typer.Option(help="Where it stands.")],
    wording: Annotated[list[str] | None, typer.Option(help="Another way to put it; may be repeated.")] = None,
    organisation: Annotated[str, typer.Option(help="Code of the body that is told; claims_body unless told.")] = "",
) -> None:
    """Enter a claim; it holds from a whole minute on that is announced to all workers."""
    from alerts.claims import Claim

    if not url.startswith(("https://", "http://")):
        refuse("--url must name where the rebuttal stands: an http or https address")
    claim = Claim("", text, rebuttal, url, "", tuple(wording or ()), organisation)
    entered = _with_desk(context, lambda desk: desk.enter(claim, by=_ACTOR, now=datetime.now(UTC)))
    print(f"{entered.id}\tholds from {entered.holds_from}\ttold to {entered.organisation}")


@claims.command(name="list")
def list_claims(context: typer.Context) -> None:
    """List the claims: id, since when, who entered it, where flags go, text, rebuttal."""
    for one in _with_desk(context, lambda desk: desk.claims()):
        state = f"withdrawn by {one.withdrawn_by} {one.withdrawn_at}" if one.withdrawn_by else f"from {one.holds_from}"
        rebuttal = f"{one.rebuttal} ({one.rebuttal_url})"
        print(f"{one.id}\t{state}\t{one.entered_by}\t{one.organisation}\t{one.text}\t{rebuttal}")


@claims.command()
def withdraw(context: typer.Context, id_: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Take a claim back: nothing is flagged for it from the next announced minute on."""
    taken = _with_desk(context, lambda desk: desk.withdraw(id_, by=_ACTOR, now=datetime.now(UTC)))
    print(f"{taken.id}\twithdrawn")


def _with_desk(context: typer.Context, ask: "Callable[[ClaimDesk], Awaitable[_T]]") -> _T:
    from alerts.claims import ClaimRefusedError, UnknownClaimError
    from alerts.ports import SourceUnavailableError
    from deploy.state import prepare
    from streams.claims import LogClaimDesk
    from streams.log import open_log
    from streams.topics import Topics

    settings = load(context)
    prepare(settings.state_dir)

    async def asked() -> _T:
        log = open_log(settings.log_url, settings.streams.kafka)
        await log.start()
        try:
            return await ask(LogClaimDesk(log, Topics(settings.streams.run), settings.streams.claims_body))
        finally:
            await log.stop()

    try:
        return asyncio.run(asked())
    except (ClaimRefusedError, UnknownClaimError) as error:
        refuse(str(error))
    except SourceUnavailableError as error:
        refuse(f"{error}; start a worker, or run `canhbao run` once", FAILED)
