import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.model import AlertState, canonical
from streams.backtest import Backtest, backtest
from streams.reading.reader import Reader
from streams.reading.register import Register
from streams.reading.sentiment import LexiconScorer
from streams.reading.stage import ReadStage
from streams.sources.lines import Line, Unreadable
from streams.sources.replaying import Replaying
from streams.watching.config import WatchConfig
from streams.watching.times import instant
from streams.watching.watcher import Watcher
from tests.streams.watching.world import SHARP

NEWS = Path(__file__).parents[3] / "shared" / "data" / "news"
REGISTER = Register.load()
READER = Reader(REGISTER, LexiconScorer(), {"default": 0.5}, "tests")
NAMES = {code: REGISTER.name(code) for code in REGISTER.codes}


def stage(readings_partitions: int) -> ReadStage:
    return ReadStage(READER, readings_partitions, replay=True)


def config(mentions_partitions: int, readings_partitions: int) -> WatchConfig:
    return WatchConfig(
        names=NAMES,
        mentions_partitions=mentions_partitions,
        readings_partitions=readings_partitions,
        policy=SHARP,
        levels=False,
    )


def mentions(seed: int, hours: int = 4) -> list[bytes]:
    """Lines of a few hours, out of order as files are, with a burst about one province."""
    rng = random.Random(seed)
    start = datetime(2025, 10, 7, tzinfo=UTC)
    lines: list[bytes] = []
    minute = 0.0
    while minute < hours * 60:
        raging = 150 <= minute < 165
        minute += rng.expovariate(6.0 if raging else 0.5)
        published = start + timedelta(minutes=minute - rng.choice((0, 0, 2, 14, 1500)))
        angry = rng.random() < (0.9 if raging else 0.2)
        if lines and rng.random() < 0.03:
            lines.append(rng.choice(lines))
        mention = {
            "id": str(len(lines)),
            "published_at": published.isoformat(),
            "source": {"kind": "news", "name": "Báo A"},
            "title": f"Người dân xóm {rng.randrange(5)} kể chuyện {rng.randrange(9)}",
            "sentiment": -0.9 if angry else 0.1,
            "organisations": ["19"] if raging else [rng.choice(("01", "19", "BYT"))],
        }
        lines.append(json.dumps(mention, ensure_ascii=False).encode())
    return lines


class Stored(NamedTuple):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def published_and_worked(lines: list[bytes], mentions_partitions: int, rng: random.Random) -> set[bytes]:
    """The same by hand: appended record by record, marks among them, then polled in any batches."""
    topic: list[list[Stored]] = [[] for _ in range(mentions_partitions)]
    replaying = Replaying(REGISTER.codes, mentions_partitions)
    for appends in (*(replaying.take(line) for line in lines), replaying.end()):
        for partition, record in appends:
            offset = len(topic[partition])
            topic[partition].append(
                Stored(offset, record.timestamp or 0, record.key, record.value, tuple(record.headers))
            )
    watcher, reading = Watcher(config(mentions_partitions, 1), 0), stage(1)
    places = [0] * mentions_partitions
    found: set[bytes] = set()
    while waiting := [p for p in range(mentions_partitions) if places[p] < len(topic[p])]:
        partition = rng.choice(waiting)
        start = places[partition]
        end = min(start + rng.choice((1, 7, 100, 1000)), len(topic[partition]))
        result = reading.read_batch(partition, start, end, topic[partition][start:end], "mentions")
        found.update(canonical(finding) for finding in watcher.feed(result.envelopes[0], 0).findings)
        places[partition] = end
    return found


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), mentions_partitions=st.integers(1, 6))
def test_backtest_finds_what_publisher_and_worker_find(seed: int, mentions_partitions: int) -> None:
    lines = mentions(seed)
    found = {canonical(finding) for finding in backtest(lines, stage(1), config(mentions_partitions, 1))}
    assert found
    assert found == published_and_worked(lines, mentions_partitions, random.Random(seed))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), batch=st.integers(1, 500), readings_partitions=st.integers(1, 4))
def test_neither_batches_nor_readings_partitions_change_what_is_found(
    seed: int, batch: int, readings_partitions: int
) -> None:
    lines = mentions(seed)
    plain = [canonical(finding) for finding in backtest(lines, stage(1), config(4, 1))]
    test = Backtest(stage(readings_partitions), config(4, readings_partitions), batch=batch)
    cut = [canonical(finding) for finding in test.run(Line(1, line) for line in lines)]
    assert sorted(cut) == sorted(plain)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), minute=st.integers(60, 200))
