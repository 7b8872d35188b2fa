"""A backtest over counts: CSV files, each on its own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime

import numpy as np

from deploy.backtesting.asked import Asked
from deploy.backtesting.course import Course, Point, binned
from deploy.backtesting.picture import draw
from deploy.backtesting.report import Exposure, Report
from deploy.backtesting.told import of_counts
from deploy.backtesting.why import as_line, told
from deploy.commands.common import FAILED, OK, say
from deploy.progress import Progress, Silent, shown
from deploy.settings import SettingsError
from detectors.bank import Bank, Why
from detectors.counts import MINUTE, Counts, CountsError, read_counts
from detectors.evaluate import EPOCH, Follow, origin, replay
from detectors.policy import Policy
from streams.sources.files import Form, MentionFile, SourceFileError
from streams.sources.lines import Unreadable

_STRIDE = 5000


def counted(files: Sequence[str], step: int, asked: Asked) -> int:
    """Backtest files of counts; returns the exit status."""
    report, course, rows, exposure = Report(asked), Course(), 0, Exposure(frozenset(), 0.0)
    opened = [MentionFile(name, form=Form.NDJSON) for name in files]
    with shown(opened, "rows") as progress:
        report.write = progress.write
        for file in opened:
            # A file is read wholly before anything is told of it: half of an answer would look like all of it.
            try:
                with file:
                    counts = read_counts(_texts(file, progress), step)
                if asked.why is not None and asked.why[0] in counts.names:
                    return _explain(counts, asked.policy, asked.why, progress)
                _replay(counts, asked, report, course, progress)
            except CountsError as error:
                progress.say(f"canhbao: {file.path}, {error}")
                return FAILED
            rows += counts.rows
            exposure = exposure.and_of(_told_of(counts, asked), *_span(counts), asked)
    report.write = Silent().write
    if asked.why is not None:
        raise SettingsError(f"--why: no row is of {asked.why[0][:80]!r}")
    for name in sorted(asked.organisations - exposure.organisations):
        raise SettingsError(f"--organisation: no row is of {name[:80]!r}")
    if asked.picture is not None:
        (name,) = asked.organisations
        points = binned(course.between(asked.begin, asked.end).points)
        asked.picture.write_text(draw(name, points, report.marked), encoding="utf-8")
    say(f"{rows:,} rows")
    report.end(exposure)
    return OK


class _Found(Exception):  # noqa: N818 - no error: the replay has come to where it was to go
    """The window was closed."""


def _explain(counts: Counts, policy: Policy, asked: tuple[str, datetime], progress: Progress) -> int:
    """Replay until the window that holds the time is closed, and say what it was tested against."""
    name, at = asked
    base, _ = origin(counts)
    wanted, row, found = (at - base) // (counts.step * MINUTE), counts.names.index(name), list[Why]()

    def follow(place: int, bank: Bank) -> None:
        if place == wanted:
            found.append(bank.why(row))
            raise _Found

    with suppress(_Found):
        for _ in replay(counts, policy, follow=follow, progress=_every(progress)):
            pass
    if not found:
        raise SettingsError("--why: the file has no window at that time")
    progress.write(as_line(name, name, at, found[0]))
    for told_line in told(name, at, found[0]):
        progress.say(told_line)
    return OK


def _replay(counts: Counts, asked: Asked, report: Report, course: Course, progress: Progress) -> None:
    follow = _follow(counts, asked, course)
    for alert in replay(counts, asked.policy, all_changes=asked.all_changes, follow=follow, progress=_every(progress)):
        report.take(of_counts(alert))
    if asked.rival is not None:
        for alert in replay(counts, asked.rival, progress=_every(progress)):
            report.take_rival(of_counts(alert))


def _every(progress: Progress) -> Callable[[int], None]:
    """Move the bar now and then only: it is slower than a window."""
    last = 0

    def done(rows: int) -> None:
        nonlocal last
        if rows >= last + _STRIDE:
            last = rows
            progress.update(rows)

    return done


def _follow(counts: Counts, asked: Asked, course: Course) -> Follow | None:
    """What draws the course of the one organisation that is drawn."""
    if asked.picture is None or not asked.organisations <= set(counts.names):
        return None
    row = counts.names.index(next(iter(asked.organisations)))
    series, step = counts.series[row], counts.step * MINUTE
    base, offsets = origin(counts)
    negative = dict(zip(series.places, series.negative, strict=True))

    def follow(place: int, bank: Bank) -> None:
        near = bank.nearest(np.array([row]))
        count = negative.get(place - offsets[row], 0)
        course.add(Point(base + place * step, counts.step, count, float(near.expected[0]), float(near.upper[0])))

    return follow


def _told_of(counts: Counts, asked: Asked) -> frozenset[str]:
    return frozenset(counts.names) & asked.organisations if asked.organisations else frozenset(counts.names)


def _span(counts: Counts) -> tuple[datetime, datetime]:
    """From the first window's start to the last one's end."""
    if not counts.series:
        return EPOCH, EPOCH
    step = counts.step * MINUTE
    ends = [series.first + (series.places[-1] + 1) * step for series in counts.series]
    return min(series.first for series in counts.series), max(ends)


def _texts(file: MentionFile, progress: Progress) -> Iterator[str]:
    reached = 0
    for line in file:
        if isinstance(line, Unreadable):
            raise SourceFileError(f"{file.path}, line {line.number}: {line.detail}")
        # Blank lines keep their places, so that the line numbers of refusals are the file's.
        yield from ["\n"] * (line.number - reached - 1)
        reached = line.number
        if reached % _STRIDE == 0:
            progress.update(reached)
        try:
            yield line.data.decode() + "\n"
        except UnicodeDecodeError as error:
            raise SourceFileError(f"{file.path}, line {line.number}: this is not UTF-8") from error
