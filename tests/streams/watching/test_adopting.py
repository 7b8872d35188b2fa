"""Versions of register and policy take effect at a whole minute of seen_at (docs/determinism.md)."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.model import canonical
from streams.watching.envelopes import ReadingsRecord
from streams.watching.output import Output
from streams.watching.watcher import Watcher
from tests.streams.watching.world import (
    MINUTE,
    NAMES,
    SHARP,
    START,
    Readers,
    adopt,
    config,
    mentions,
    placed,
    said,
    watch,
    watch_unreliably,
    whole_log,
)

MORE = {**NAMES, "00": "Nơi mới", "19": "Tỉnh Thái Nguyên"}
SOFTER = replace(SHARP, budget=0.1, least_negative=6)
OTHER_SCALES = replace(SHARP, scales=(5, 60))
MIDDLE = START + 150 * MINUTE


def log_of(seed: int) -> list[ReadingsRecord]:
    readings = mentions(seed)
    return [*whole_log(placed(readings, 3, seed), readings[-1].seen_at + MINUTE)]


def findings(outputs: list[Output]) -> list[bytes]:
    return [canonical(finding) for output in outputs for finding in output.findings]


def test_adopting_what_holds_already_changes_nothing() -> None:
    for seed in range(10):
        plain = findings(watch(config(1, 3), 0, log_of(seed)))
        again = findings(watch(config(1, 3), 0, [adopt(0), adopt(MIDDLE), *log_of(seed)]))
        assert again == plain


def test_a_new_name_and_body_hold_from_their_minute_on() -> None:
    watcher = Watcher(config(1, 3), 0)
    outputs = [watcher.feed(record, 0) for seed in range(1) for record in [adopt(MIDDLE, MORE), *log_of(5)]]
    assert watcher.codes[-1] == "00"
    named = {
        (finding.fired_at >= "2025-10-07T02:30:00.250Z", finding.organisation_name)
        for output in outputs
        for finding in output.findings
        if finding.organisation == "19"
    }
    assert named <= {(False, "Thái Nguyên"), (True, "Tỉnh Thái Nguyên")}
    assert named


def test_other_scales_begin_anew_and_leave_no_alert_open() -> None:
    for seed in range(10):
        outputs = watch(config(1, 3), 0, [adopt(MIDDLE, policy=OTHER_SCALES), *log_of(seed)])
        state: dict[str, str] = {}
        for output in outputs:
            for finding in output.findings:
                state[finding.id] = finding.state.value
                if finding.fired_at == "2025-10-07T02:30:00.000Z":
                    assert finding.reason == "resolved"
        assert sum(output.tallies.get("baselines_ended", 0) for output in outputs) == 1


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    mentions_partitions=st.integers(1, 5),
    readings_partitions=st.integers(1, 3),
    policy=st.sampled_from([SHARP, SOFTER, OTHER_SCALES]),
)
def test_a_change_gives_the_same_findings_whatever_happens_between(
    seed: int, mentions_partitions: int, readings_partitions: int, policy: object
) -> None:
    assert isinstance(policy, type(SHARP))
    rng = random.Random(seed)
    readings = mentions(seed)
    end = readings[-1].seen_at + MINUTE
    change = adopt(rng.randrange(START, end) // MINUTE * MINUTE, MORE, policy)
    by_partition = placed(readings, mentions_partitions, seed)
    expected = said(watch(config(1, mentions_partitions), 0, [change, *whole_log(by_partition, end)]))
    readers = Readers(by_partition, readings_partitions, rng)
    readers.run(end)
    found = set()
    for partition, log in enumerate(readers.logs):
        told = [change, *log]
        found |= said(watch_unreliably(config(readings_partitions, mentions_partitions), partition, told, rng))
    assert found == expected
