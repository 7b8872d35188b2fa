"""`canhbao organisations`: the register."""

from typing import Annotated

import typer

from deploy.commands.common import load, load_register


def organisations(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array of objects.")] = False,
) -> None:
    """List the bodies and themes that are watched."""
    import msgspec

    register = load_register(load(context))
    listed = register.organisations()
    if as_json:
        print(msgspec.json.encode([each.as_dict() for each in listed]).decode())
        return
    width = max((len(each.code) for each in listed), default=0)
    for each in listed:
        below = f"  (thuộc {register.name(each.parent)})" if each.parent else ""
        print(f"{each.code:<{width}}  {each.kind:<9} {each.name}{below}")
