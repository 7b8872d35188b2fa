"""What the drafts say, before it is put into words: the incident's facts, who takes part, and what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from alerts.incidents.model import Incident
from alerts.model import Alert, Change, Excerpt
from alerts.proposals.offices import Office, Offices, province_office

_PROVINCES = frozenset({"province", "city"})


class Level(StrEnum):
    """Who sets the task force up, the lowest that suffices first."""

    PROVINCE = "province"
    MINISTRY = "ministry"
    REQUEST = "request"
    SUBMISSION = "submission"
    DIRECT = "direct"


class DossierError(ValueError):
    """A proposal that cannot be drafted so; the sentence says why."""


class Party(NamedTuple):
    """A body that the incident is about.

    Attributes
    ----------
    alerts, firing
        Its alerts, and those that go on.
    observed, expected
        Negatives in its gravest alert's newest window, and what is usual there.
    """

    code: str
    name: str
    office: Office | None
    alerts: int
    firing: int
    observed: int
    expected: float


class Seating(NamedTuple):
    """Somebody proposed for the task force, by office, with the reason."""

    name: str
    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that the drafts are made of.

    Attributes
    ----------
    drafter
        Who submits.
    parties
        Whom the incident is about, those with the most first.
    seats
        Who is proposed as lead, members and guests.
    gaps
        What is missing, for a person to fill in.
    link
        Address of a record, by alert id.
    """

    incident: Incident
    alerts: Sequence[Alert]
    excerpts: Sequence[Excerpt]
    changes: Sequence[Change]
    level: Level
    day: date
    offices: Offices
    drafter: Office
    parties: Sequence[Party]
    seats: Sequence[Seating]
    gaps: Sequence[str]
    base_url: str

    def link(self, alert_id: str) -> str:
        """Address of an alert's page."""
        run = f"?run={self.incident.run}" if self.incident.run else ""
        return f"{self.base_url}/alerts/{alert_id}{run}"


def assemble(
    incident: Incident,
    alerts: Sequence[Alert],
    *,
    excerpts: Sequence[Excerpt] = (),
    changes: Sequence[Change] = (),
    register: Mapping[str, Mapping[str, object]],
    offices: Offices,
    level: Level | None = None,
    drafter: str = "",
    reason: str = "",
    base_url: str = "",
) -> Dossier:
    """Put a dossier together.

    Parameters
    ----------
    register
        The register's bodies by code, as `/v1/organisations` shows them.
    level
        Unless told the lowest that suffices: of the one province or ministry it is about, else the Prime Minister.
    drafter
        Code of the body that drafts; unless told the one that the level asks for.
    reason
        Why a ministry submits directly; needed there.

    Raises
    ------
    DossierError
        If the level does not fit the incident or a reason is missing.
    """
    if not alerts:
        raise DossierError("the incident has no alerts left: it was merged or erased; name the one it lives on in")
    if level is Level.DIRECT and not reason.strip():
        raise DossierError("direct submission is possible, but needs a reason: --reason")
    parties = _parties(alerts, register, offices)
    level = level or lowest(parties)
    issuer = _drafter(drafter, level, parties, register, offices)
    gaps = _gaps(parties, offices, level, issuer)
    seats = _seats(parties, offices, level, issuer)
    return Dossier(
        *(incident, alerts, excerpts, changes, level, offices.day, offices, issuer, parties, seats, gaps, base_url)
    )


def lowest(parties: Sequence[Party]) -> Level:
    """The lowest level that suffices for these bodies."""
    offices = {one.office.code: one.office for one in parties if one.office is not None}
    if len(offices) != 1 or any(one.office is None for one in parties):
        return Level.SUBMISSION
    (office,) = offices.values()
    return Level.PROVINCE if office.symbol == "UBND" else Level.MINISTRY


