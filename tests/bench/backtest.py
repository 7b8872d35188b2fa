"""How well the crises of six months of real headlines are found: `python -m tests.bench.backtest [BUDGET …]`.

Prints time and memory, the events found, alerts a province and week outside them, and both figures for the same number
of alerts at random times.
"""

import json
import random
import resource
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

from alerts.model import Finding
from detectors.policy import DEFAULT, Policy
from streams.backtest import Backtest
from streams.reading.reader import Reader
from streams.reading.register import Register
from streams.reading.sentiment_scorer import ModelScorer
from streams.reading.sentiment_table import shipped
from streams.reading.stage import ReadStage
from streams.sources.files import MentionFile
from streams.watching.config import WatchConfig
from tests.bench.detection.measure import rate

NEWS = Path(__file__).parents[3] / "shared" / "data" / "news"
VIETNAM = timezone(timedelta(hours=7))
#: Kinds of bodies that the list of events calls provinces.
PROVINCES = ("province", "city")
#: Random draws over which the figures for chance are averaged.
DRAWS = 200


@dataclass(frozen=True)
class Pair:
    """An event in one province: an alert from the first day to one day after the last finds it."""

    event: str
    province: str
    first: date
    last: date

    def holds(self, code: str, day: date) -> bool:
        return code == self.province and self.first <= day <= self.last + timedelta(days=1)


Fired = tuple[str, date]


def pairs(register: Register, path: Path) -> list[Pair]:
    """The event x province pairs of the list, by code."""
    codes = {each.name: each.code for each in register.organisations() if each.kind in PROVINCES}
    listed = json.loads(path.read_text(encoding="utf-8"))["negative"]
    return [
        Pair(one["name"], codes[name], date.fromisoformat(one["first_day"]), date.fromisoformat(one["last_day"]))
        for one in listed
        for name in one["provinces"]
    ]


def fired(findings: Iterable[Finding], provinces: set[str]) -> list[Fired]:
    """Province and Vietnamese day of each first firing."""
    return [
        (f.organisation, datetime.fromisoformat(f.fired_at).astimezone(VIETNAM).date())
        for f in findings
        if f.revision == 1 and f.organisation in provinces
    ]


def score(alerts: Sequence[Fired], wanted: Sequence[Pair]) -> tuple[set[Pair], int]:
    """Pairs found, and how many alerts belong to none."""
    found = {pair for pair in wanted for code, day in alerts if pair.holds(code, day)}
    outside = sum(not any(pair.holds(code, day) for pair in wanted) for code, day in alerts)
    return found, outside


def by_chance(
    count: int, wanted: Sequence[Pair], provinces: Sequence[str], span: tuple[date, date]
) -> tuple[float, float]:
    """Mean pairs found and alerts outside, for as many alerts at random provinces and days."""
    rng = random.Random(7)
    days = (span[1] - span[0]).days + 1
    hits = misses = 0
    for _ in range(DRAWS):
        drawn = [(rng.choice(provinces), span[0] + timedelta(days=rng.randrange(days))) for _ in range(count)]
        found, outside = score(drawn, wanted)
        hits += len(found)
        misses += outside
    return hits / DRAWS, misses / DRAWS


@dataclass(frozen=True)
class Result:
    """Figures of a run.

    `outside` is alerts a province and week, `interval` its 90 % Poisson interval; `others` are those of other bodies.
    """

    mentions: int
    alerts: int
    wanted: Sequence[Pair]
    found: set[Pair]
    outside: float
    found_by_chance: float
    outside_by_chance: float
    register: Register
    interval: tuple[float, float] = (0.0, 0.0)
    others: float = 0.0


def real(directory: Path, policy: Policy = DEFAULT) -> Result:
    """Backtest the real headlines, and score what was found."""
    register = Register.load()
    names = {code: register.name(code) for code in register.codes}
    stage = ReadStage(Reader(register, ModelScorer(shipped(), register), {"default": 0.5}, "bench"), 1, replay=True)
    test = Backtest(stage, WatchConfig(names=names, mentions_partitions=4, policy=policy, levels=False))
    with MentionFile(str(directory / "mentions_2025-08_2026-01.ndjson.gz")) as lines:
        findings = list(test.run(lines))
    provinces = sorted(each.code for each in register.organisations() if each.kind in PROVINCES)
    wanted = pairs(register, directory / "events.json")
    alerts = fired(findings, set(provinces))
    found, outside = score(alerts, wanted)
    first, last = (
        datetime.fromtimestamp((at or 0) / 1000, tz=UTC).astimezone(VIETNAM).date()
        for at in (test.summary.first_seen, test.summary.last_seen)
    )
    weeks = ((last - first).days + 1) / 7 * len(provinces)
    lucky, stray = by_chance(len(alerts), wanted, provinces, (first, last))
    spread = rate(outside, weeks)
    bodies = len(names) - len(provinces)
    others = sum(f.revision == 1 and f.organisation in names and f.organisation not in provinces for f in findings)
    return Result(
        test.summary.mentions, len(alerts), wanted, found, outside / weeks, lucky, stray / weeks, register,
        (spread.low, spread.high), others / (weeks / len(provinces) * bodies),
    )  # fmt: skip


def main(budgets: Sequence[float]) -> None:
    """Run it for each budget and print the tables."""
    for budget in budgets:
        began, cpu = time.perf_counter(), time.process_time()
        result = real(NEWS, replace(DEFAULT, budget=budget))
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"budget {budget:g}: {result.mentions} mentions in {seconds:.1f} s ({cpu:.1f} s of processor), ", end="")
        print(f"{memory:.0f} MB at most")
        show(result)


def show(result: Result) -> None:
    """The table of a run."""
    wanted, (low, high) = len(result.wanted), result.interval
    print(f"{'':24}{'found':>12}{'outside/province/week':>24}{'90 %':>16}")
    found = f"{len(result.found)} of {wanted}"
    print(f"{f'{result.alerts} alerts':24}{found:>12}{result.outside:>24.3f}{f'{low:.3f}-{high:.3f}':>16}")
    print(f"{'as many at random':24}{f'{result.found_by_chance:.1f} of {wanted}':>12}{result.outside_by_chance:>24.3f}")
    print(f"{'other bodies':24}{'':>12}{result.others:>24.3f}")
    for pair in result.wanted:
        told = "found " if pair in result.found else "missed"
        print(f"  {told}  {pair.event}, {result.register.name(pair.province)}")


if __name__ == "__main__":
    main([float(word) for word in sys.argv[1:]] or [DEFAULT.budget])
