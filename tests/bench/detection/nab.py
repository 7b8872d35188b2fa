"""The given half of the Numenta Anomaly Benchmark's realTweets: `python -m tests.bench.detection.nab`.

Prints the scores of the shipped policy over all five series, the spread when one series is left out, and what the raw
probability scores without the alarm policy: every window under a threshold is an alert. With `--peers` the published
rules and river's detectors follow, as alarms that end after half a day of quiet. Thresholds are those that are best on
these very series, as the benchmark itself sets them; the shipped policy has none to set.
"""

import csv
import importlib.util
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from detectors.bank import Bank
from detectors.counts import Counts, read_counts
from detectors.evaluate import replay
from detectors.policy import DEFAULT, Policy
from tests.bench.detection import oracle
from tests.bench.detection.field import peers
from tests.bench.detection.measure import QUIET
from tests.bench.detection.sampling import Floats
from tests.bench.detection.world import DAY, Day

SHARED = Path(__file__).parents[4] / "shared"
NAB = SHARED / "data" / "nab"
SCORER = SHARED / "tools" / "nab_score.py"
STEP = 5

#: Starts of the windows that fired, by series.
Fired = Mapping[str, Sequence[str]]


def scorer() -> Any:
    """The given scorer, as a module."""
    spec = importlib.util.spec_from_file_location("nab_score", SCORER)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(SCORER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Benchmark:
    """Series and labels, and how alerts on them are scored."""

    def __init__(self) -> None:
        self._rules = scorer()
        self.labels: dict[str, list[list[str]]] = json.loads((NAB / "labels.json").read_text())
        self.starts: dict[str, list[str]] = {}
        for name in self.labels:
            with (NAB / f"{name}.csv").open() as handle:
                self.starts[name] = [row["window_start"] for row in csv.DictReader(handle)]

    def score(self, fired: Fired, names: Sequence[str] = (), profile: str = "standard") -> float:
        """The benchmark's score of a profile, over some series (all unless told)."""
        false_alarm, miss = self._rules.PROFILES[profile]
        raw, total = 0.0, 0
        for name in names or list(self.labels):
            found, windows, *_ = self._rules.score_series(
                self.starts[name], self.labels[name], fired[name], false_alarm, miss
            )
            raw, total = raw + found, total + windows
        return float(100.0 * (raw + miss * total) / (total + miss * total))

    def without_one(self, fired: Fired, profile: str) -> dict[str, float]:
        """The score without each series."""
        return {
            left: self.score(fired, [name for name in self.labels if name != left], profile) for left in self.labels
        }


def counts(name: str) -> Counts:
    """A series of the benchmark."""
    with (NAB / f"{name}.csv").open() as lines:
        return read_counts(lines, STEP)


def alerts(benchmark: Benchmark, policy: Policy) -> Fired:
    """What fires under a policy."""
    return {name: [alert.window_start for alert in replay(counts(name), policy)] for name in benchmark.labels}


def probabilities(benchmark: Benchmark, policy: Policy) -> dict[str, list[float]]:
    """The single test's probability of each window of each series."""
    found: dict[str, list[float]] = {}
    for name in benchmark.labels:
        chances: dict[int, float] = {}

        def follow(place: int, bank: Bank, chances: dict[int, float] = chances) -> None:
            chances[place] = float(bank.nearest(np.array([0])).test_probability[0])

        series = counts(name)
        for _ in replay(series, policy, follow=follow):
            pass
        found[name] = [chances[place] for place in series.series[0].places]
    return found


def best_threshold(benchmark: Benchmark, scores: Mapping[str, Sequence[float]], profile: str) -> tuple[float, Fired]:
    """Alerts of every window that scores at least the threshold that is best for a profile."""
    pooled = np.sort(np.concatenate([np.asarray(values) for values in scores.values()]))
    tried = np.unique(pooled[-np.unique(np.geomspace(1, len(pooled) // 4, 120).astype(int))])
    return max(
        ((benchmark.score(fired, profile=profile), fired) for fired in _fired(benchmark, scores, tried.tolist())),
        key=lambda one: one[0],
    )


def best_alarms(benchmark: Benchmark, scores: Mapping[str, Sequence[float]], profile: str) -> Fired:
    """As `best_threshold`, but only the first of the windows over it that follow one another within half a day."""
    pooled = np.sort(np.concatenate([np.asarray(values) for values in scores.values()]))
    tried = np.unique(pooled[-np.unique(np.geomspace(1, len(pooled) // 4, 120).astype(int))])
    found = [
        {name: _first(starts, QUIET // STEP, benchmark.starts[name]) for name, starts in fired.items()}
        for fired in _fired(benchmark, scores, tried.tolist())
    ]
    return max(found, key=lambda fired: benchmark.score(fired, profile=profile))


def _first(fired: Sequence[str], quiet: int, starts: Sequence[str]) -> list[str]:
    """Windows that fired after so many that did not."""
    place = {start: number for number, start in enumerate(starts)}
    places = [place[start] for start in fired]
    return [starts[now] for before, now in zip([-quiet - 1, *places], places, strict=False) if now - before > quiet]


def _fired(benchmark: Benchmark, scores: Mapping[str, Sequence[float]], tried: Sequence[float]) -> Iterator[Fired]:
    for threshold in tried:
        yield {
            name: [start for start, score in zip(benchmark.starts[name], values, strict=True) if score >= threshold]
            for name, values in scores.items()
        }


class Series:
    """A series as a simulation of one organisation, for peers: counts stand in the last minute of their window."""

    def __init__(self, name: str) -> None:
        series = counts(name).series[0]
        self._places = np.asarray(series.places)
        self._minutes = np.zeros((-(-(self._places[-1] + 1) * STEP // DAY) * DAY, 1), dtype=np.int64)
        self._minutes[self._places * STEP + STEP - 1, 0] = series.negative
        self.size, self.quiet_days = 1, 0

    def days(self, first: int = 0) -> Iterator[Day]:
        """Its days from its first window on."""
        for begin in range(first * DAY, len(self._minutes), DAY):
            seen = self._minutes[begin : begin + DAY]
            yield Day(begin, seen.astype(float), seen, seen, seen, seen, seen[None], seen[None])

    def at_rows(self, scored: Iterator[tuple[Day, Floats]]) -> list[float]:
        """A peer's score of each row: that of the minute in which its window ends."""
        found = np.zeros(len(self._minutes))
        for day, score in scored:
            found[day.first : day.first + DAY] = score[:, 0]
        return [float(value) for value in found[self._places * STEP + STEP - 1]]


def told(name: str, benchmark: Benchmark, fired: Fired, profile: str) -> None:
    """A row: the score over all series, and the least and the most without one."""
    spread = benchmark.without_one(fired, profile)
    least, most = min(spread, key=spread.__getitem__), max(spread, key=spread.__getitem__)
    bounds = f"{spread[least]:.2f} without {least}, {spread[most]:.2f} without {most}"
    print(f"{name:<46}{profile:<10}{benchmark.score(fired, profile=profile):>7.2f}   {bounds}")


def main() -> int:
    """Print the table."""
    if not (NAB / "labels.json").exists() or not SCORER.exists():
        print("realTweets: the series or their scorer are not here")
        return 0
    benchmark = Benchmark()
    fired = alerts(benchmark, DEFAULT)
    raw = {name: [-value for value in values] for name, values in probabilities(benchmark, DEFAULT).items()}
    for profile in ("standard", "low_fp"):
        told("shipped policy", benchmark, fired, profile)
    for profile in ("standard", "low_fp"):
        told("raw probability, best threshold", benchmark, best_threshold(benchmark, raw, profile)[1], profile)
    if "--peers" in sys.argv[1:]:
        series = {name: Series(name) for name in benchmark.labels}
        for peer in peers("all"):
            if peer.scores is oracle.scores:
                continue
            scores = {name: one.at_rows(peer.scores(one)) for name, one in series.items()}
            for profile in ("standard", "low_fp"):
                told(peer.name, benchmark, best_alarms(benchmark, scores, profile), profile)
    return 0


if __name__ == "__main__":
    sys.exit(main())
