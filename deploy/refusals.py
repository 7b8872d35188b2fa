"""A refused setting in one sentence: its name, its value unless it is a secret, and what is allowed."""

import difflib
import re
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

_SECRET = re.compile(r"secret|token|password|key", re.IGNORECASE)
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "a text",
    "time_delta": "a duration such as 30 (seconds) or PT30S",
    "path": "a path",
    "dict": "a table of names and values",
    "tuple": "a list",
    "frozen_set": "a list",
    "model": "a section with settings of its own",
    "ip_v4_network": "a network such as 10.1.0.0/16",
    "ip_v6_network": "a network such as fd00::/8",
}
_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def sentence(
    error: ValidationError, values: Mapping[str, Any], origins: Mapping[str, str], model: type[BaseModel]
) -> str:
    """Say what is wrong with the first setting that was refused.

    Parameters
    ----------
    error
        As pydantic has it.
    values, origins
        What was given, and where each value came from, by dotted name.
    model
        The model that refused.
    """
    first = error.errors(include_url=False)[0]
    # pydantic adds names of union members to the place; only what the input has is a place.
    place = _place(first["loc"], values)
    dotted = ".".join(str(part) for part in place)
    name = dotted.replace("http.receivers", "receivers")
    where = _origin(dotted, origins)
    more = error.error_count() - 1
    also = f" ({more} more like this)" if more and first["type"] == "extra_forbidden" else ""
    if first["type"] == "extra_forbidden":
        return f"{name}{where} is not a setting{_near(place, model)}{also}"
    if first["type"] == "missing":
        return f"{name}{where} is missing"
    return f"{name or 'the settings'}{where} {_allowed(first, place, model)}{_shown(place, values)}"


def _place(loc: tuple[int | str, ...], values: Any) -> list[int | str]:
    place: list[int | str] = []
    here = values
    for part in loc:
        if isinstance(here, Mapping) and (part in here or not place or _is_last(part, loc)):
            here = here.get(part)
        elif isinstance(here, list | tuple) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            continue
        place.append(part)
    return place


def _is_last(part: int | str, loc: tuple[int | str, ...]) -> bool:
    return part == loc[-1]


def _origin(dotted: str, origins: Mapping[str, str]) -> str:
    parts = dotted.split(".")
    for upto in range(len(parts), 0, -1):
        if found := origins.get(".".join(parts[:upto])):
            return f" (from {found})"
    # A section that is none has no origin of its own, only what stands in it.
    return next((f" (from {found})" for name, found in origins.items() if name.startswith(f"{dotted}.")), "")


def _allowed(first: ErrorDetails, place: list[int | str], model: type[BaseModel]) -> str:
    kind, context = first["type"], first.get("ctx", {})
    if kind == "value_error":
        said = str(context.get("error", first["msg"]))
        return said if said.startswith("must") else f"cannot be: {said}"
    field = _field(place, model)
    bounds = [
        f"{words} {getattr(bound, name):g}"
        for bound in (field.metadata if field else ())
        for name, words in _BOUNDS.items()
        if isinstance(getattr(bound, name, None), int | float)
    ]
    if kind in {"literal_error", "enum"}:
        return f"must be one of {context.get('expected')}"
    if kind == "string_pattern_mismatch":
        return f"must match {context.get('pattern')}"
    numeric = any(word in str(field.annotation) for word in ("int", "float")) if field else False
    noun = "a whole number" if field and "int" in str(field.annotation) else "a number"
    noun = noun if numeric else next((said for word, said in _KINDS.items() if kind.startswith(word)), "")
    if not noun:
        return f"is not allowed: {first['msg'][0].lower()}{first['msg'][1:]}"
    return f"must be {' '.join([noun, ' and '.join(bounds)]).strip()}"


def _field(place: list[int | str], model: type[BaseModel]) -> FieldInfo | None:
    here: Any = model
    field = None
    for part in place:
        if isinstance(part, int):
            continue
        if not (isinstance(here, type) and issubclass(here, BaseModel)) or part not in here.model_fields:
            return None
        field = here.model_fields[part]
        here = _inner(field.annotation)
    return field


def _inner(annotation: Any) -> Any:
    """The model inside a tuple or a union, or what it is."""
    for inner in get_args(annotation):
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return inner
    return annotation


def _near(place: list[int | str], model: type[BaseModel]) -> str:
    here: Any = model
    for part in place[:-1]:
        if isinstance(part, str) and part in here.model_fields:
            here = _inner(here.model_fields[part].annotation)
    if not (isinstance(here, type) and issubclass(here, BaseModel)):
        return ""
    names = [name for name in here.model_fields if name not in {"config", "origins"}]
    near = difflib.get_close_matches(str(place[-1]), names, 1, 0.5)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}"


def _shown(place: list[int | str], values: Any) -> str:
    if any(isinstance(part, str) and _SECRET.search(part) for part in place):
        return ", not what was given (hidden)"
    here: Any = values
    for part in place:
        here = here[part]
    if here is None or isinstance(here, Mapping | list | tuple):
        return ""
    shown = re.sub(r"//[^/@\s]+@", "//…@", str(here))
    return f", not {shown[:200]!r}"
