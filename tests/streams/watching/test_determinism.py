"""The same mentions give the same findings, whatever happens between (docs/determinism.md)."""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.watching.envelopes import Envelope, Partitions, ReadingsRecord, Without
from streams.watching.output import Output
from streams.watching.watcher import Watcher
from tests.streams.watching.world import (
    MINUTE,
    Readers,
    config,
    floods,
    mentions,
    placed,
    said,
    watch,
    watch_unreliably,
    whole_log,
)

SEEDS = st.integers(0, 2**32)


def tallies(outputs: list[Output]) -> Counter[str]:
    total: Counter[str] = Counter()
    for output in outputs:
        total.update(output.tallies)
    return total


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, mentions_partitions=st.integers(1, 8), readings_partitions=st.integers(1, 4))
def test_the_same_mentions_give_the_same_findings(
    seed: int, mentions_partitions: int, readings_partitions: int
) -> None:
    rng = random.Random(seed)
    readings = mentions(seed)
    end = readings[-1].seen_at + MINUTE
    by_partition = placed(readings, mentions_partitions, seed)
    expected = said(watch(config(1, mentions_partitions), 0, whole_log(by_partition, end)))

    readers = Readers(by_partition, readings_partitions, rng)
    readers.run(end)
    found = set()
    for partition, log in enumerate(readers.logs):
        found |= said(watch_unreliably(config(readings_partitions, mentions_partitions), partition, log, rng))
    assert found == expected


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS, mentions_partitions=st.integers(1, 8), readings_partitions=st.sampled_from((1, 4)))
def test_the_same_floods_of_one_page_give_the_same_findings(
    seed: int, mentions_partitions: int, readings_partitions: int
) -> None:
    """What a source may teach is as independent of batches, crashes and partitions as everything else."""
    rng = random.Random(seed)
    readings = floods(seed)
    end = readings[-1].seen_at + MINUTE
    by_partition = placed(readings, mentions_partitions, seed)
    expected = said(watch(config(1, mentions_partitions), 0, whole_log(by_partition, end)))

    readers = Readers(by_partition, readings_partitions, rng)
    readers.run(end)
    found = set()
    for partition, log in enumerate(readers.logs):
        found |= said(watch_unreliably(config(readings_partitions, mentions_partitions), partition, log, rng))
    assert found == expected


def test_a_restored_watcher_remembers_what_each_page_may_teach() -> None:
    readings = floods(3)
    log = whole_log(placed(readings, 2, seed=3), readings[-1].seen_at + MINUTE)
    whole = Watcher(config(1, 2), 0)
    for offset, envelope in enumerate(log):
        whole.feed(envelope, offset)
    assert whole.bank._state["spared"].any()  # the flood was not learned wholly
    readers = Readers(placed(readings, 2, seed=3), 1, random.Random(3))
    readers.run(readings[-1].seen_at + MINUTE)
    shaken = Watcher(config(1, 2), 0)
    for offset, record in enumerate(readers.logs[0]):
        shaken.feed(record, offset)
        if offset % 7 == 0:
            shaken = Watcher.restore(config(1, 2), shaken.snapshot())
    assert shaken.bank.snapshot() == whole.bank.snapshot()
    assert shaken.memory.caps.parts() == whole.memory.caps.parts()


def test_the_worlds_of_these_tests_have_findings_of_every_kind() -> None:
    reasons: Counter[str] = Counter()
    for seed in range(40):
        readings = mentions(seed)
        log = whole_log(placed(readings, 3, seed), readings[-1].seen_at + MINUTE)
        reasons.update(f.reason for output in watch(config(1, 3), 0, log) for f in output.findings)
    assert min(reasons[reason] for reason in ("fired", "escalated", "updated", "resolved")) >= 5


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, mentions_partitions=st.integers(1, 8))
def test_every_mention_is_counted_once_and_the_tallies_add_up(seed: int, mentions_partitions: int) -> None:
    readings = mentions(seed)
    end = readings[-1].seen_at + MINUTE
    by_partition = placed(readings, mentions_partitions, seed)
    plain = tallies(watch(config(1, mentions_partitions), 0, whole_log(by_partition, end)))

    readers = Readers(by_partition, 1, random.Random(seed))
    readers.run(end)
    shaken = tallies(watch(config(1, mentions_partitions), 0, readers.logs[0]))
    shaken.pop("readings_repeated", None)
    assert shaken == plain
    kinds = ("mentions_counted", "mentions_duplicate", "mentions_backfilled")
    assert sum(plain[kind] for kind in kinds) == len(readings)
    distinct = {reading.identity for reading in readings}
    assert plain["mentions_counted"] + plain["mentions_backfilled"] == len(distinct)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, mentions_partitions=st.integers(1, 8))
def test_the_watermark_never_goes_back_nor_past_what_was_read(seed: int, mentions_partitions: int) -> None:

    readings = mentions(seed)
    by_partition = placed(readings, mentions_partitions, seed)
    readers = Readers(by_partition, 1, random.Random(seed))
    readers.run(readings[-1].seen_at + MINUTE)
    watcher = Watcher(config(1, mentions_partitions), 0)
    known: set[tuple[int, int]] = set()
    watermark = -1
    for offset, record in enumerate(readers.logs[0]):
        watcher.feed(record, offset)
        assert isinstance(record, Envelope)
        known.update((record.partition, reading.offset) for reading in record.readings)
        assert (watcher.watermark or -1) >= watermark
        watermark = watcher.watermark or -1
    for partition, of_partition in enumerate(by_partition):
        for reading in of_partition:
            assert (partition, reading.offset) in known


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, mentions_partitions=st.integers(2, 8))
def test_the_same_readings_give_the_same_findings_with_notes_in_them(seed: int, mentions_partitions: int) -> None:
    """Partitions left out, partitions that join: what is in `readings` decides, not when a watcher was killed."""
    rng = random.Random(seed)
    readings = mentions(seed)
    readers = Readers(placed(readings, mentions_partitions, seed), 1, rng)
    readers.run(readings[-1].seen_at + MINUTE)
    log = list(readers.logs[0])
    for _ in range(rng.randrange(1, 6)):
        note: ReadingsRecord = Without(rng.randrange(mentions_partitions), readings[-1].seen_at)
        if rng.random() < 0.3:
            note = Partitions(mentions_partitions, rng.choice(readings).seen_at // MINUTE * MINUTE)
        log.insert(rng.randrange(len(log)), note)
    first_count = rng.randrange(1, mentions_partitions + 1)
    plain = watch(config(1, first_count), 0, log)
    assert said(watch_unreliably(config(1, first_count), 0, log, rng)) == said(plain)
    counted = tallies(plain)
    kinds = ("mentions_counted", "mentions_duplicate", "mentions_backfilled")
    assert sum(counted[kind] for kind in kinds) == len(readings)
