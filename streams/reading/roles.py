"""The role of a named body in a text: blamed, rescuing, responsible (it acts or answers), or only mentioned.

One automaton pass over a batch finds cues; then a few rules of place decide for each hit. A body *speaks or acts* if it
is no territory (a ministry), if an authority stands close before it in its clause (*UBND tỉnh …*), or if a verb of
authority follows it. It is *blamed* if a word that blames points at it or follows it (an accusation only where it acts:
people of a province are accused every day), or if a former official of it is in a text about a crime; *rescuing* if it
acts in a clause about rescue; *responsible* if it acts, and otherwise *mentioned*.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from streams.reading.names import Found, Hit
from streams.reading.spelling import variants
from streams.reading.text import BREAK, Text, pattern, strip_marks

_CUES = Path(__file__).parent / "data" / "roles" / "cues.tsv"
#: Syllables between a cue and the name it speaks of, at most.
_AUTHORITY_REACH, _ACT_REACH, _BLAME_REACH, _FORMER_REACH = 8, 1, 8, 14


class Role(IntEnum):
    """From the weakest to the strongest: of several roles in one text the strongest counts."""

    MENTIONED = 0
    RESPONSIBLE = 1
    RESCUING = 2
    BLAMED = 3


class _Cue(NamedTuple):
    kinds: frozenset[str]
    start: int
    end: int


class RoleFinder:
    """Says which role each named organisation has in a text.

    Examples
    --------
    >>> from streams.reading.names import NameFinder
    >>> from streams.reading.register import Register
    >>> from streams.reading.text import cut_all
    >>> texts = cut_all(["UBND tỉnh An Giang bị phê bình", "Công an Huế cứu người mắc kẹt", "Mưa lớn ở Huế"])
    >>> found = NameFinder(Register.load()).find_all(texts)
    >>> [{code: role.name for code, role in roles.items()} for roles in RoleFinder().roles(texts, found)]
    [{'91': 'BLAMED'}, {'46': 'RESCUING'}, {'46': 'MENTIONED'}]
    """

    def __init__(self) -> None:
        kinds: dict[str, set[str]] = {}
        for form, kind in _phrases():
            kinds.setdefault(form, set()).add(kind)
        self._kinds = [frozenset(each) for each in kinds.values()]
        self._search = AhoCorasick(
            list(kinds), matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA
        ).find_matches_as_indexes

    def roles(self, texts: Sequence[Text], found: Sequence[Found]) -> list[Mapping[str, Role]]:
        """The role of each organisation found, by code, for each text."""
        asked = [number for number, one in enumerate(found) if one.hits]
        roles: list[Mapping[str, Role]] = [_NONE] * len(texts)
        for number, cues in zip(asked, self._cues([texts[number] for number in asked]), strict=True):
            roles[number] = _roles(texts[number], found[number].hits, cues)
        return roles

    def _cues(self, texts: Sequence[Text]) -> Iterator[list[_Cue]]:
        """The cues of each text, in order."""
        matches = self._search("\n".join([text.lower for text in texts]))
        kinds, first, base = self._kinds, 0, 0
        ends = [end for _, _, end in matches]
        for text in texts:
            limit = base + len(text.lower)
            last = bisect_left(ends, limit + 1, first)
            yield [
                _Cue(kinds[number], start - base, end - base)
                for number, start, end in matches[first:last]
                if "nothing" not in kinds[number]
            ]
            first, base = last, limit + 1


#: Directly before a name they say that it is only where something happens.
_PLACES = tuple(pattern(word) for word in ("ở", "tại", "từ", "qua", "địa bàn", "địa bàn tỉnh"))
_NONE: Mapping[str, Role] = {}


def _phrases() -> Iterator[tuple[str, str]]:
    """Every spelling of every cue with its kind; without marks only those of several syllables."""
    for line in _CUES.read_text(encoding="utf-8").splitlines()[1:]:
        if line.startswith(("#", "cue\t")):
            continue
        kind, words = line.split("\t")
        for word in words.split("|"):
            for form in variants(pattern(word)):
                yield form, kind
                if "  " in form:
                    yield strip_marks(form), kind


def _roles(text: Text, hits: Sequence[Hit], cues: Sequence[_Cue]) -> Mapping[str, Role]:
    roles: dict[str, Role] = {}
    for hit in hits:
        role = _role(text.lower, hit, cues)
        if role > roles.get(hit.code, -1):
            roles[hit.code] = role
    return roles


def _role(words: str, hit: Hit, cues: Sequence[_Cue]) -> Role:
    if hit.name.theme:
        return Role.MENTIONED
    acts = not hit.name.place or hit.name.part == "department"
    stands_there = words.endswith(_PLACES, 0, hit.start)
    if not cues:
        return Role.RESPONSIBLE if acts else Role.MENTIONED
    begin, stop = words.rfind(BREAK, 0, hit.start), words.find(BREAK, hit.end)
    if stop < 0:
        stop = len(words)
    rescues = False
    in_crime = any("crime" in cue.kinds for cue in cues)
    for cue in cues:
        if not begin < cue.start < stop:
            continue
        if cue.end <= hit.start:
            reach = words.count("  ", cue.end, hit.start)
            if ("blame_object" in cue.kinds and reach <= _BLAME_REACH) or (
                "former_official" in cue.kinds and reach <= _FORMER_REACH and in_crime
            ):
                return Role.BLAMED
            acts = acts or ("authority" in cue.kinds and reach <= _AUTHORITY_REACH and not stands_there)
        elif cue.start >= hit.end:
            reach = words.count("  ", hit.end, cue.start)
            if reach <= _BLAME_REACH and ("blame_after" in cue.kinds or (acts and "accused_after" in cue.kinds)):
                return Role.BLAMED
            acts = acts or ("act" in cue.kinds and reach <= _ACT_REACH and not stands_there)
        rescues = rescues or "rescue" in cue.kinds
    return Role.RESCUING if acts and rescues else Role.RESPONSIBLE if acts else Role.MENTIONED
