"""An incident in Vietnamese: its name, a summary, and what happened to it. Pure."""

from datetime import datetime

from alerts import words
from alerts.incidents.model import Incident, IncidentState
from alerts.model import LIVE

_WORDS_NAMED = 3
_ORGANISATIONS_NAMED = 3


def name(incident: Incident) -> str:
    """What a person called it, or whom it is about and what is new.

    Examples
    --------
    >>> name(_example())
    'Thái Nguyên: vỡ đê; mất điện'
    """
    if incident.name:
        return words.clean(incident.name, 200)
    bodies = [words.clean(one, 80) for one in incident.organisations.values()]
    rest = len(bodies) - _ORGANISATIONS_NAMED
    about = words.listed(bodies)
    if rest > 0:
        about = words.AND_OTHERS.format(names=", ".join(bodies[:_ORGANISATIONS_NAMED]), count=words.whole(rest))
    new = "; ".join(filter(None, (words.clean(word, 60) for word in list(incident.words)[:_WORDS_NAMED])))
    return f"{about}: {new}" if new else about


def summary(incident: Incident) -> str:
    """What an officer must know of it, in a few sentences.

    Examples
    --------
    >>> for sentence in summary(_example()).split(". "):
    ...     print(sentence)
    Vụ việc gồm 2 cảnh báo của 1 đơn vị, bắt đầu lúc 14 giờ 05 phút ngày 22/11/2026, mức độ cao nhất: nghiêm trọng
    Còn 1 cảnh báo đang diễn ra
    Chưa có người tiếp nhận.
    """
    sentences = [f"{words.DRILL}."] if incident.run != LIVE else []
    sentences.append(
        words.INCIDENT.format(
            alerts=words.whole(len(incident.members)),
            organisations=words.whole(len(incident.organisations)),
            moment=_moment(incident.opened_at),
            severity=words.SEVERITY[incident.peak],
        )
    )
    match incident.state:
        case IncidentState.MERGED:
            sentences.append(words.INCIDENT_MERGED)
        case IncidentState.RESOLVED:
            sentences.append(words.INCIDENT_OVER.format(moment=_moment(incident.resolved_at)))
        case IncidentState.OPEN:
            going = incident.firing
            sentences.append(words.INCIDENT_GOING.format(alerts=words.whole(going)) if going else words.INCIDENT_QUIET)
    if incident.acknowledged_by:
        moment = _moment(incident.acknowledged_at)
        sentences.append(words.INCIDENT_TAKEN.format(by=words.clean(incident.acknowledged_by, 80), moment=moment))
    elif incident.state is IncidentState.OPEN:
        sentences.append(words.INCIDENT_NOT_TAKEN)
    if incident.assignee:
        sentences.append(words.INCIDENT_ASSIGNED.format(to=words.clean(incident.assignee, 80)))
    if incident.conclusion is not None:
        sentences.append(words.INCIDENT_CONCLUDED.format(verdict=words.CONCLUSION[incident.conclusion.value]))
    return " ".join(sentences)


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return words.MOMENT.format(hour=words.hour(moment), day=words.day(moment))


def _example() -> Incident:
    """The incident of the examples above."""
    from alerts.incidents.model import Member  # noqa: PLC0415 - needed by the examples only
    from alerts.model import Severity  # noqa: PLC0415 - needed by the examples only

    at = "2026-11-22T07:05:00.000Z"
    count = Member("19", "Thái Nguyên", Severity.SERIOUS, firing=True)
    share = Member("19", "Thái Nguyên", Severity.NOTICE, firing=False)
    told = {"vỡ đê": 2, "mất điện": 1}
    return Incident("", "40" * 16, at, at, members={"a": count, "b": share}, words=told, peak=Severity.SERIOUS)
