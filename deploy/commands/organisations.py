"""`canhbao organisations`: the register."""

from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.common import FAILED, load, load_register, say

if TYPE_CHECKING:
    from streams.reading.register import Organisation, Register


def organisations(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array of objects.")] = False,
    ceased: Annotated[bool, typer.Option("--ceased", help="Also the bodies that ceased, and what followed.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Try the examples of the register's files instead.")] = False,
) -> None:
    """List the bodies and themes that are watched."""
    import msgspec

    register = load_register(load(context))
    if check:
        _check(register)
        return
    listed = [*register.organisations(), *(register.ceased() if ceased else ())]
    if as_json:
        print(msgspec.json.encode([each.as_dict() for each in listed]).decode())
        return
    width = max((len(each.code) for each in listed), default=0)
    for each in listed:
        print(f"{each.code:<{width}}  {each.kind:<9} {each.name}{_belongs(register, each)}")


def _belongs(register: "Register", each: "Organisation") -> str:
    if each.successor:
        return f"  (đến hết {each.until:%d/%m/%Y}, nay: {register.name(each.successor)})"
    return f"  (thuộc {register.name(each.parent)})" if each.parent else ""


def _check(register: "Register") -> None:
    from streams.reading.names import failing

    failed = failing(register)
    for sentence in failed:
        say(sentence)
    say(f"{len(register.examples) - len(failed)} of {len(register.examples)} examples hold")
    if failed:
        raise typer.Exit(FAILED)
