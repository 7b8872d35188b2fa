"""`canhbao backtest`: findings as NDJSON on standard output, a summary on standard error."""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from deploy.commands.common import FAILED, OK, say
from deploy.settings import Settings
from streams.reading.register import Register
from streams.sources.files import Form, MentionFile, SourceFileError
from streams.sources.lines import Line, Unreadable

if TYPE_CHECKING:
    from detectors.evaluate import CountAlert

_STEP = re.compile(r"([0-9]{1,5})\s*(m|min|h|d)?")
_MINUTES = {None: 1, "m": 1, "min": 1, "h": 60, "d": 1440}


def replayed(settings: Settings, register: Register, files: Sequence[str], *, all_changes: bool) -> int:
    """Backtest mentions; returns the exit status."""
    from alerts.model import canonical
    from streams.backtest import Backtest
    from streams.reading.reader import Reader
    from streams.reading.sentiment import LexiconScorer
    from streams.reading.stage import ReadStage
    from streams.watching.config import WatchConfig

    streams = settings.streams
    config = WatchConfig(
        names={body.code: body.name for body in register.organisations()},
        readings_partitions=streams.readings_partitions,
        mentions_partitions=streams.mentions_partitions,
        policy=streams.detection,
        levels=False,
    )
    # Voice keys do not leave this process, so nothing here is worth a secret.
    reader = Reader(register, LexiconScorer(), streams.negative_threshold, "not kept")
    backtest = Backtest(ReadStage(reader, config.readings_partitions, replay=True), config)
    out = sys.stdout.buffer
    for finding in backtest.run(_all_lines([MentionFile(name) for name in files])):
        if all_changes or finding.reason == "fired":
            out.write(canonical(finding) + b"\n")
            out.flush()
    summary = backtest.summary
    for each in summary.refused[:20]:
        say(f"line {each.line}: {each.reason}: {each.detail}")
    by_reason = Counter(each.reason for each in summary.refused)
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in by_reason.most_common())
    say(f"{summary.mentions:,} mentions, {len(summary.refused):,} refused{f' ({reasons})' if reasons else ''}")
    told = ", ".join(f"{count:,} {reason}" for reason, count in sorted(summary.findings.items()))
    say(f"findings: {told or 'none'}")
    return FAILED if summary.refused else OK


def _all_lines(files: Sequence[MentionFile]) -> Iterator[Line | Unreadable]:
    for file in files:
        with file:
            yield from file


def counted(settings: Settings, files: Sequence[str], step: str, *, all_changes: bool) -> int:
    """Backtest files of counts, each on its own; returns the exit status."""
    from detectors.counts import CountsError, read_counts
    from detectors.evaluate import replay

    fired = rows = 0
    for name in files:
        # A file is read wholly before anything is told of it: half of an answer would look like all of it.
        with MentionFile(name, form=Form.NDJSON) as file:
            try:
                counts = read_counts(_texts(name, file), parse_step(step))
            except CountsError as error:
                say(f"canhbao: {name}, {error}")
                return FAILED
        rows += counts.rows
        for alert in replay(counts, settings.streams.detection, all_changes=all_changes):
            fired += alert.decision.kind.value == "fired"
            sys.stdout.buffer.write(msgspec.json.encode(_told(alert)) + b"\n")
    sys.stdout.flush()
    say(f"{rows:,} rows, {fired:,} alerts")
    return OK


def parse_step(text: str) -> int:
    """Minutes of a window.

    Examples
    --------
    >>> parse_step("5m"), parse_step("1h"), parse_step("1")
    (5, 60, 1)
    """
    found = _STEP.fullmatch(text.strip().lower())
    minutes = int(found[1]) * _MINUTES[found[2]] if found else 0
    if not 1 <= minutes <= 1440:
        raise SourceFileError(f"--step must be from 1m to 1d, such as 5m or 1h, not {text!r}")
    return minutes


def _texts(name: str, file: MentionFile) -> Iterator[str]:
    reached = 0
    for line in file:
        if isinstance(line, Unreadable):
            raise SourceFileError(f"{name}, line {line.number}: {line.detail}")
        # Blank lines keep their places, so that the line numbers of refusals are the file's.
        yield from ["\n"] * (line.number - reached - 1)
        reached = line.number
        try:
            yield line.data.decode() + "\n"
        except UnicodeDecodeError as error:
            raise SourceFileError(f"{name}, line {line.number}: this is not UTF-8") from error


def _told(alert: "CountAlert") -> dict[str, object]:
    from streams.watching.findings import alert_id
    from streams.watching.times import instant

    made = alert.decision
    at = round(alert.fired_at.timestamp() * 1000)
    return {
        "id": alert_id(alert.organisation, made.series, at),
        "organisation": alert.organisation,
        "organisation_name": alert.organisation,
        "series": made.series,
        "window_start": alert.window_start,
        "fired_at": instant(at),
        "severity": made.severity,
        "observed": alert.observed,
        "mentions": alert.mentions,
        "expected": float(f"{alert.expected:.6g}"),
        "probability": float(f"{made.probability:.6g}"),
        "test_probability": float(f"{made.test_probability:.6g}"),
        "reason": made.kind.value,
        "window_seconds": timedelta(minutes=made.window).total_seconds(),
    }
