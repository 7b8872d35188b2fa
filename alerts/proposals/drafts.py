"""The drafts of a proposal as documents; every number in them is from the record and leads back to it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from alerts import words
from alerts.documents.form import SYMBOL, Kind, Part
from alerts.documents.model import GAP, Block, Document, Paragraph
from alerts.incidents import describe
from alerts.proposals import texts
from alerts.proposals.annex import annex
from alerts.proposals.dossier import Dossier, Level
from alerts.proposals.offices import Office


def drafts(dossier: Dossier) -> list[tuple[str, Document]]:
    """The documents of a proposal, in the order they are read: file name without ending, and document."""
    made: list[tuple[str, Callable[[Dossier], Document]]] = [("1-phieu-trinh", memo)]
    if dossier.level is Level.REQUEST:
        made.append(("2-cong-van-de-nghi", letter))
    elif dossier.level in {Level.SUBMISSION, Level.DIRECT}:
        made.append(("2-to-trinh", submission))
    made += [("3-du-thao-quyet-dinh", decision), ("4-bao-cao-nhanh", report), ("5-phu-luc", annex)]
    return [(name, make(dossier)) for name, make in made]


def _issued(dossier: Dossier, kind: Kind, office: Office | None = None) -> Document:
    """A document with head and stamps."""
    office = office or dossier.drafter
    sign = f"{SYMBOL[kind]}-{office.symbol}" if kind in SYMBOL else office.symbol
    return Document(
        kind,
        issuer=office.name,
        symbol=f"/{sign}",
        place=office.place,
        year=dossier.day.year,
        stamps=(texts.DRAFT, *([words.DRILL] if dossier.incident.run else [])),
    )


def _text(text: str) -> Paragraph:
    return Paragraph(text)


def _section(text: str) -> Paragraph:
    return Paragraph(text, Part.SECTION)


def _heading(text: str) -> Paragraph:
    return Paragraph(text, Part.HEADING)


def _moment(instant: str) -> str:
    moment = datetime.fromisoformat(instant)
    return words.MOMENT.format(hour=words.hour(moment), day=words.day(moment))


def situation(dossier: Dossier) -> list[str]:
    """What is known, in sentences; modest, since it is counted by a machine."""
    incident = dossier.incident
    bodies = [one.name for one in dossier.parties]
    shown = words.listed([words.clean(one, 80) for one in bodies[:5]])
    if len(bodies) > 5:
        shown = words.AND_OTHERS.format(names=", ".join(bodies[:5]), count=words.whole(len(bodies) - 5))
    gravest = dossier.parties[0]
    return [
        texts.SITUATION.format(
            opened=_moment(incident.opened_at),
            updated=_moment(incident.changed_at),
            alerts=words.whole(len(incident.members)),
            firing=words.whole(incident.firing),
            bodies=words.whole(len(bodies)),
            names=shown,
            severity=words.SEVERITY[incident.peak],
        ),
        texts.GRAVEST.format(
            name=words.clean(gravest.name, 80),
            observed=words.whole(gravest.observed),
            expected=words.about(gravest.expected),
        ),
        texts.CAUTION,
    ]


def _basis(dossier: Dossier) -> str:
    proposer = dossier.offices.proposer
    return texts.POINT.format(performs=f" ({proposer.performs})" if proposer.performs else "")


def _seated(dossier: Dossier) -> list[str]:
    shown = []
    for place, one in enumerate(dossier.seats):
        end = "." if place == len(dossier.seats) - 1 else ";"
        shown.append(f"- {one.name}: {one.role} ({one.reason}){end}")
    return shown


def _name(dossier: Dossier) -> str:
    return describe.name(dossier.incident)


def memo(dossier: Dossier) -> Document:
    """*Phiếu trình* to the leaders: one page, what is asked and what they may decide."""
    first, gravest, caution = situation(dossier)
    body: list[Block] = [
        _heading(texts.MEMO_MATTER),
        _text(texts.MEMO_ASK[dossier.level].format(name=_name(dossier))),
        _heading(texts.MEMO_SITUATION),
        *(_text(one) for one in (first, gravest, caution)),
        _heading(texts.MEMO_BASIS),
        _text(f"{_basis(dossier)}."),
        _heading(texts.MEMO_OPINIONS),
        _text(f"{GAP}."),
        _heading(texts.MEMO_DECISION),
        _text(texts.MEMO_CHOICES),
    ]
    return replace(
        _issued(dossier, Kind.MEMO),
        abstract=texts.ABOUT.format(name=_name(dossier)),
        addressees=(f"{texts.LEADERS} {dossier.drafter.name}",),
        body=tuple(body),
        attachments=(texts.ANNEX_ATTACHED, texts.DECISION_ATTACHED),
        signer=(texts.UNIT_HEAD,),
        recipients=(texts.AS_ABOVE, texts.ARCHIVE),
        compact=True,
    )


def submission(dossier: Dossier) -> Document:
    """*Tờ trình* to the Prime Minister."""
    body: list[Block] = [
        _text(texts.SUBMISSION_OPENING.format(point=_basis(dossier), office=dossier.drafter.name)),
        _section(texts.NEED),
        _heading(texts.LEGAL),
        _text(f"{_basis(dossier)}."),
        _heading(texts.STANDING),
        *(_text(one) for one in situation(dossier)),
        _text(texts.FIGURES_IN_ANNEX),
        _section(texts.PROCESS),
        _text(texts.OPINIONS_MISSING.format(gap=GAP)),
        _section(texts.CONTENT),
        _text(texts.PROPOSED_SEATS),
        *(_text(one) for one in _seated(dossier)),
        _text(texts.PROPOSED_TASKS),
        _section(texts.REQUEST_HEAD),
        _text(texts.SUBMISSION_CLOSING.format(office=dossier.drafter.name)),
    ]
    return replace(
        _issued(dossier, Kind.SUBMISSION),
        abstract=texts.ABOUT.format(name=_name(dossier)),
        addressees=(texts.PRIME_MINISTER,),
        body=tuple(body),
        attachments=(texts.DECISION_ATTACHED, texts.ANNEX_ATTACHED),
        signer=(dossier.drafter.head,),
        recipients=(texts.AS_ABOVE, texts.GOVERNMENT_OFFICE, texts.ARCHIVE),
    )


def letter(dossier: Dossier) -> Document:
    """*Công văn* that asks the ministry which performs point 3.đ; a body of equal rank is asked, not submitted to."""
    proposer = dossier.offices.proposer
    body = [
        *(_text(one) for one in situation(dossier)),
        _text(texts.FIGURES_IN_ANNEX),
        _text(texts.LETTER_ASK.format(point=_basis(dossier), office=dossier.drafter.name, proposer=proposer.name)),
        _text(texts.LETTER_CLOSING.format(office=dossier.drafter.name)),
    ]
    return replace(
        _issued(dossier, Kind.LETTER),
        abstract=texts.LETTER_ABOUT.format(name=_name(dossier)),
        addressees=(proposer.name,),
        body=tuple(body),
        attachments=(texts.ANNEX_ATTACHED,),
        signer=(dossier.drafter.head,),
        recipients=(texts.AS_ABOVE, texts.ARCHIVE),
    )


def decision(dossier: Dossier) -> Document:
    """Draft *Quyết định* that sets the task force up: by the Prime Minister, a minister or a chairman."""
    high = dossier.level in {Level.REQUEST, Level.SUBMISSION, Level.DIRECT}
    issuer = dossier.offices.bodies["TTg"] if high and "TTg" in dossier.offices.bodies else dossier.drafter
    province = issuer.symbol == "UBND"
    kind = "TTg" if high else "province" if province else "ministry"
    authority = issuer.name if high else texts.AUTHORITY.format(head=issuer.head, name=issuer.name)
    bases = [one.text for one in dossier.offices.bases if kind in one.issuers]
    asked_by = dossier.offices.proposer if high else None
    bases.append(texts.AT_REQUEST.format(head=texts.head_of(asked_by)) if asked_by else texts.AT_REQUEST_OF_UNIT)
    articles = texts.articles(_name(dossier), _seated(dossier), standing=dossier.seats[0].name)
    return replace(
        _issued(dossier, Kind.DECISION, issuer),
        abstract=texts.DECISION_ABOUT.format(name=_name(dossier)),
        authority=authority,
        bases=tuple(bases),
        body=tuple(Paragraph(one, Part.ARTICLE if one.startswith("Điều ") else Part.TEXT) for one in articles),
        signer=(issuer.head,),
        recipients=_decided(dossier, high=high),
    )


def _decided(dossier: Dossier, *, high: bool) -> tuple[str, ...]:
    bodies: Sequence[str] = [one.office.name for one in dossier.parties if one.office is not None]
    named = dict.fromkeys([texts.AS_ARTICLE, *([texts.GOVERNMENT_OFFICE] if high else []), *bodies[:5]])
    return (*named, texts.ARCHIVE)


def report(dossier: Dossier) -> Document:
    """*Báo cáo nhanh*: what is known, what is not, what is being done."""
    body: list[Block] = [
        _section(texts.KNOWN),
        *(_text(one) for one in situation(dossier)),
        _text(texts.FIGURES_IN_ANNEX),
        _section(texts.UNKNOWN),
        *(_text(f"- {one};") for one in dossier.gaps),
        _text(texts.UNHEARD),
        _section(texts.UNDER_WAY),
        _text(f"{GAP}./."),
    ]
    return replace(
        _issued(dossier, Kind.REPORT),
        abstract=texts.REPORT_ABOUT.format(name=_name(dossier)),
        body=tuple(body),
        signer=(dossier.drafter.head,),
        recipients=(texts.LEADERS_TOLD, texts.ARCHIVE),
    )
