"""`canhbao train`: the sentiment model's table from mentions labelled by the lexicon."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.common import load, load_register, refuse, say

if TYPE_CHECKING:
    from streams.reading.sentiment_course import Headline


def train(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Mentions: NDJSON, plain or gzip.")],
    *,
    output: Annotated[Path, typer.Option(help="Directory for table.bin and card.md.")],
    labels: Annotated[
        Path | None, typer.Option(help="Labels by hand: TSV with id, label, use. The shipped ones unless told.")
    ] = None,
) -> None:
    """Train the sentiment model; the same files give the same table. Writes table.bin and card.md."""
    from streams.reading.sentiment_course import NothingToTrainOnError, card_text, run_course
    from streams.reading.sentiment_data import LabelError, hand_labels, written
    from streams.reading.sentiment_table import encode

    settings = load(context)
    try:
        known = hand_labels(labels)
        with _told() as tell:
            table = run_course(
                list(_headlines(files)), known, written(), load_register(settings), datetime.now(UTC).date(), tell=tell
            )
    except (LabelError, NothingToTrainOnError) as error:
        refuse(str(error))
    output.mkdir(parents=True, exist_ok=True)
    data = encode(table)
    (output / "table.bin").write_bytes(data)
    (output / "card.md").write_text(card_text(table), encoding="utf-8")
    say(f"{output / 'table.bin'}: {len(data):,} bytes; what it was made of and how good it is: {output / 'card.md'}")


def _headlines(files: list[str]) -> "Iterator[Headline]":
    """The mentions that can be read; others are told and passed over."""
    from streams.mentions import InvalidMention, parse
    from streams.reading.sentiment_course import Headline
    from streams.sources.files import Form, MentionFile
    from streams.sources.lines import Unreadable

    for name in files:
        with MentionFile(name, form=Form.NDJSON) as lines:
            for line in lines:
                if isinstance(line, Unreadable):
                    say(f"{name}, line {line.number}: {line.reason}: {line.detail}")
                    continue
                try:
                    mention = parse(line.data, frozenset())
                except InvalidMention as error:
                    say(f"{name}, line {line.number}: {error.reason}: {error.detail}")
                    continue
                yield Headline(mention.id, mention.source.kind, mention.title or "", mention.text or "")


@contextmanager
def _told() -> "Iterator[Callable[[str, int, int], None]]":
    """A bar a stage on stderr, where that is a terminal."""
    import sys

    if not sys.stderr.isatty():
        yield lambda _stage, _done, _of: None
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    with Progress(console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done)

        yield tell
