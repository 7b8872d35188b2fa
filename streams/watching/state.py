"""The watcher's state as named parts: what does not change has the same bytes, so that only the rest is written."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import msgspec
import numpy as np

from detectors.bank import Bank
from detectors.policy import Policy
from streams.watching.arrivals import Entry
from streams.watching.columns import Block, Columns
from streams.watching.config import WatchConfig
from streams.watching.counts import OpenMinutes
from streams.watching.envelopes import Adopt, Reading, Source
from streams.watching.feeds import Feeds
from streams.watching.identities import Identities
from streams.watching.marks import Marks
from streams.watching.memory import Memory
from streams.watching.minutes import Minutes
from streams.watching.proposing import Proposer
from streams.watching.stories import Stories
from streams.watching.suspicions import Suspicions
from streams.watching.watcher import Watcher
from streams.watching.words import Words

FORMAT = 2


class StateError(Exception):
    """A snapshot does not fit the program or its settings; the sentence says what to do."""


class _Head(msgspec.Struct):
    format: int
    partition: int
    position: int
    tick: int
    earliest: int | None
    next_minute: int | None
    last_busy: int
    silent: bool
    readings_partitions: int
    codes: tuple[str, ...]
    marks: Marks
    names: dict[str, str]
    policy: Policy
    adoptions: list[Adopt]


class _Columns(msgspec.Struct, array_like=True):
    columns: Columns
    sources: tuple[tuple[str, str], ...]


class _Waiting(msgspec.Struct, array_like=True):
    seen_at: int
    reading: Reading
    source: Source


_W = TypeVar("_W", bound=Watcher)
_pack = msgspec.msgpack.encode


def snapshot(watcher: Watcher) -> dict[str, bytes]:
    """See `Watcher.snapshot`."""
    intake, minutes, memory = watcher.intake, watcher.minutes, watcher.memory
    head = _Head(
        FORMAT, watcher.partition, watcher.position, watcher.tick, intake.earliest, minutes.next_minute,
        minutes.last_busy, minutes.silent, watcher.config.readings_partitions, watcher.codes, intake.marks,
        dict(watcher.config.names), watcher.config.policy, watcher.adoptions,
    )  # fmt: skip
    parts = {
        "head": _pack(head),
        "bank": minutes.bank.snapshot(),
        "counts": memory.counts.snapshot(),
        "levels": minutes.levels.snapshot(),
        "alerts": watcher.book.snapshot(),
    }
    for partition, queue in intake.pending.queues.items():
        if queue:
            parts[f"pending/{partition}"] = _pack([_Waiting(e.seen_at, e.reading, e.source) for e in queue])
    for partition, blocks in intake.pending.blocks.items():
        if blocks:
            parts[f"columns/{partition}"] = _pack([_Columns(b.columns(), b.sources_of) for b in blocks])
    parts |= {f"ids/{name}": data for name, data in memory.identities.parts().items()}
    parts |= {f"sources/{name}": data for name, data in memory.sources.parts().items()}
    parts |= {f"standing/{name}": data for name, data in memory.standing.parts().items()}
    if watcher.memory.proposer.weighed_at:
        parts["proposals"] = _pack(memory.proposer)
    parts |= {f"caps/{name}": data for name, data in memory.caps.parts().items()}
    parts |= {f"crowd/{code}": data for code, data in memory.crowd.parts().items()}
    parts |= {f"flows/{name}": data for name, data in intake.flowing.parts().items()}
    parts["forecast"] = minutes.levels.forecaster.snapshot()
    parts["positive"] = memory.positive.tobytes()
    parts["expectations"] = memory.guarding.expectations.snapshot()
    if watcher.suspicions.flags:
        parts["suspicions"] = _pack(watcher.suspicions)
    if watcher.feeds is not None:
        parts["feeds"] = _pack(watcher.feeds)
    parts |= {f"stories/{code}": _pack(stories) for code, stories in memory.stories.items()}
    parts |= {f"words/{code}": _pack(words) for code, words in memory.words.items()}
    return parts


def restore(kind: type[_W], config: WatchConfig, parts: Mapping[str, bytes]) -> _W:
    """See `Watcher.restore`."""
    try:
        head = msgspec.msgpack.decode(parts["head"], type=_Head)
        _check(head, config)
        # What is watched, and how, is what was adopted, whatever the settings say by now.
        watcher = kind(replace(config, names=head.names, policy=head.policy), head.partition, head.codes)
        _fill(watcher, head, parts)
    except (KeyError, ValueError, msgspec.MsgspecError) as error:
        raise StateError(
            f"the watch's snapshot cannot be read ({error}); start a run with another name, or remove the states topic"
        ) from error
    return watcher


def _check(head: _Head, config: WatchConfig) -> None:
    if head.format != FORMAT:
        raise StateError(f"the watch's snapshot has format {head.format}, this program reads {FORMAT}")
    if head.readings_partitions != config.readings_partitions:
        raise StateError(
            f"the run was started with {head.readings_partitions} readings partitions and the settings say "
            f"{config.readings_partitions}; set readings_partitions back, or start a run with another name"
        )


def _fill(watcher: Watcher, head: _Head, parts: Mapping[str, bytes]) -> None:
    watcher.position, watcher.tick, watcher.adoptions = head.position, head.tick, head.adoptions
    watcher.intake.earliest, watcher.intake.marks = head.earliest, head.marks
    for partition, data in _under(parts, "pending/").items():
        for one in msgspec.msgpack.decode(data, type=list[_Waiting]):
            waiting = Entry(one.seen_at, int(partition), one.reading.offset, one.reading, one.source)
            watcher.intake.pending.add(waiting)
    for partition, data in _under(parts, "columns/").items():
        for block in msgspec.msgpack.decode(data, type=list[_Columns]):
            watcher.intake.pending.add_block(int(partition), Block.of(block.columns, block.sources))
    watcher.intake.flowing.restore(_under(parts, "flows/"))
    if "suspicions" in parts:
        watcher.suspicions = msgspec.msgpack.decode(parts["suspicions"], type=Suspicions)
    if watcher.feeds is not None:
        watcher.feeds = msgspec.msgpack.decode(parts["feeds"], type=Feeds)
    _fill_minutes(watcher.minutes, head, parts)
    _fill_memory(watcher.memory, len(head.codes), parts)


def _fill_minutes(minutes: Minutes, head: _Head, parts: Mapping[str, bytes]) -> None:
    minutes.next_minute, minutes.last_busy, minutes.silent = head.next_minute, head.last_busy, head.silent
    minutes.bank = Bank.restore(minutes.config.policy, parts["bank"], minutes.bank.codes)
    if minutes.bank.size != len(head.codes):
        raise ValueError(f"{minutes.bank.size} rows for {len(head.codes)} organisations")
    minutes.levels.restore(parts["levels"])
    minutes.levels.forecaster.resume(parts["forecast"])


def _fill_memory(memory: Memory, size: int, parts: Mapping[str, bytes]) -> None:
    memory.counts = OpenMinutes.restore(size, parts["counts"])
    memory.identities = Identities.of_parts(_under(parts, "ids/"))
    memory.sources.take(_under(parts, "sources/"))
    memory.standing.take(_under(parts, "standing/"))
    if "proposals" in parts:
        memory.proposer = msgspec.msgpack.decode(parts["proposals"], type=Proposer)
    memory.caps.take(_under(parts, "caps/"))
    memory.crowd.take(_under(parts, "crowd/"))
    memory.positive = np.frombuffer(parts["positive"], dtype=np.int64).reshape(2, size).copy()
    memory.guarding.expectations.resume(parts["expectations"])
    memory.book.restore(parts["alerts"])
    for code, data in _under(parts, "stories/").items():
        memory.stories[code] = msgspec.msgpack.decode(data, type=Stories)
    for code, data in _under(parts, "words/").items():
        memory.words[code] = msgspec.msgpack.decode(data, type=Words)


def _under(parts: Mapping[str, bytes], prefix: str) -> dict[str, bytes]:
    return {name.removeprefix(prefix): data for name, data in parts.items() if name.startswith(prefix)}
