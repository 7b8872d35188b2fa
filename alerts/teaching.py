"""What officers teach the sentiment model: lessons, each with its minute, that can be listed and undone."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec

from alerts.errors import AlertsError

#: Lessons that one token may give on one day (UTC).
LESSONS_A_DAY = 20


class Tone(StrEnum):
    """What an officer says of a text."""

    BLAME = "blame"
    EVENT = "event"
    NOT_NEGATIVE = "not_negative"
    POSITIVE = "positive"


class LessonState(StrEnum):
    """Whether a lesson counts; one that did harm was taken back by the service itself."""

    IN_FORCE = "in_force"
    UNDONE = "undone"
    ROLLED_BACK = "rolled_back"


class Lesson(msgspec.Struct, frozen=True):
    """One change of the model; it holds no text.

    Attributes
    ----------
    about
        The mention (``source kind/source name/id``) or the alert it was given about.
    tone
        What was said.
    by, at
        The token's name; RFC 3339 UTC.
    holds_from
        The minute from which mentions are read with it.
    holds_until
        The minute from which they are no more; empty while it counts.
    ended_by, reason
        Who took it back, and why.
    area
        Area under the curve on the watched sentences with it.
    """

    id: str
    about: str
    tone: Tone
    by: str
    at: str
    holds_from: str
    state: LessonState = LessonState.IN_FORCE
    holds_until: str = ""
    ended_by: str = ""
    reason: str = ""
    area: float = 0.0


class Taught(NamedTuple):
    """A text to learn from, and the kind of its source."""

    text: str
    kind: str


class UnknownLessonError(AlertsError):
    """There is no such lesson."""


class LessonRefusedError(AlertsError):
    """The lesson is not taken; the sentence says why."""


class Teacher(Protocol):
    """Where lessons go. Every method raises `SourceUnavailableError` when the log cannot be reached."""

    async def teach(self, texts: Sequence[Taught], tone: Tone, *, about: str, by: str, now: datetime) -> Lesson:
        """Learn these texts, together as one lesson. Raises `LessonRefusedError`."""

    async def lessons(self) -> Sequence[Lesson]:
        """All of them, the newest first."""

    async def undo(self, id_: str, *, by: str, reason: str, now: datetime) -> Lesson:
        """Let a lesson count no more. Raises `UnknownLessonError`, `LessonRefusedError`."""

    async def find(self, id_: str, kind: str, name: str) -> Taught | None:
        """The text of a mention that is still in the log, by its id and, where given, its source."""
