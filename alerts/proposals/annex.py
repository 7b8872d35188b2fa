"""*Phụ lục số liệu, minh chứng*: the figures, where they come from, and what they do not show."""

from collections import Counter
from datetime import datetime

from alerts import words
from alerts.documents.form import Kind, Part
from alerts.documents.model import Block, Document, Paragraph, Table
from alerts.model import INCIDENT_KINDS
from alerts.proposals import texts
from alerts.proposals.dossier import Dossier

_MOST_ROWS = 40


def annex(dossier: Dossier) -> Document:
    """The annex to all drafts of a dossier."""
    body: list[Block] = [
        _heading(texts.ANNEX_BODIES),
        _bodies(dossier),
        _heading(texts.ANNEX_ALERTS),
        _alerts(dossier),
        _heading(texts.ANNEX_SOURCES),
        _sources(dossier),
        _heading(texts.ANNEX_MENTIONS),
        _mentions(dossier),
        _heading(texts.ANNEX_TIMELINE),
        _timeline(dossier),
        _heading(texts.ANNEX_METHOD),
        *(Paragraph(one) for one in texts.METHOD),
        _heading(texts.ANNEX_GAPS),
        *(Paragraph(f"- {one};") for one in dossier.gaps),
        Paragraph(texts.UNHEARD),
    ]
    return Document(
        Kind.ANNEX,
        abstract=texts.ANNEX_TITLE,
        annexed_to=texts.ANNEXED_TO,
        body=tuple(body),
        stamps=(texts.DRAFT, *([words.DRILL] if dossier.incident.run else [])),
    )


def _heading(text: str) -> Paragraph:
    return Paragraph(text, Part.HEADING)


def _moment(instant: str) -> str:
    moment = datetime.fromisoformat(instant)
    return f"{words.hour(moment)}, {words.day(moment)}"


def _bodies(dossier: Dossier) -> Table:
    rows = [
        (
            words.clean(one.name, 120),
            words.whole(one.alerts),
            words.whole(one.firing),
            words.whole(one.observed),
            words.about(one.expected),
        )
        for one in dossier.parties[:_MOST_ROWS]
    ]
    return Table((texts.BODIES_HEAD, *rows), (0.36, 0.14, 0.16, 0.16, 0.18))


def _alerts(dossier: Dossier) -> Table:
    """Every number leads to the record it is from."""
    ranked = sorted(dossier.alerts, key=lambda one: (-one.finding.observed, one.id))
    rows = [
        (
            words.clean(one.finding.organisation_name, 80),
            _moment(one.finding.first_fired_at),
            f"{words.whole(one.finding.observed)} / {words.about(one.finding.expected)}",
            words.rarity(one.finding.probability),
            dossier.link(one.id),
        )
        for one in ranked[:_MOST_ROWS]
    ]
    return Table((texts.ALERTS_HEAD, *rows), (0.2, 0.16, 0.17, 0.19, 0.28))


def _sources(dossier: Dossier) -> Table:
    counted: Counter[tuple[str, str]] = Counter()
    for alert in dossier.alerts:
        for source in alert.finding.sources:
            counted[source.kind, source.name] += source.negative
    ranked = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [
        (words.clean(name, 120), words.SOURCE_KIND.get(kind, words.SOURCE_KIND["other"]), words.whole(negative))
        for (kind, name), negative in ranked[:_MOST_ROWS]
    ]
    return Table((texts.SOURCES_HEAD, *rows), (0.5, 0.28, 0.22))


def _mentions(dossier: Dossier) -> Table:
    """Representative mentions: titles and addresses, nobody's name."""
    seen: dict[tuple[str, str, str], tuple[str, str, str]] = {}
    for one in dossier.excerpts:
        key = (one.source_kind, one.source_name, one.id)
        seen.setdefault(key, (words.clean(one.title, 200), words.clean(one.source_name, 80), one.url))
    rows = list(seen.values())[:_MOST_ROWS] or [(texts.NONE_KEPT, "", "")]
    return Table((texts.MENTIONS_HEAD, *rows), (0.45, 0.2, 0.35))


def _timeline(dossier: Dossier) -> Table:
    """Alerts' beginnings and what happened to the incident, in their order."""
    told = [
        (one.finding.first_fired_at, texts.ALERT_BEGAN.format(name=words.clean(one.finding.organisation_name, 80)))
        for one in dossier.alerts
    ]
    told += [
        (f"{one.at:%Y-%m-%dT%H:%M:%S}.000Z", texts.HAPPENED[one.kind.value])
        for one in dossier.changes
        if one.kind in INCIDENT_KINDS and one.kind.value in texts.HAPPENED
    ]
    rows = [(_moment(at), text) for at, text in sorted(told)[-_MOST_ROWS:]]
    return Table((texts.TIMELINE_HEAD, *rows), (0.3, 0.7))
