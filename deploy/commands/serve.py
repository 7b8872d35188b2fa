"""`canhbao serve`: the alert service."""

from typing import Annotated

import typer

from deploy.commands.common import load


def serve(
    context: typer.Context,
    *,
    follow: Annotated[
        list[str] | None, typer.Option(metavar="RUN", help="Take the findings of this replay run too; may be repeated.")
    ] = None,
) -> None:
    """Run the alert service: API, page, webhooks."""
    from deploy.service import serve_alerts

    serve_alerts(load(context), follow or [])
