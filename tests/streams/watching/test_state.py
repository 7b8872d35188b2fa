import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.model import canonical
from detectors.policy import Policy
from streams.watching.config import WatchConfig
from streams.watching.envelopes import ReadingsRecord
from streams.watching.output import Output
from streams.watching.state import StateError
from streams.watching.watcher import Watcher
from tests.streams.watching.world import MINUTE, SHARP, Readers, config, envelope, mentions, placed


def spoken(outputs: list[Output]) -> list[bytes]:
    """Everything that left the watcher, in order."""
    return [
        canonical(value)
        for output in outputs
        for values in (output.excerpts, output.findings, output.levels)
        for value in values
    ]


def a_log(seed: int, hours: float = 4.0) -> list[ReadingsRecord]:
    readings = mentions(seed, hours)
    readers = Readers(placed(readings, 3, seed), 1, random.Random(seed))
    readers.run(readings[-1].seen_at + MINUTE)
    return readers.logs[0]


def fed(log: Sequence[ReadingsRecord], mentions_partitions: int = 3) -> Watcher:
    watcher = Watcher(config(1, mentions_partitions), 0)
    for offset, record in enumerate(log):
        watcher.feed(record, offset)
    return watcher


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), part=st.floats(0, 1))
def test_a_restored_watcher_goes_on_as_if_it_had_never_stopped(seed: int, part: float) -> None:
    log = a_log(seed)
    cut = int(len(log) * part)
    whole = Watcher(config(1, 3), 0)
    outputs = [whole.feed(record, offset) for offset, record in enumerate(log)]
    first = fed(log[:cut])
    second = Watcher.restore(config(1, 3), first.snapshot())
    assert second.position == cut
    assert second.watermark == first.watermark
    assert second.pending_bytes == first.pending_bytes
    rest = [second.feed(record, cut + offset) for offset, record in enumerate(log[cut:])]
    assert spoken(rest) == spoken(outputs[cut:])
    assert [output.tallies for output in rest] == [output.tallies for output in outputs[cut:]]
    assert second.snapshot() == whole.snapshot()


def test_parts_that_did_not_change_have_the_same_bytes() -> None:
    (readings,) = placed(mentions(7, hours=6), 1, seed=7)
    log = [envelope(0, [one], (one.offset, one.offset + 1), one.seen_at, one.seen_at) for one in readings]
    before = fed(log[: len(log) * 2 // 3], mentions_partitions=1).snapshot()
    after = fed(log, mentions_partitions=1).snapshot()
    hours = sorted((name for name in before if name.startswith("ids/")), key=lambda name: int(name[4:].split(".")[0]))
    assert len(hours) >= 3
    assert all(after[name] == before[name] for name in hours[:-1])
    same = {name for name in before if after.get(name) == before[name]}
    assert any(name.startswith("sources/") for name in same)


def test_what_is_watched_is_what_was_adopted_whatever_the_settings_say_by_now() -> None:
    snapshot = fed(a_log(3)).snapshot()
    other = WatchConfig(names={"00": "Nơi mới"}, mentions_partitions=3, policy=Policy(scales=(5, 50)))
    watcher = Watcher.restore(other, snapshot)
    assert watcher.codes == config(1, 3).codes(0)
    assert watcher.config.policy == SHARP
    assert watcher.snapshot() == snapshot


def test_another_number_of_readings_partitions_is_refused_in_a_sentence() -> None:
    with pytest.raises(StateError, match="readings_partitions"):
        Watcher.restore(config(2, 3), fed([]).snapshot())


@pytest.mark.parametrize("name", ["head", "bank", "counts", "levels", "alerts"])
def test_a_snapshot_that_is_damaged_or_lacks_a_part_is_refused(name: str) -> None:
    parts = fed(a_log(3)).snapshot()
    lacking = {other: data for other, data in parts.items() if other != name}
    with pytest.raises(StateError, match="start a run with another name"):
        Watcher.restore(config(1, 3), lacking)
    with pytest.raises(StateError):
        Watcher.restore(config(1, 3), {**parts, name: parts[name][: len(parts[name]) // 2]})
