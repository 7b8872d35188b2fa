"""A backtest over mentions: by the very fold of the live watch."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from deploy.backtesting.asked import Asked
from deploy.backtesting.course import Course, binned
from deploy.backtesting.picture import draw
from deploy.backtesting.report import Exposure, Report
from deploy.backtesting.told import of_finding
from deploy.backtesting.why import as_line, told
from deploy.commands.common import FAILED, OK, say
from deploy.progress import Progress, Silent, shown
from deploy.settings import Settings, SettingsError
from streams.backtest import Backtest, Summary
from streams.reading.reader import Apart, Reader
from streams.reading.register import Register
from streams.reading.sentiment_scorer import scorer_of
from streams.reading.stage import ReadStage
from streams.sources.files import MentionFile
from streams.sources.lines import Line, Unreadable
from streams.watching.config import WatchConfig

#: Lines between two looks at the progress bar.
_STRIDE = 500
#: Up to this span a picture shows minutes, beyond it hours.
_SHORT = timedelta(days=3)


def replayed(settings: Settings, register: Register, files: Sequence[str], asked: Asked) -> int:
    """Backtest mentions; returns the exit status."""
    streams = settings.streams
    config = WatchConfig(
        names={body.code: body.name for body in register.organisations()},
        readings_partitions=streams.readings_partitions,
        mentions_partitions=streams.mentions_partitions,
        policy=asked.policy,
        levels=asked.picture is not None,
    )
    whys = () if asked.why is None else (asked.why,)
    for option, code in [
        *(("--organisation", c) for c in sorted(asked.organisations)),
        *(("--why", c) for c, _ in whys),
    ]:
        if code not in config.names:
            raise SettingsError(f"{option}: {code[:80]!r} is not in the register; see `canhbao organisations`")
    course, report = Course(), Report(asked)
    width = 1 if asked.begin and asked.end and asked.end - asked.begin <= _SHORT else 60
    # Voice keys do not leave this process, so nothing here is worth a secret.
    reader = Reader(
        register,
        scorer_of(streams.sentiment, register),
        streams.negative_threshold,
        "not kept",
        apart=Apart(streams.abroad, streams.observed),
    )
    backtest = Backtest(
        ReadStage(reader, config.readings_partitions, replay=True),
        config,
        rival=asked.rival,
        until=None if asked.until is None else round(asked.until.timestamp() // 60) * 60_000,
        on_level=lambda level: course.take(level, minutes=width) if level.organisation in asked.organisations else None,
    )
    opened = [MentionFile(name) for name in files]
    with shown(opened) as progress:
        report.write = progress.write
        for finding in backtest.run(_lines(opened, progress)):
            report.take(of_finding(finding))
    if asked.why is not None:
        return _explain(config, asked.why, backtest)
    report.write = Silent().write
    for finding in backtest.rival_findings:
        report.take_rival(of_finding(finding))
    _draw(asked, config, course, report)
    _sums(backtest.summary)
    report.end(_exposure(asked, config, backtest.summary))
    return FAILED if backtest.summary.refused else OK


def _explain(config: WatchConfig, asked: tuple[str, datetime], backtest: Backtest) -> int:
    organisation, at = asked
    last = backtest.summary.last_seen
    if last is None or last < at.timestamp() * 1000:
        raise SettingsError("--why: no mention was seen as late as that")
    why = backtest.why(organisation)
    Silent().write(as_line(organisation, config.names[organisation], at, why))
    for row in told(config.names[organisation], at, why):
        say(row)
    return OK


def _lines(files: Sequence[MentionFile], progress: Progress) -> Iterator[Line | Unreadable]:
    done = 0
    for file in files:
        with file:
            for line in file:
                done += 1
                if done % _STRIDE == 0:
                    progress.update(done)
                yield line


def _draw(asked: Asked, config: WatchConfig, course: Course, report: Report) -> None:
    if asked.picture is None:
        return
    (code,) = asked.organisations
    points = binned(course.between(asked.begin, asked.end).points)
    asked.picture.write_text(draw(config.names[code], points, report.marked), encoding="utf-8")


def _sums(summary: Summary) -> None:
    by_reason = Counter(refused.reason for refused in summary.refused)
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in by_reason.most_common())
    say(f"{summary.mentions:,} mentions, {len(summary.refused):,} refused{f' ({reasons})' if reasons else ''}")
    told = ", ".join(f"{count:,} {reason}" for reason, count in sorted(summary.findings.items()))
    say(f"findings: {told or 'none'}")


def _exposure(asked: Asked, config: WatchConfig, summary: Summary) -> Exposure:
    told = asked.organisations or frozenset(config.names)
    if summary.first_seen is None or summary.last_seen is None:
        return Exposure(told, 0.0)
    begin, end = (datetime.fromtimestamp(ms / 1000, tz=UTC) for ms in (summary.first_seen, summary.last_seen))
    return Exposure(frozenset(), 0.0).and_of(told, begin, end, asked)
