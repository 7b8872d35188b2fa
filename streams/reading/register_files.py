"""Reads and checks the register's files; see `streams.reading.register` for their form."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from streams.reading.register import (
    ACTIONS,
    CASES,
    KINDS,
    PARTS,
    PLACES,
    Alias,
    Contents,
    Context,
    Example,
    Organisation,
    RegisterError,
)
from streams.reading.text import pattern

_DATA = Path(__file__).parent / "data" / "register"

_HEADERS = {
    "organisations": ("code", "name", "kind", "parent", "since", "until", "owners", "aliases", "successor"),
    "aliases": ("alias", "code", "until", "case", "part"),
    "contexts": ("alias", "action", "where", "words"),
    "examples": ("text", "codes"),
}
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class _Line(NamedTuple):
    place: str
    cells: Mapping[str, str]


def read_files(directory: Path | None) -> Contents:
    """What the bundled files and those of `directory` say.

    Raises
    ------
    RegisterError
        For the first mistake, with file, line and reason.
    """
    lines = {kind: [line for path in paths for line in _lines(path, kind)] for kind, paths in _files(directory).items()}
    organisations = _organisations(lines["organisations"])
    placed = _aliases(lines["organisations"], lines["aliases"], organisations)
    rules = _contexts(lines["contexts"], placed, organisations)
    _check_clashes(placed, rules)
    aliases = [alias for alias, _ in placed]
    digest = hashlib.sha256(repr({kind: [line.cells for line in each] for kind, each in lines.items()}).encode())
    return Contents(
        _with_names(organisations, aliases),
        aliases,
        [rule for rule, _ in rules],
        _examples(lines["examples"], organisations.keys()),
        digest.hexdigest(),
    )


def _files(directory: Path | None) -> dict[str, list[Path]]:
    found = {path.name: path for path in sorted(_DATA.glob("*.tsv"))}
    if directory is not None:
        if not directory.is_dir():
            raise RegisterError(f"{directory} is not a directory of register files")
        own = sorted(directory.glob("*.tsv"))
        for path in own:
            if not path.name.startswith(tuple(_HEADERS)):
                raise RegisterError(f"{path}: name it organisations…, aliases…, contexts… or examples….tsv")
        found |= {path.name: path for path in own}
    return {kind: [path for name, path in found.items() if name.startswith(kind)] for kind in _HEADERS}


def _lines(path: Path, kind: str) -> Iterator[_Line]:
    try:
        content = unicodedata.normalize("NFC", path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise RegisterError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    header: list[str] | None = None
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        place = f"{path}, line {number}"
        cells = [cell.strip() for cell in line.rstrip("\r").split("\t")]
        if header is None:
            header = cells
            unknown = set(cells) - {*_HEADERS[kind], "note"}
            if unknown or cells[: len(_HEADERS[kind][:2])] != list(_HEADERS[kind][:2]):
                raise RegisterError(f"{place}: the header must be {' '.join(_HEADERS[kind])}, separated by tabs")
            continue
        if len(cells) > len(header):
            raise RegisterError(f"{place}: has {len(cells)} columns, the header {len(header)}")
        yield _Line(place, dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=True)))


def _day(line: _Line, column: str) -> date | None:
    value = line.cells.get(column, "")
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise RegisterError(f"{line.place}: {column} must be a day such as 2025-07-01, not {value!r}") from error


def _split(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(";")) if value else ()


def _organisations(lines: Iterable[_Line]) -> dict[str, tuple[Organisation, str]]:
    found: dict[str, tuple[Organisation, str]] = {}
    for line in lines:
        organisation = _organisation(line)
        if organisation.code in found:
            raise RegisterError(
                f"{line.place}: code {organisation.code} is already used in {found[organisation.code][1]}"
            )
        found[organisation.code] = organisation, line.place
    for organisation, place in found.values():
        for code in (organisation.parent, organisation.successor, *organisation.owners):
            if code is not None and code not in found:
                raise RegisterError(f"{place}: {code!r}, named as parent, owner or successor, is not in the register")
        if organisation.successor and not organisation.until:
            raise RegisterError(f"{place}: a body with a successor needs its last day, until")
    _check_cycles(found)
    return found


def _organisation(line: _Line) -> Organisation:
    cells = line.cells
    if not _CODE.fullmatch(cells["code"]):
        raise RegisterError(f"{line.place}: code must be up to 64 letters, digits, dots, dashes, not {cells['code']!r}")
    if not pattern(cells["name"]):
        raise RegisterError(f"{line.place}: the name is missing")
    if cells.get("kind") not in KINDS:
        raise RegisterError(f"{line.place}: kind must be one of {', '.join(KINDS)}, not {cells.get('kind')!r}")
    since, until = _day(line, "since"), _day(line, "until")
    if since and until and until < since:
        raise RegisterError(f"{line.place}: until lies before since")
    return Organisation(
        code=cells["code"],
        name=cells["name"],
        kind=cells["kind"],
        parent=cells.get("parent") or None,
        since=since,
        until=until,
        owners=_split(cells.get("owners", "")),
        successor=cells.get("successor") or None,
    )


def _check_cycles(found: Mapping[str, tuple[Organisation, str]]) -> None:
    for code, (_, place) in found.items():
        above, seen = found[code][0].parent or found[code][0].successor, {code}
        while above is not None:
            if above in seen:
                raise RegisterError(f"{place}: {code} is its own ancestor")
            seen.add(above)
            above = found[above][0].parent or found[above][0].successor


_DEFAULT_CASE = {"province": "all", "city": "all", "ministry": "first", "agency": "first", "body": "first"}


def _aliases(
    organisations: Iterable[_Line], lines: Iterable[_Line], known: Mapping[str, tuple[Organisation, str]]
) -> list[tuple[Alias, str]]:
    """Every name with where it stands: the organisation's own, those in its line, those in the alias files."""
    found: list[tuple[Alias, str]] = []
    for line in organisations:
        organisation = known[line.cells["code"]][0]
        default = _DEFAULT_CASE.get(organisation.kind, "any")
        names = (organisation.name, *_split(line.cells.get("aliases", "")))
        found += [(_alias(line, text, organisation.code, default, None), line.place) for text in names]
    for line in lines:
        code, case = line.cells["code"], line.cells.get("case", "")
        if code not in known:
            raise RegisterError(f"{line.place}: {code!r} is not in the register")
        if case not in CASES:
            raise RegisterError(f"{line.place}: case must be one of {', '.join(CASES[1:])}, or empty, not {case!r}")
        case = case or _DEFAULT_CASE.get(known[code][0].kind, "any")
        found.append((_alias(line, line.cells["alias"], code, case, _day(line, "until")), line.place))
    return found


