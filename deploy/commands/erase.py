"""`canhbao erase`: a mention's text, at once and for ever."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from deploy.commands.common import load, refuse


def erase(
    context: typer.Context,
    *,
    id_: Annotated[str, typer.Option("--id", help="The mention's id, at any source unless --source-… tell.")] = "",
    url: Annotated[str, typer.Option(help="The mention's address; all mentions with it.")] = "",
    source_kind: Annotated[str, typer.Option(help="Only at this kind of source; with --source-name.")] = "",
    source_name: Annotated[str, typer.Option(help="Only at this source; with --source-kind.")] = "",
) -> None:
    """Erase a mention's text in every run, for ever: nothing brings it back, not even a replay.

    Receivers that were shown it are told (mention.erased); the log of changes keeps that it happened, and no text. The
    topics forget what they hold of it within their 72 hours.
    """
    from alerts.erasing import by_id, by_url
    from alerts.store import open_store
    from api.delivery.outlets import erasing_receivers
    from deploy.state import prepare

    if bool(id_) == bool(url):
        refuse("give either --id or --url")
    if bool(source_kind) != bool(source_name) or (source_name and not id_):
        refuse("--source-kind and --source-name go together, and with --id")
    name = by_url(url) if url else (source_kind, source_name, id_) if source_name else by_id(id_)
    settings = load(context)
    prepare(settings.state_dir)
    tell = erasing_receivers(settings.http)
    with closing(open_store(settings.alert_store_url)) as store:
        texts = store.erase([name], "operator", datetime.now(UTC), tell=tell)
    print(f"{texts} texts erased; none of it comes back" if texts else "no text was kept of it; none will be")
