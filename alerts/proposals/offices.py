"""Who issues documents and on what basis: dated data, never code."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from alerts.errors import AlertsError


class OfficesError(AlertsError):
    """The data of offices cannot be used; the sentence says where and why."""


class Office(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body that issues documents.

    Attributes
    ----------
    symbol
        Its sign in a document's symbol.
    place
        Where its documents are dated.
    head
        Who signs, in capitals.
    performs
        What is said where an old duty is named that it performs today.
    proposes
        Whether it performs point 3.đ: through it others' requests go.
    """

    code: str
    name: str
    symbol: str
    place: str
    head: str
    performs: str = ""
    proposes: bool = False
    since: date | None = None
    until: date | None = None

    def there_on(self, day: date) -> bool:
        """Whether it is there on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class Basis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text that a decision is based on; `issuers` are ``TTg``, ``ministry``, ``province``."""

    issuers: tuple[str, ...] = msgspec.field(name="for")
    text: str
    confirmed: bool = False
    since: date | None = None
    until: date | None = None


class Seat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes part because of what they are for; `levels` are values of `Level`."""

    name: str
    role: str
    reason: str
    levels: tuple[str, ...]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    office: tuple[Office, ...] = ()
    basis: tuple[Basis, ...] = ()
    member: tuple[Seat, ...] = ()


@dataclass(frozen=True, slots=True)
class Offices:
    """The bodies, bases and seats of a day."""

    day: date
    bodies: Mapping[str, Office]
    bases: Sequence[Basis]
    seats: Sequence[Seat]

    @classmethod
    def load(cls, day: date, path: Path | None = None) -> "Offices":
        """Read the data that holds on a day; the bundled file unless another one is named.

        Raises
        ------
        OfficesError
            If it cannot be read.

        Examples
        --------
        >>> Offices.load(date(2026, 11, 25)).proposer.name
        'Bộ Văn hóa, Thể thao và Du lịch'
        """
        try:
            if path is None:
                text = files("alerts.proposals").joinpath("data/offices.toml").read_text(encoding="utf-8")
            else:
                text = path.read_text(encoding="utf-8")
            data: dict[str, Any] = tomllib.loads(text)
            read = msgspec.convert(data, _File)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise OfficesError(f"{path or 'the bundled data of offices'} cannot be used: {error}") from error
        known = {one.code: one for one in read.office if one.there_on(day)}
        valid = [
            one
            for one in read.basis
            if (one.since is None or one.since <= day) and (one.until is None or day <= one.until)
        ]
        return cls(day, known, valid, read.member)

    @property
    def proposer(self) -> Office:
        """The ministry that performs point 3.đ. Raises `OfficesError` if none or several do."""
        found = [one for one in self.bodies.values() if one.proposes]
        if len(found) != 1:
            raise OfficesError(f"on {self.day} exactly one body must propose (proposes = true), not {len(found)}")
        return found[0]


def province_office(code: str, name: str, kind: str) -> Office:
    """The people's committee of a province or city.

    Examples
    --------
    >>> province_office("19", "Thái Nguyên", "province").name
    'Ủy ban nhân dân tỉnh Thái Nguyên'
    """
    kind_word = "thành phố" if kind == "city" else "tỉnh"
    return Office(code, f"Ủy ban nhân dân {kind_word} {name}", "UBND", name, "CHỦ TỊCH")
