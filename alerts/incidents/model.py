"""What an incident is: its alerts, what they have in common, and what people made of it."""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from alerts.model import ChangeKind, Severity

#: Mildest to gravest.
ORDER = tuple(Severity)


class IncidentState(StrEnum):
    """Whether it goes on; a merged one lives on in another."""

    OPEN = "open"
    RESOLVED = "resolved"
    MERGED = "merged"


class Conclusion(StrEnum):
    """What a person says it was."""

    TRUE = "true"
    FALSE = "false"
    PLANNED = "planned"


class Member(msgspec.Struct, frozen=True):
    """One of its alerts.

    Attributes
    ----------
    organisation, organisation_name
        Whom it is about.
    severity
        Of its newest revision.
    firing
        Whether it goes on.
    by_hand
        Whether a person put it here: then it is never grouped anew.
    """

    organisation: str
    organisation_name: str
    severity: Severity
    firing: bool
    by_hand: bool = False


class Incident(msgspec.Struct, frozen=True):
    """Alerts of one cause.

    Times are RFC 3339 UTC, as findings write them: of `seen_at`, not of the wall clock, so that a replay groups alike.

    Attributes
    ----------
    run, id
        Its key; the id is that of the alert it began with.
    opened_at, changed_at
        Tick of its first alert's first firing; of the newest revision of any.
    quiet_since
        Since when none of its alerts fires; empty while one does.
    resolved_at, resolved_by
        When it was over, and who said so (empty: it had been quiet for long).
    reopened
        How often it began again: each time it takes longer to be called over.
    members
        Its alerts by id.
    words
        New words of its alerts, and in how many of them.
    mentions
        Keys of mentions its alerts showed.
    peak
        The gravest it has been.
    name
        What a person called it; empty: `alerts.incidents.describe` names it.
    acknowledged_by, acknowledged_at, assignee, snoozed_until
        Who has it.
    conclusion, concluded_by
        What it was.
    merged_into
        The incident it lives on in.
    separate
        Incidents that a person split it from: never merged with them by the program.
    """

    run: str
    id: str
    opened_at: str
    changed_at: str
    state: IncidentState = IncidentState.OPEN
    quiet_since: str = ""
    resolved_at: str = ""
    resolved_by: str = ""
    reopened: int = 0
    members: dict[str, Member] = {}
    words: dict[str, int] = {}
    mentions: tuple[str, ...] = ()
    peak: Severity = Severity.NOTICE
    name: str = ""
    acknowledged_by: str = ""
    acknowledged_at: str = ""
    assignee: str = ""
    snoozed_until: str = ""
    conclusion: Conclusion | None = None
    concluded_by: str = ""
    merged_into: str = ""
    separate: tuple[str, ...] = ()

    @property
    def firing(self) -> int:
        """How many of its alerts go on."""
        return sum(member.firing for member in self.members.values())

    @property
    def severity(self) -> Severity:
        """The gravest of its alerts that go on; of all when none does."""
        going = [one.severity for one in self.members.values() if one.firing]
        return max(going or [one.severity for one in self.members.values()], key=ORDER.index, default=self.peak)

    @property
    def organisations(self) -> dict[str, str]:
        """Names of whom it is about, by code; those with the most alerts first."""
        counted: dict[str, int] = {}
        names: dict[str, str] = {}
        for one in self.members.values():
            counted[one.organisation] = counted.get(one.organisation, 0) + 1
            names[one.organisation] = one.organisation_name
        return {code: names[code] for code in sorted(names, key=lambda code: (-counted[code], code))}

    @property
    def place(self) -> tuple[str, str, str]:
        """Where it stands among all, newest first."""
        return (self.opened_at, self.run, self.id)


class Event(NamedTuple):
    """Something that happened to an incident, for its timeline.

    Attributes
    ----------
    detail
        What beside the incident's own state: who it was merged into, a note, a reason.
    """

    kind: ChangeKind
    incident: Incident
    detail: dict[str, str] = {}  # noqa: RUF012 - never changed
