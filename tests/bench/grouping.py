"""A storm: 10,000 alerts of one minute from 40 causes, grouped in a store; how well, how fast, how few messages.

Every cause has words, mentions and organisations of its own; an alert shows some of them, beside words that are in
everybody's mouth, and one in twenty shows none of its cause's mentions.
"""

import random
import statistics
import tempfile
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta

from alerts.model import AlertState, Finding, Representative, Series, Severity
from alerts.ports import Found, Place
from alerts.store import AlertStore, open_store

ALERTS, CAUSES, ORGANISATIONS = 10_000, 40, 6_000
NOW = datetime(2026, 11, 22, 7, 5, tzinfo=UTC)
_COMMON = tuple(f"chung {n}" for n in range(30))


def storm(seed: int) -> tuple[list[Finding], list[int]]:
    """The alerts in the order of their ticks, and the cause of each."""
    draw = random.Random(seed)
    bodies = list(range(ORGANISATIONS))
    draw.shuffle(bodies)
    share = ORGANISATIONS // CAUSES
    homes = [bodies[cause * share : (cause + 1) * share] for cause in range(CAUSES)]
    findings: list[Finding] = []
    causes: list[int] = []
    used = Counter[tuple[int, int]]()
    while len(findings) < ALERTS:
        cause = draw.randrange(CAUSES)
        body = draw.choice(homes[cause] if draw.random() < 0.99 else bodies)
        used[cause, body] += 1
        if used[cause, body] > 2:
            continue
        findings.append(
            _alert(
                draw,
                len(findings),
                cause,
                body,
                Series.NEGATIVE_COUNT if used[cause, body] == 1 else Series.NEGATIVE_SHARE,
            )
        )
        causes.append(cause)
    return findings, causes


def _alert(draw: random.Random, number: int, cause: int, body: int, series: Series) -> Finding:
    at = NOW + timedelta(milliseconds=250 * (number * 240 // ALERTS))
    words = [*draw.sample([f"riêng {cause} {n}" for n in range(12)], 6), *draw.sample(_COMMON, 2)]
    shown = draw.sample(range(20), 3) if draw.random() < 0.95 else []
    wire = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    return Finding(
        id=f"{number:032x}",
        revision=1,
        state=AlertState.FIRING,
        organisation=f"o{body}",
        organisation_name=f"Đơn vị {body}",
        series=series,
        severity=draw.choice(list(Severity)),
        window_start=wire,
        fired_at=wire,
        first_fired_at=wire,
        observed=50,
        expected=1.0,
        mentions=80,
        probability=0.001,
        test_probability=1e-9,
        reason="fired",
        representatives=tuple(Representative(f"c{cause}-{n}", "news", "Báo", wire, 1) for n in shown),
        words=tuple(words),
    )


def pairwise(groups: list[str], causes: list[int]) -> tuple[float, float]:
    """Of pairs in one group, the share of one cause; of pairs of one cause, the share in one group."""

    def pairs(counted: Counter[object]) -> int:
        return sum(n * (n - 1) // 2 for n in counted.values())

    together = pairs(Counter(zip(groups, causes, strict=True)))
    return together / pairs(Counter(groups)), together / pairs(Counter(causes))


def grouped(store: AlertStore, findings: list[Finding]) -> float:
    """Take and group the storm; seconds for the grouping alone."""
    spent = 0.0
    for start in range(0, len(findings), 500):
        batch = [Found(Place("findings", 0, start + n), one) for n, one in enumerate(findings[start : start + 500])]
        store.apply(batch, NOW)
        begun = time.perf_counter()
        while store.group_alerts(NOW, 1000, parents={}):
            pass
        spent += time.perf_counter() - begun
    return spent


def main() -> None:
    """Print the figures of three storms."""
    seconds = []
    for seed in (1, 2, 3):
        findings, causes = storm(seed)
        with tempfile.TemporaryDirectory() as folder, closing(open_store(f"sqlite:///{folder}/alerts")) as store:
            seconds.append(grouped(store, findings))
            homes = [store.incident_of(one.id) or "" for one in findings]
            incidents = len(store.incidents(limit=10_000))
        precision, recall = pairwise(homes, causes)
        print(f"storm {seed}: {incidents} incidents of {CAUSES} causes, precision {precision:.4f}, recall {recall:.4f}")
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    print(f"grouping {ALERTS} alerts in SQLite: {low:.1f} / {middle:.1f} / {high:.1f} s (minimum, median, maximum)")


if __name__ == "__main__":
    main()
