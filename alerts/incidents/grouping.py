"""Which incident an alert belongs to. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from alerts.incidents.model import Incident, IncidentState
from alerts.model import Finding


class GroupingPolicy(NamedTuple):
    """When alerts are of one cause.

    Attributes
    ----------
    reopen
        So long after its end an incident goes on rather than a new one beginning.
    calm
        So long none of its alerts may fire until it is over; twice as long after each re-opening.
    shared_words
        So many new words in common, and so large a share of the shorter list: fewer must be a larger share.
    established
        Of an incident's words those count that so large a share of its alerts have: one's noise brings in no other.
    common
        A word in more incidents than this says nothing of either.
    words_kept, mentions_kept
        What is remembered of an incident's alerts.
    """

    reopen: timedelta = timedelta(hours=24)
    calm: timedelta = timedelta(minutes=30)
    shared_words: tuple[tuple[int, float], ...] = ((3, 0.3), (2, 0.5))
    established: float = 0.1
    common: int = 2
    words_kept: int = 96
    mentions_kept: int = 512


class Link(StrEnum):
    """Why an alert belongs to an incident; the strongest first."""

    MENTIONS = "shares mentions"
    ORGANISATION = "is about the same organisation"
    WORDS = "shares new words"
    FAMILY = "is about a body above or below"


_STRENGTH = {link: place for place, link in enumerate(Link)}
#: What makes two incidents one when an alert belongs to both.
_MERGING = frozenset({Link.MENTIONS, Link.WORDS})


class Evidence(NamedTuple):
    """What an alert has that others may have too.

    Attributes
    ----------
    kin
        Bodies above it.
    """

    organisation: str
    kin: frozenset[str]
    words: frozenset[str]
    mentions: frozenset[str]
    at: datetime


class Candidate(NamedTuple):
    """An incident as alerts are held against it.

    Attributes
    ----------
    codes, kin
        Whom its alerts are about, and the bodies above them.
    """

    incident: Incident
    codes: frozenset[str]
    kin: frozenset[str]
    mentions: frozenset[str]


class Home(NamedTuple):
    """Where an alert belongs: an incident and why, and others that turn out to be the same one."""

    incident: Incident | None
    link: Link | None
    same: tuple[Incident, ...]


def evidence_of(finding: Finding, parents: Mapping[str, str]) -> Evidence:
    """What an alert has that others may have too.

    Parameters
    ----------
    parents
        The body above each, by code.
    """
    return Evidence(
        organisation=finding.organisation,
        kin=frozenset(above(finding.organisation, parents)),
        words=frozenset(word.casefold() for word in finding.words),
        mentions=frozenset(f"{one.source_kind}/{one.source_name}/{one.id}" for one in finding.representatives),
        at=datetime.fromisoformat(finding.fired_at),
    )


def candidate(incident: Incident, parents: Mapping[str, str], before: Candidate | None = None) -> Candidate:
    """An incident ready to be held against alerts; `before` is what it was, if that is known."""
    codes = frozenset(one.organisation for one in incident.members.values())
    if before is not None and codes == before.codes:
        kin = before.kin
    else:
        kin = frozenset(higher for code in codes for higher in above(code, parents))
    same = before is not None and before.incident.mentions is incident.mentions
    mentions = before.mentions if before is not None and same else frozenset(incident.mentions)
    return Candidate(incident, codes, kin, mentions)


def above(code: str, parents: Mapping[str, str]) -> list[str]:
    """The bodies above one, nearest first; a circle ends where it closes.

    Examples
    --------
    >>> above("so", {"so": "tinh", "tinh": "cp", "cp": "tinh"})
    ['tinh', 'cp']
    """
    found: list[str] = []
    while (code := parents.get(code, "")) and code not in found:
        found.append(code)
    return found


def home_of(evidence: Evidence, candidates: Iterable[Candidate], policy: GroupingPolicy) -> Home:
    """The incident an alert belongs to: the strongest link, the oldest incident.

    Examples
    --------
    >>> now = datetime.fromisoformat("2026-11-22T07:05:00Z")
    >>> home_of(Evidence("19", frozenset(), frozenset(), frozenset(), now), [], GroupingPolicy())
    Home(incident=None, link=None, same=())
    """
    near = [one for one in candidates if is_near(one.incident, evidence.at, policy)]
    telling = _telling(evidence.words, near, policy)
    linked = [(link, one.incident) for one in near if (link := _link(evidence, telling, one, policy)) is not None]
    if not linked:
        return Home(None, None, ())
    linked.sort(key=lambda pair: (_STRENGTH[pair[0]], pair[1].opened_at, pair[1].id))
    link, home = linked[0]
    same = tuple(
        one
        for other, one in linked[1:]
        if {link, other} <= _MERGING and one.id not in home.separate and home.id not in one.separate
    )
    return Home(home, link, same)


def is_near(incident: Incident, at: datetime, policy: GroupingPolicy) -> bool:
    """Whether an incident may take an alert of this time: it goes on, or was over not long ago."""
    if incident.state is IncidentState.MERGED:
        return False
    over = over_at(incident, policy)
    return over is None or at - over <= policy.reopen


def over_at(incident: Incident, policy: GroupingPolicy) -> datetime | None:
    """When an incident is over, or was; `None` while one of its alerts fires."""
    if incident.resolved_at:
        return datetime.fromisoformat(incident.resolved_at)
    if not incident.quiet_since:
        return None
    calm: timedelta = policy.calm * (1 << min(incident.reopened, 4))
    return datetime.fromisoformat(incident.quiet_since) + calm


def _telling(words: frozenset[str], near: Iterable[Candidate], policy: GroupingPolicy) -> frozenset[str]:
    """The words that are not in everybody's mouth."""
    seen = dict.fromkeys(words, 0)
    for one in near:
        for word in words & one.incident.words.keys():
            seen[word] += 1
    return frozenset(word for word, count in seen.items() if count <= policy.common)


def _link(evidence: Evidence, telling: frozenset[str], one: Candidate, policy: GroupingPolicy) -> Link | None:
    if evidence.mentions & one.mentions:
        return Link.MENTIONS
    if evidence.organisation in one.codes:
        return Link.ORGANISATION
    least = policy.established * len(one.incident.members)
    words = {word for word, count in one.incident.words.items() if count >= least}
    shared = telling & words
    shorter = min(len(telling), len(words))
    if any(len(shared) >= many and len(shared) >= share * shorter for many, share in policy.shared_words):
        return Link.WORDS
    related = evidence.kin & one.codes or evidence.organisation in one.kin
    # A body above has many below it: it is the same thing only if something else says so, or nothing speaks against it.
    return Link.FAMILY if related and (shared or not evidence.words or not words) else None
