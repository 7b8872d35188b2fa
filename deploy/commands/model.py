"""`canhbao model`: what officers taught the sentiment model, and taking it back."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from deploy.commands.common import load, load_register, refuse

if TYPE_CHECKING:
    from alerts.teaching import Lesson, Teacher

model = typer.Typer(
    help="List and undo what the sentiment model was taught.", no_args_is_help=True, rich_markup_mode=None
)

_T = TypeVar("_T")
#: Who is named for what is undone at the command line.
_ACTOR = "operator"


@model.command(name="list")
def list_lessons(context: typer.Context) -> None:
    """List the lessons, the newest first: id, tone, about what, by whom, from when to when, why it ended."""
    for lesson in _asked(context, lambda teacher: teacher.lessons()):
        print("\t".join(_cells(lesson)))


@model.command()
def undo(
    context: typer.Context,
    lesson: Annotated[str, typer.Argument(help="The lesson's id, as `model list` shows it.")],
    reason: Annotated[str, typer.Option(help="Why; stands in the record.")],
) -> None:
    """Let a lesson count no more, from a minute on that is named in `control`."""
    now = datetime.now(UTC)
    print("\t".join(_cells(_asked(context, lambda teacher: teacher.undo(lesson, by=_ACTOR, reason=reason, now=now)))))


def _cells(lesson: "Lesson") -> list[str]:
    ended = f"until {lesson.holds_until} by {lesson.ended_by}: {lesson.reason}" if lesson.holds_until else ""
    return [
        lesson.id, lesson.state.value, lesson.tone.value, lesson.about, lesson.by, lesson.at, lesson.holds_from, ended
    ]  # fmt: skip


def _asked(context: typer.Context, ask: "Callable[[Teacher], Awaitable[_T]]") -> _T:
    from alerts.ports import SourceUnavailableError
    from alerts.teaching import LessonRefusedError, UnknownLessonError

    try:
        return asyncio.run(_with_teacher(context, ask))
    except (UnknownLessonError, LessonRefusedError, SourceUnavailableError) as error:
        refuse(str(error))


async def _with_teacher(context: typer.Context, ask: "Callable[[Teacher], Awaitable[_T]]") -> _T:
    from deploy.state import prepare
    from streams.log import open_log
    from streams.teaching import LogTeacher
    from streams.topics import Topics, topic_specs

    settings = load(context)
    prepare(settings.state_dir)
    log = open_log(settings.log_url, settings.streams.kafka)
    await log.start()
    try:
        await log.create(*topic_specs(settings.streams))
        return await ask(LogTeacher(log, Topics(settings.streams.run), load_register(settings)))
    finally:
        await log.stop()