def _parties(
    alerts: Sequence[Alert], register: Mapping[str, Mapping[str, object]], offices: Offices
) -> tuple[Party, ...]:
    own: dict[str, list[Alert]] = {}
    for alert in sorted(alerts, key=lambda one: (one.finding.first_fired_at, one.id)):
        own.setdefault(alert.finding.organisation, []).append(alert)
    parties = []
    for code, some in own.items():
        gravest = max(some, key=lambda one: (one.finding.observed, one.id))
        parties.append(
            Party(
                code,
                gravest.finding.organisation_name,
                _office(code, register, offices),
                len(some),
                sum(one.state.value == "firing" for one in some),
                gravest.finding.observed,
                gravest.finding.expected,
            )
        )
    return tuple(sorted(parties, key=lambda one: -one.observed))


def _office(code: str, register: Mapping[str, Mapping[str, object]], offices: Offices) -> Office | None:
    """The office behind a body: a ministry, a province's committee, that of the body above, or none."""
    seen: set[str] = set()
    while code and code not in seen:
        seen.add(code)
        if code in offices.bodies:
            return offices.bodies[code]
        entry = register.get(code, {})
        if entry.get("kind") in _PROVINCES:
            return province_office(code, str(entry.get("name", "")), str(entry.get("kind")))
        code = str(entry.get("parent") or "")
    return None


def _drafter(
    code: str, level: Level, parties: Sequence[Party], register: Mapping[str, Mapping[str, object]], offices: Offices
) -> Office:
    """Who submits; the level tells, unless a body is named."""
    if code:
        office = _office(code, register, offices)
        if office is None:
            raise DossierError(f"nothing is known of {code}'s office: add it to the data of offices")
        return office
    if level is Level.SUBMISSION:
        return offices.proposer
    named = [one.office for one in parties if one.office is not None]
    wanted = [one for one in named if (one.symbol == "UBND") is (level is Level.PROVINCE)]
    found = wanted or (named if level in {Level.REQUEST, Level.DIRECT} else [])
    if not found:
        raise DossierError(f"no body of this incident can draft at the level {level.value}: name one with --drafter")
    return found[0]


def _seats(parties: Sequence[Party], offices: Offices, level: Level, drafter: Office) -> tuple[Seating, ...]:
    """The lead from who is responsible, members from who is mentioned, the rest from the data."""
    seats = []
    if level in {Level.SUBMISSION, Level.DIRECT, Level.REQUEST}:
        standing = offices.proposer.name
        seats.append(
            Seating(standing, "Tổ phó thường trực, cơ quan thường trực", "cơ quan kiến nghị theo điểm đ khoản 3")
        )
    else:
        seats.append(Seating(drafter.name, "Tổ trưởng, cơ quan thường trực", "cơ quan thành lập"))
    taken = {one.name for one in seats}
    for party in parties:
        if party.office is not None and party.office.name not in taken:
            taken.add(party.office.name)
            reason = f"được nhắc đến trong {party.alerts} cảnh báo của vụ việc"
            seats.append(Seating(party.office.name, "thành viên", reason))
    seats += [
        Seating(one.name, one.role, one.reason)
        for one in offices.seats
        if level.value in one.levels and one.name not in taken
    ]
    return tuple(seats)


def _gaps(parties: Sequence[Party], offices: Offices, level: Level, drafter: Office) -> tuple[str, ...]:
    """What a person must fill in or look at before anything is sent."""
    gaps = [f"chưa xác định được cơ quan chủ quản của {one.name}" for one in parties if one.office is None]
    issuer = {"UBND": "province"}.get(drafter.symbol, "ministry")
    if level in {Level.SUBMISSION, Level.DIRECT}:
        issuer = "TTg"
    bases = [one for one in offices.bases if issuer in one.issuers]
    gaps += [f"căn cứ cần được bộ phận pháp chế xác nhận: {one.text}" for one in bases if not one.confirmed]
    if issuer == "province":
        gaps.append("bổ sung căn cứ về thẩm quyền của Chủ tịch Ủy ban nhân dân")
    return (
        *gaps,
        "ý kiến của các cơ quan liên quan chưa có",
        "người ký, họ tên, số và ngày của văn bản để trống",
        "thời điểm xảy ra vụ việc do cán bộ nhập (chưa có)",
        "phân công theo chức vụ cụ thể của từng thành viên chưa có",
    )