def _alias(line: _Line, text: str, code: str, case: str, until: date | None) -> Alias:
    part = line.cells.get("part", "")
    if part not in PARTS:
        raise RegisterError(f"{line.place}: part must be one of {', '.join(PARTS[1:])}, or empty, not {part!r}")
    if not pattern(text):
        raise RegisterError(f"{line.place}: an alias is empty")
    return Alias(text, code, case, until, part)


def _examples(lines: Iterable[_Line], codes: AbstractSet[str]) -> list[Example]:
    found = []
    for line in lines:
        named = frozenset(line.cells.get("codes", "").split())
        if not named <= codes:
            raise RegisterError(f"{line.place}: {min(named - codes)!r} is not in the register")
        found.append(Example(line.cells["text"], named, line.place))
    return found


def _contexts(
    lines: Iterable[_Line], aliases: Iterable[tuple[Alias, str]], known: Mapping[str, tuple[Organisation, str]]
) -> list[tuple[Context, str]]:
    names = {pattern(alias.text) for alias, _ in aliases}
    lists: dict[str, tuple[str, ...]] = {}
    found: list[tuple[Context, str]] = []
    for line in lines:
        alias, action, where = (line.cells.get(column, "") for column in ("alias", "action", "where"))
        words = _words(line, lists)
        if action == "list":
            lists[alias] = words
            continue
        _check_rule(line, names, known.keys(), lists.keys())
        found += [(Context(each, action, where, words), line.place) for each in lists.get(alias, (alias,))]
    return found


def _check_rule(line: _Line, names: AbstractSet[str], codes: AbstractSet[str], lists: AbstractSet[str]) -> None:
    alias, action, where = (line.cells.get(column, "") for column in ("alias", "action", "where"))
    if action not in ACTIONS and action not in codes:
        raise RegisterError(f"{line.place}: action must be {', '.join(ACTIONS)}, list or a code, not {action!r}")
    if not pattern(alias):
        raise RegisterError(f"{line.place}: the alias is empty")
    if action == "mask":
        return
    if action == "whole":
        where = "always"
    if where not in PLACES:
        raise RegisterError(f"{line.place}: where must be one of {', '.join(PLACES)}, not {where!r}")
    if where != "always" and not line.cells.get("words"):
        raise RegisterError(f"{line.place}: a rule that looks {where} needs words")
    if alias.startswith("@"):
        if alias[1:] not in KINDS and alias not in lists:
            raise RegisterError(f"{line.place}: {alias} is neither a kind nor a list")
    elif pattern(alias) not in names:
        raise RegisterError(f"{line.place}: {alias!r} is no alias in the register")


def _words(line: _Line, lists: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    words: list[str] = []
    for part in line.cells.get("words", "").split("|"):
        word = part.strip()
        if word.startswith("@"):
            if word not in lists:
                raise RegisterError(f"{line.place}: the list {word} is not defined above")
            words.extend(lists[word])
        elif word:
            words.append(word)
    return tuple(words)


def _check_clashes(aliases: Iterable[tuple[Alias, str]], contexts: Iterable[tuple[Context, str]]) -> None:
    """One name of two organisations is a mistake, unless a rule that always fits says whose it is."""
    settled = {pattern(context.alias) for context, _ in contexts if context.where == "always"}
    owners: dict[str, tuple[str, str]] = {}
    for alias, place in aliases:
        key = pattern(alias.text)
        code, first = owners.setdefault(key, (alias.code, place))
        if code != alias.code and key not in settled:
            raise RegisterError(
                f"{place}: {alias.text!r} is already a name of {code} in {first}; "
                "add a rule to a contexts file that says when it is whose, ending with one that always fits"
            )


def _with_names(organisations: Mapping[str, tuple[Organisation, str]], aliases: Iterable[Alias]) -> list[Organisation]:
    """The organisations with the names by which they are found, but for those of their parts.

    The names of a body that ceased are former ones of its successor.
    """
    names: dict[str, list[str]] = {}
    former: dict[str, list[str]] = {}
    for alias in aliases:
        body = organisations[alias.code][0]
        if not alias.part and alias.text != body.name:
            (names if alias.until is None else former).setdefault(alias.code, []).append(alias.text)
        if not alias.part and body.successor is not None and alias.text not in former.get(body.successor, ()):
            former.setdefault(body.successor, []).append(alias.text)
    return [
        replace(each, aliases=tuple(names.get(each.code, ())), former_names=tuple(former.get(each.code, ())))
        for each, _ in organisations.values()
    ]