def test_a_backtest_until_a_minute_finds_what_was_found_before_it(seed: int, minute: int) -> None:
    lines = [Line(number, line) for number, line in enumerate(mentions(seed), 1)]
    until = round(datetime(2025, 10, 7, tzinfo=UTC).timestamp() + 60 * minute) * 1000
    moment = instant(until)
    whole = [canonical(f) for f in Backtest(stage(1), config(4, 1)).run(lines) if f.fired_at < moment]
    cut = Backtest(stage(1), config(4, 1), until=until)
    assert [canonical(f) for f in cut.run(lines) if f.fired_at < moment] == whole
    assert cut.why("19").scales[0].minutes == 1


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_another_policy_finds_beside_what_it_finds_alone(seed: int) -> None:
    lines = [Line(number, line) for number, line in enumerate(mentions(seed), 1)]
    loud = replace(SHARP, budget=SHARP.budget / 10)
    both = Backtest(stage(2), config(4, 2), rival=loud)
    first = [canonical(f) for f in both.run(lines)]
    assert first == [canonical(f) for f in Backtest(stage(2), config(4, 2)).run(lines)]
    alone = Backtest(stage(2), replace(config(4, 2), policy=loud)).run(lines)
    assert [canonical(f) for f in both.rival_findings] == [canonical(f) for f in alone]


def test_findings_come_in_order_of_time_with_revisions_in_turn() -> None:
    found = list(backtest(mentions(3), stage(2), config(4, 2)))
    assert [f.fired_at for f in found] == sorted(f.fired_at for f in found)
    for alert in {f.id for f in found}:
        revisions = [f.revision for f in found if f.id == alert]
        assert revisions == list(range(1, len(revisions) + 1))


def test_the_summary_says_what_was_refused_and_what_was_found() -> None:
    lines = [Line(number, line) for number, line in enumerate(mentions(5), 1)]
    bad: list[Line | Unreadable] = [Line(1, b"{"), Unreadable(2, "line_too_long", "it is too long"), *lines]
    test = Backtest(stage(1), config(4, 1))
    found = list(test.run(bad))
    assert test.summary.mentions == len(lines)
    assert [(refused.line, refused.reason) for refused in test.summary.refused] == [
        (1, "not_json"),
        (2, "line_too_long"),
    ]
    assert test.summary.findings.total() == len(found)
    assert test.summary.findings["fired"] == sum(f.revision == 1 for f in found)
    assert test.summary.first_seen is not None
    assert test.summary.last_seen is not None
    assert test.summary.first_seen < test.summary.last_seen


ODD_TIMES = st.sampled_from(["2025-10-07T09:00:00+07:00", "2025-10-06T02:00:00Z", "2031-01-01T00:00:00Z", "soon", ""])
ODD_SOURCES = st.fixed_dictionaries({"kind": st.sampled_from(["news", "x"]), "name": st.text(max_size=3)})
ODD_MENTIONS = st.fixed_dictionaries(
    {
        "id": st.one_of(st.text(max_size=5), st.integers()),
        "published_at": ODD_TIMES,
        "source": st.one_of(
            st.none(), st.fixed_dictionaries({"kind": st.sampled_from(["news", "x"]), "name": st.text(max_size=3)})
        ),
        "title": st.one_of(st.none(), st.text(max_size=12)),
    },
    optional={
        "sentiment": st.one_of(st.floats(), st.text(max_size=3)),
        "organisations": st.lists(st.sampled_from(["19", "?"])),
    },
).map(lambda mention: json.dumps(mention).encode())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=40), ODD_MENTIONS), max_size=12))
def test_whatever_the_lines_are_each_is_read_or_refused_with_its_number(lines: list[bytes]) -> None:
    test = Backtest(stage(1), config(2, 1))
    list(test.run(Line(number, line) for number, line in enumerate(lines, 1)))
    assert test.summary.mentions + len(test.summary.refused) == len(lines)
    assert {refused.line for refused in test.summary.refused} <= set(range(1, len(lines) + 1))
    assert all(refused.detail for refused in test.summary.refused)


def test_no_mentions_find_nothing() -> None:
    assert list(backtest([], stage(1), config(4, 1))) == []


def test_an_alert_reads_well() -> None:
    first = next(f for f in backtest(mentions(5), stage(1), config(4, 1)) if f.organisation == "19")
    assert first.organisation_name == "Thái Nguyên"
    assert first.state is AlertState.FIRING
    assert first.observed > first.expected
    assert first.fired_at == first.first_fired_at
    assert first.window_start < first.fired_at
    assert sum(source.negative for source in first.sources) == first.observed
    assert sum(source.mentions for source in first.sources) == first.mentions
    assert 1 <= len(first.representatives) <= 5


@pytest.mark.slow
def test_the_crises_of_real_headlines_are_found() -> None:
    path = NEWS / "mentions_2025-08_2026-01.ndjson.gz"
    if not path.exists():
        pytest.skip(f"needs the real headlines in {path.name}")
    from tests.bench.backtest import real

    result = real(NEWS)
    assert result.mentions == 90_708
    assert len(result.found) >= 13
    assert result.outside <= 0.3
