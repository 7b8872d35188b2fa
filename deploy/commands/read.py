"""`canhbao read`: mentions on standard input, readings on standard output."""

import sys

import typer

from deploy.commands.common import FAILED, load, load_register, say


def read(context: typer.Context) -> None:
    """Read NDJSON mentions from stdin and print their readings, with seen_at = published_at."""
    from streams.mentions import InvalidMention
    from streams.reading.reader import Apart, Reader
    from streams.reading.sentiment_scorer import scorer_of
    from streams.sources.files import Form, MentionFile
    from streams.sources.lines import Unreadable

    settings = load(context)
    # Voice keys are not shown, so nothing here is worth a secret.
    register, streams = load_register(settings), settings.streams
    reader = Reader(
        register,
        scorer_of(streams.sentiment, register),
        streams.negative_threshold,
        "not kept",
        apart=Apart(streams.abroad, streams.observed),
    )
    refused = 0
    out = sys.stdout.buffer
    with MentionFile("-", form=Form.NDJSON) as lines:
        for line in lines:
            if isinstance(line, Unreadable):
                refused += 1
                say(f"line {line.number}: {line.reason}: {line.detail}")
                continue
            try:
                out.write(reader.read_line(line.data) + b"\n")
            except InvalidMention as error:
                refused += 1
                say(f"line {line.number}: {error.reason}: {error.detail}")
    out.flush()
    if refused:
        raise typer.Exit(FAILED)
