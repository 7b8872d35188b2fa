"""How well names are found: `python -m tests.bench.labels.named`.

On 500 real headlines labelled by hand (`organisations.tsv`), as they are and in the ways in which people mangle text.
"""

import csv
import gzip
import json
import random
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from streams.reading.names import NameFinder
from streams.reading.register import Register
from streams.reading.roles import Role, RoleFinder
from streams.reading.text import cut_all, strip_marks
from streams.watching.envelopes import ROLES

LABELS = Path(__file__).with_name("organisations.tsv")
NEWS = Path(__file__).parents[4] / "shared" / "data" / "news" / "mentions_2025-08_2026-01.ndjson.gz"
_LOOK_ALIKES = str.maketrans("aeopcxyABEHKMOPCTX", "аеорсхуАВЕНКМОРСТХ")


class Labelled(NamedTuple):
    """A headline with what it names: role by code. `text` is empty without the shared news."""

    id: str
    half: int
    drawn_as: str
    roles: Mapping[str, str]
    link: str
    text: str = ""


class Score(NamedTuple):
    """Named and found; found only; named only."""

    right: int
    extra: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.extra)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed)


def labels() -> list[Labelled]:
    """The labels, without the texts."""
    lines = [line for line in LABELS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [
        Labelled(row["id"], int(row["half"]), row["drawn_as"], _roles(row["organisations"]), row["link"])
        for row in csv.DictReader(lines, delimiter="\t")
    ]


def _roles(cell: str) -> dict[str, str]:
    pairs = (part.split(":") for part in cell.split())
    return {code: role for code, role in pairs}  # noqa: C416 - the pairs are lists


@cache
def with_texts() -> list[Labelled]:
    """The labels with title and lead of each, as the finder reads them."""
    wanted = {label.id: label for label in labels()}
    texts = {mention["id"]: mention for mention in _news(wanted.keys())}
    return [
        label._replace(text=f"{texts[label.id]['title']} . {texts[label.id].get('text', '')}")
        for label in wanted.values()
    ]


def _news(wanted: Collection[str]) -> Iterator[dict[str, str]]:
    begin = len('{"id": "')
    with gzip.open(NEWS, "rt", encoding="utf-8") as file:
        for line in file:
            if line[begin : begin + 16] in wanted:
                yield json.loads(line)


def named(register: Register, texts: Sequence[str]) -> list[frozenset[str]]:
    """Codes of today that each text names."""
    return [register.of_today(found.codes) for found in NameFinder(register).find_all(cut_all(texts))]


def scored(labelled: Sequence[Labelled], found: Sequence[frozenset[str]]) -> Score:
    """All pairs of headline and organisation, counted alike."""
    pairs = [(frozenset(label.roles), codes) for label, codes in zip(labelled, found, strict=True)]
    return Score(
        sum(len(wanted & codes) for wanted, codes in pairs),
        sum(len(codes - wanted) for wanted, codes in pairs),
        sum(len(wanted - codes) for wanted, codes in pairs),
    )


def role_pairs(register: Register, labelled: Sequence[Labelled]) -> list[tuple[str, str]]:
    """The labelled role and the one told, of every organisation that is both labelled and found."""
    texts = cut_all([label.text for label in labelled])
    told = RoleFinder().roles(texts, NameFinder(register).find_all(texts))
    pairs = []
    for label, roles in zip(labelled, told, strict=True):
        today: dict[str, Role] = {}
        for code, role in roles.items():
            (now,) = register.of_today([code])
            today[now] = max(role, today.get(now, role))
        pairs += [(wanted, ROLES[today[code]]) for code, wanted in label.roles.items() if code in today]
    return pairs


def _half_stripped(text: str) -> str:
    """Every other syllable without its marks, as people type in haste."""
    return " ".join(strip_marks(word) if number % 2 else word for number, word in enumerate(text.split(" ")))


def _sprinkled(marks: str) -> Callable[[str], str]:
    """Marks strewn between letters and words."""

    def strew(text: str) -> str:
        chance = random.Random(len(text))
        return "".join(letter + (chance.choice(marks) if chance.random() < 0.1 else "") for letter in text)

    return strew


def _with_emoji(text: str) -> str:
    return " 🔥".join(text.split(" ")) + "😡😡"


HOSTILE: dict[str, Callable[[str], str]] = {
    "as they are": lambda text: text,
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "no diacritics": strip_marks,
    "every other syllable without diacritics": _half_stripped,
    "all capitals": str.upper,
    "all small letters": str.lower,
    "emoji": _with_emoji,
    "zero-width characters": _sprinkled("\u200b\u200c\u200d\u2060\ufeff"),
    "mixed scripts": lambda text: text.translate(_LOOK_ALIKES),
}


def main() -> None:
    if not NEWS.exists():
        sys.exit(f"the real headlines are not there ({NEWS.name})")
    register, labelled = Register.load(), with_texts()
    found = named(register, [label.text for label in labelled])
    groups: dict[str, Callable[[Labelled], bool]] = {
        "all 500": lambda _label: True,
        "half 0 (development)": lambda label: label.half == 0,
        "half 1 (held out)": lambda label: label.half == 1,
    } | {f"drawn as {kind}": (lambda label, kind=kind: label.drawn_as == kind) for kind in _kinds(labelled)}
    for name, belongs in groups.items():
        chosen = [(label, codes) for label, codes in zip(labelled, found, strict=True) if belongs(label)]
        _say(name, scored([label for label, _ in chosen], [codes for _, codes in chosen]))
    for name, mangle in HOSTILE.items():
        _say(name, scored(labelled, named(register, [mangle(label.text) for label in labelled])))
    for half in (0, 1):
        _say_roles(half, role_pairs(register, [label for label in labelled if label.half == half]))
    if "--cases" in sys.argv:
        _cases(labelled, found)


def _kinds(labelled: Sequence[Labelled]) -> list[str]:
    return sorted({label.drawn_as for label in labelled})


def _say(name: str, score: Score) -> None:
    print(
        f"{name:<42} precision {score.precision:.3f}  recall {score.recall:.3f}  "
        f"({score.right} right, {score.extra} extra, {score.missed} missed)"
    )


def _say_roles(half: int, pairs: Sequence[tuple[str, str]]) -> None:
    right = sum(wanted == told for wanted, told in pairs)
    print(f"roles, half {half}: {right} of {len(pairs)} as labelled ({right / len(pairs):.3f})")
    for role in ROLES:
        both = pairs.count((role, role))
        labelled, told = sum(wanted == role for wanted, _ in pairs), sum(given == role for _, given in pairs)
        print(f"  {role:<12} {both} right of {labelled} labelled and {told} told")


def _cases(labelled: Sequence[Labelled], found: Sequence[frozenset[str]]) -> None:
    for label, codes in zip(labelled, found, strict=True):
        if codes != frozenset(label.roles):
            extra, missed = sorted(codes - label.roles.keys()), sorted(label.roles.keys() - codes)
            print(f"half {label.half}  extra {extra}  missed {missed}  {label.link}")


if __name__ == "__main__":
    main()
