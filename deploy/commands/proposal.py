"""`canhbao proposal`: the drafts of a task-force proposal for an incident, and the check of a document's form."""

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.common import FAILED, load, load_register, refuse, say

if TYPE_CHECKING:
    from alerts.proposals.dossier import Dossier
    from deploy.settings import Settings

_QUESTION = "Có nội dung bí mật nhà nước?"


def proposal(
    context: typer.Context,
    incident: Annotated[str | None, typer.Argument(help="Id of the incident.")] = None,
    *,
    output: Annotated[Path | None, typer.Option(help="Directory for the drafts; made if it is not there.")] = None,
    check: Annotated[Path | None, typer.Option(help="Check the form of this DOCX file instead.")] = None,
    level: Annotated[
        str | None,
        typer.Option(help="province, ministry, request, submission or direct; the lowest that suffices unless told."),
    ] = None,
    drafter: Annotated[str, typer.Option(help="Code of the body that drafts.")] = "",
    reason: Annotated[str, typer.Option(help="Why a ministry submits directly.")] = "",
    run: Annotated[str, typer.Option(help="Run of the incident; the live one unless told.")] = "",
    no_state_secrets: Annotated[
        bool, typer.Option("--no-state-secrets", help="Answers the first question: nothing in it is a state secret.")
    ] = False,
    pdf: Annotated[bool, typer.Option(help="Make PDF files too, where LibreOffice is installed.")] = True,
) -> None:
    """Draft the proposal of a task force as DOCX and PDF, for a person to edit; or check a document's form."""
    if check is not None:
        _check(check)
        return
    if incident is None or output is None:
        refuse("name an incident and --output DIR, or --check FILE.docx")
    if not no_state_secrets:
        _ask_first()
    dossier = _dossier(load(context), incident, run, level, drafter, reason)
    made = _write(dossier, output)
    if pdf:
        _convert(made, output)
    for gap in dossier.gaps:
        say(f"cần bổ sung: {gap}")


def _check(path: Path) -> None:
    from alerts.documents.checking import check
    from alerts.documents.reading import DocumentRefusedError

    try:
        found = check(path.read_bytes())
    except OSError as error:
        refuse(f"{path} cannot be read: {error.strerror}")
    except DocumentRefusedError as error:
        refuse(f"{path}: {error}")
    for one in found:
        print(f"{one.code}\t{one.where}\t{one.sentence}")
    if found:
        refuse(f"{len(found)} departures from the form of Decree 30/2020/NĐ-CP", FAILED)
    say("no departure from the form of Decree 30/2020/NĐ-CP")


def _ask_first() -> None:
    """Nothing secret may be drafted on a networked machine: on yes nothing is stored."""
    if not sys.stdin.isatty():
        refuse(f"{_QUESTION} Answer with --no-state-secrets, or at a terminal; nothing was stored")
    if typer.confirm(_QUESTION, default=True, err=True):
        refuse("không soạn thảo, lưu giữ nội dung bí mật nhà nước trên máy có nối mạng; nothing was stored", FAILED)


def _dossier(settings: "Settings", id_: str, run: str, level: str | None, drafter: str, reason: str) -> "Dossier":
    from datetime import UTC, datetime

    from alerts.proposals.dossier import DossierError, Level, assemble
    from alerts.proposals.offices import Offices, OfficesError
    from alerts.store import open_store
    from alerts.words import VIETNAM_TIME
    from deploy.state import prepare

    if level is not None and level not in set(Level):
        refuse(f"--level must be one of {', '.join(Level)}, not {level!r}")
    prepare(settings.state_dir)
    with closing(open_store(settings.alert_store_url)) as store:
        history = store.incident(id_, run)
        if history is None:
            refuse(f"there is no incident {id_}; /v1/incidents lists them")
        if history.incident.merged_into:
            refuse(f"this incident was merged into {history.incident.merged_into}: name that one")
        texts = [one for alert in history.alerts for one in store.excerpts(run, alert.finding.representatives)]
    register = {one.code: one.as_dict() for one in load_register(settings).organisations()}
    try:
        return assemble(
            history.incident,
            history.alerts,
            excerpts=texts,
            changes=history.changes,
            register=register,
            offices=Offices.load(datetime.now(UTC).astimezone(VIETNAM_TIME).date()),
            level=None if level is None else Level(level),
            drafter=drafter,
            reason=reason,
            base_url=settings.http.base_url,
        )
    except (DossierError, OfficesError) as error:
        refuse(str(error))


def _write(dossier: "Dossier", output: Path) -> list[Path]:
    from alerts.documents.writer import write
    from alerts.proposals.drafts import drafts

    made = []
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, document in drafts(dossier):
            path = output / f"{name}.docx"
            path.write_bytes(write(document))
            made.append(path)
            print(path)
    except OSError as error:
        refuse(f"{output} cannot be written: {error.strerror}")
    return made


def _convert(made: list[Path], output: Path) -> None:
    """PDF by LibreOffice, in a profile of its own; left out, and said, where it is not there."""
    import shutil
    import subprocess
    import tempfile

    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        say("no PDF: LibreOffice (soffice) is not installed")
        return
    with tempfile.TemporaryDirectory() as profile:
        command = [office, f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", "pdf"]
        try:
            subprocess.run(  # noqa: S603 - the program found above, with paths of our own
                [*command, "--outdir", str(output), *map(str, made)], check=True, capture_output=True, timeout=120
            )
        except (subprocess.SubprocessError, OSError) as error:
            say(f"no PDF: LibreOffice failed ({type(error).__name__})")
            return
    for path in made:
        print(path.with_suffix(".pdf"))
