"""Officers teach the sentiment model: by a mention, by an alert's verdict; what was taught is listed and undone."""

import asyncio
from collections.abc import Awaitable
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from alerts.model import LIVE, Representative
from alerts.ports import SourceUnavailableError
from alerts.teaching import Lesson, LessonRefusedError, LessonState, Taught, Teacher, Tone, UnknownLessonError
from api.deps import Actor, Reader, ServiceDep
from api.errors import ProblemError
from api.schemas import PROBLEMS
from api.service import Service
from api.wire import as_json

_T = TypeVar("_T")

router = APIRouter(tags=["teaching"], responses=PROBLEMS)


class Feedback(BaseModel):
    """What an officer says of a mention; the source tells mentions of one id apart, the text is for those not kept."""

    model_config = ConfigDict(extra="forbid")

    tone: Tone
    source_kind: str = Field(default="", max_length=20)
    source_name: str = Field(default="", max_length=300)
    text: str = Field(default="", max_length=2000)


class AlertVerdict(StrEnum):
    """Whether an alert was right; one that was planned, or about somebody else, says nothing of the tone."""

    TRUE = "true"
    FALSE = "false"
    PLANNED = "planned"


class AlertJudgement(BaseModel):
    """A verdict; `tone` says what the shown mentions were, where the verdict is about that."""

    model_config = ConfigDict(extra="forbid")

    verdict: AlertVerdict
    tone: Tone | None = None


class Undoing(BaseModel):
    """Why a lesson is undone."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=2000)


@router.post("/v1/mentions/{id}/feedback", status_code=202)
async def give_feedback(
    actor: Actor,
    service: ServiceDep,
    id: Annotated[str, Path(min_length=1, max_length=512)],  # noqa: A002 - its name in the address
    body: Feedback,
) -> Response:
    """Teach the model by one mention, from the minute `holds_from` on.

    The text is that of the evidence table, else that of the newest mentions in the log, else the one sent.
    """
    teacher = _teacher(service)
    found = await _text(service, teacher, id, body)
    about = f"{found.kind}/{body.source_name}/{id}"
    lesson = await _answer(teacher.teach([found], body.tone, about=about, by=actor.name, now=service.clock()))
    return _told(service, lesson)


@router.post("/v1/alerts/{id}/verdict", status_code=202)
async def judge_alert(
    actor: Actor,
    service: ServiceDep,
    id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")],  # noqa: A002 - its name in the address
    body: AlertJudgement,
) -> Response:
    """Say whether an alert was right.

    Its shown mentions are learned, together as one lesson: as not negative where it was false, and as `tone` where that
    is said. A planned event teaches nothing.
    """
    history = await asyncio.to_thread(service.store.alert, id, None)
    if history is None:
        raise ProblemError(404, f"There is no alert {id}; /v1/alerts lists those there are.")
    tone = body.tone or (Tone.NOT_NEGATIVE if body.verdict is AlertVerdict.FALSE else None)
    if tone is None or body.verdict is AlertVerdict.PLANNED:
        return as_json({"verdict": body.verdict.value, "lesson": None}, status=202)
    shown = history.alert.finding.representatives
    texts = await asyncio.to_thread(service.store.excerpts, history.alert.run, shown)
    if not texts:
        raise ProblemError(
            409, "The texts of this alert's mentions are no longer kept: there is nothing to learn from."
        )
    taught = [Taught(text.title, text.source_kind) for text in texts]
    lesson = await _answer(
        _teacher(service).teach(taught, tone, about=f"alert {id}", by=actor.name, now=service.clock())
    )
    return _told(service, lesson, verdict=body.verdict.value)


@router.get("/v1/model/lessons")
async def list_lessons(_: Reader, service: ServiceDep) -> Response:
    """What the model was taught, the newest first: by whom, from when to when, and why it was taken back."""
    lessons = await _answer(_teacher(service).lessons())
    return as_json({"lessons": [msgspec.to_builtins(one) for one in lessons]})


@router.post("/v1/model/lessons/{id}/undo")
async def undo_lesson(
    actor: Actor,
    service: ServiceDep,
    id: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")],  # noqa: A002 - its name in the address
    body: Undoing,
) -> Response:
    """Let a lesson count no more, from the minute `holds_until` on."""
    lesson = await _answer(_teacher(service).undo(id, by=actor.name, reason=body.reason, now=service.clock()))
    service.metrics.lessons.labels(lesson.state.value).inc()
    return as_json(msgspec.to_builtins(lesson))


def _told(service: Service, lesson: Lesson, **more: str) -> Response:
    service.metrics.lessons.labels(lesson.state.value).inc()
    body: dict[str, Any] = msgspec.to_builtins(lesson)
    if more:
        body = {**more, "lesson": body}
    return as_json(body | {"applied": lesson.state is LessonState.IN_FORCE}, status=202)


async def _text(service: Service, teacher: Teacher, id_: str, body: Feedback) -> Taught:
    if body.source_kind and body.source_name:
        reference = Representative(id_, body.source_kind, body.source_name, "", 1)
        kept = await asyncio.to_thread(service.store.excerpts, LIVE, [reference])
        if kept:
            return Taught(kept[0].title, kept[0].source_kind)
    found = await _answer(teacher.find(id_, body.source_kind, body.source_name))
    if found is not None:
        return found
    if body.text.strip():
        return Taught(body.text, body.source_kind or "other")
    raise ProblemError(
        404,
        "The text of this mention is neither evidence of an alert nor among the newest mentions of the log: send "
        "source_kind and source_name of evidence, or the text itself.",
    )


def _teacher(service: Service) -> Teacher:
    if service.teacher is None:
        raise ProblemError(404, "This service has no log in which lessons are kept.")
    return service.teacher


async def _answer(asked: Awaitable[_T]) -> _T:
    try:
        return await asked
    except UnknownLessonError as error:
        raise ProblemError(404, f"{error}.") from error
    except LessonRefusedError as error:
        raise ProblemError(409, f"{error}.") from error
    except SourceUnavailableError as error:
        raise ProblemError(503, f"{error}.") from error
