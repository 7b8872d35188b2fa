"""`canhbao tokens`: who may call the service, and for what."""

import re
import secrets
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.common import load, refuse

if TYPE_CHECKING:
    from alerts.store.protocol import AlertStore

tokens = typer.Typer(help="Make, list and revoke API tokens.", no_args_is_help=True, rich_markup_mode=None)

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
#: Who is named in the record of changes made at the command line.
_ACTOR = "operator"


@tokens.command()
def create(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="Lower-case letters, digits and dashes; stands in the record of changes.")
    ],
    *,
    scope: Annotated[list[str], typer.Option(help="publish, read or act; may be repeated.")],
    source: Annotated[
        list[str] | None, typer.Option(help="Name of a source it may publish as; may be repeated. All unless told.")
    ] = None,
) -> None:
    """Make a token and print it; it is shown this once and cannot be shown again."""
    from alerts.errors import TokenExistsError
    from alerts.receiving import Scope
    from alerts.tokens import new_token

    if not _NAME.fullmatch(name):
        refuse(f"a token's name has lower-case letters, digits and dashes, at most 63, unlike {name!r}")
    wrong = [one for one in scope if one not in set(Scope)]
    if wrong:
        refuse(f"--scope must be publish, read or act, not {wrong[0]!r}")
    if source and Scope.PUBLISH not in scope:
        refuse("--source is for tokens with --scope publish")
    token = new_token(secrets.token_bytes(32))
    with closing(_store(context)) as store:
        try:
            store.create_token(
                name, token.digest, {Scope(one) for one in scope}, _ACTOR, datetime.now(UTC), sources=source or None
            )
        except TokenExistsError as error:
            refuse(str(error))
    print(token.secret)


@tokens.command(name="list")
def list_tokens(context: typer.Context) -> None:
    """List the tokens: name, scopes, sources, since when, and whether it is revoked."""
    with closing(_store(context)) as store:
        for token in store.tokens():
            sources = "all sources" if token.sources is None else ", ".join(sorted(token.sources))
            state = f"revoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else "valid"
            print(f"{token.name}\t{' '.join(sorted(token.scopes))}\t{sources}\t{token.created_at:%Y-%m-%d}\t{state}")


@tokens.command()
def revoke(context: typer.Context, name: Annotated[str, typer.Argument(help="The token's name.")]) -> None:
    """Refuse a token from now on."""
    from alerts.errors import UnknownTokenError

    with closing(_store(context)) as store:
        try:
            store.revoke_token(name, _ACTOR, datetime.now(UTC))
        except UnknownTokenError as error:
            refuse(str(error))


def _store(context: typer.Context) -> "AlertStore":
    from alerts.store import open_store
    from deploy.state import prepare

    settings = load(context)
    prepare(settings.state_dir)
    return open_store(settings.alert_store_url)
