"""What the detectors cost and find.

    python -m tests.bench.detectors

Prints microseconds a minute of the bank's steps (least, median, most of repeated runs) and, where the realTweets series
are at hand, the scores of the shipped policy.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from detectors.bank import Bank
from detectors.counts import read_counts
from detectors.evaluate import replay
from detectors.policy import DEFAULT

SHARED = Path(__file__).parents[3] / "shared"
NAB = SHARED / "data" / "nab"
RUNS = 5


def told(name: str, figures: list[float], limit: float) -> None:
    """One row: least, median and most in microseconds, beside what was aimed at."""
    least, median, most = min(figures), statistics.median(figures), max(figures)
    print(f"{name:<46}{least:>10.1f}{median:>10.1f}{most:>10.1f}{limit:>10.0f}")


def timed(runs: int, times: int, action: Callable[[], object]) -> list[float]:
    """Microseconds of one of `times` that `action` does at once, a figure a run."""
    figures = []
    for _ in range(runs):
        begin = time.perf_counter()
        action()
        figures.append((time.perf_counter() - begin) / times * 1e6)
    return figures


def warm(rows: int, rate: float) -> Bank:
    """Build a bank that has seen two days and is ready to fire."""
    bank = Bank(DEFAULT, rows)
    rng = np.random.default_rng(1)
    for minute in range(2 * 1440):
        counts = rng.poisson(rate, rows).astype(np.int64)
        bank.close(minute, counts, counts)
    return bank


def close(bank: Bank, counts: "np.ndarray[tuple[int, int], np.dtype[np.int64]]") -> None:
    """Close a window for each row of `counts`."""
    for window in counts:
        bank.close(bank.next_minute or 0, window, window)


#: Ticks in a minute, at each of which the organisations touched are tested.
TICKS = 240


def costs_of(rows: int, minutes: int, aim: float) -> None:
    """The steps of a bank of `rows`."""
    bank = warm(rows, 0.02)
    counts = np.random.default_rng(2).poisson(0.02, (minutes, rows)).astype(np.int64)
    told(f"close, {rows:,} rows", timed(RUNS, minutes, lambda: close(bank, counts)), aim)
    idle = timed(RUNS, minutes, lambda: bank.close_idle((bank.next_minute or 0) + minutes))
    told(f"close_idle, {rows:,} rows", idle, aim)
    live(bank)
    print(f"{'snapshot, bytes a row':<46}{len(bank.snapshot()) / rows:>10.0f}{'':>20}{8192:>10}")


def live(bank: Bank) -> None:
    """What is asked between two minutes: a row alone, explained, and as many rows as a tick touches."""
    one, few, many = np.array([3]), np.full((1, 11), 0), np.full((1, 11), 3)
    few[0, -1] = 1
    touched = np.arange(max(1, bank.size // TICKS)) * TICKS % bank.size
    some = np.zeros((len(touched), 11), dtype=np.int64)
    some[:, -1] = 1

    def alone(counts: "np.ndarray[tuple[int, int], np.dtype[np.int64]]") -> None:
        for _ in range(500):
            bank.early(one, counts, counts)

    def explained() -> None:
        for _ in range(500):
            bank.early(one, few, few)
            bank.why(3)

    def ticks() -> None:
        for _ in range(TICKS):
            bank.early(touched, some, some)

    told("early, one row, nothing near", timed(RUNS, 500, lambda: alone(few)), 20.0)
    told("early, one row at its gate", timed(RUNS, 500, lambda: alone(many)), 0.0)
    told("early and why, one row", timed(RUNS, 500, explained), 20.0)
    told(f"early, {len(touched)} rows at once, each", timed(RUNS, TICKS * len(touched), ticks), 20.0)
    told(f"a live minute of {bank.size:,} rows: {TICKS} ticks", timed(RUNS, 1, ticks), 250_000.0)


def scores() -> None:
    """The shipped policy on real series: not what it was tuned on, but looked at while it was made."""
    if not (NAB / "labels.json").exists():
        print("realTweets: the series are not here")
        return
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "alerts.ndjson"
        begin, rows = time.perf_counter(), 0
        with target.open("w") as out:
            for file in sorted(NAB.glob("*.csv")):
                with file.open() as lines:
                    counts = read_counts(lines, 5)
                rows += counts.rows
                for alert in replay(counts, DEFAULT):
                    out.write(
                        json.dumps({"organisation": alert.organisation, "window_start": alert.window_start}) + "\n"
                    )
        seconds = time.perf_counter() - begin
        command = [sys.executable, str(SHARED / "tools" / "nab_score.py"), str(NAB), str(target)]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    print(f"realTweets, five series, {rows:,} rows in {seconds:.1f} s")
    for name in ("standard", "low_fp", "low_fn", "windows_hit", "windows", "alerts_outside"):
        print(f"  {name:<16}{found[name]:>8}")


if __name__ == "__main__":
    print(f"{'microseconds a minute':<46}{'least':>10}{'median':>10}{'most':>10}{'aim':>10}")
    costs_of(60, 6000, 40.0)
    costs_of(10_000, 120, 8_000.0)
    scores()
