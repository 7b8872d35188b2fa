"""A small world for tests of the watch: bursts, partitions, readers that crash, zombies, watchers killed."""

import random
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

import msgspec

from alerts.model import canonical
from detectors.policy import Policy
from streams.watching.config import WatchConfig
from streams.watching.envelopes import UNATTRIBUTED, Adopt, Envelope, Reading, ReadingsRecord, Source, home
from streams.watching.flowing import pack
from streams.watching.output import Output
from streams.watching.watcher import Watcher

MINUTE = 60_000
DAY = 1440 * MINUTE
START = 1_759_795_200_000
NAMES = {"01": "Hà Nội", "19": "Thái Nguyên", "BYT": "Bộ Y tế", "v:vaccine": "Tiêm chủng"}
SOURCES = (Source("news", "Báo A"), Source("facebook", "Trang B"), Source("forum", "Diễn đàn C"))
#: Fires soon and often, so that a few hours of mentions are enough.
SHARP = Policy(warm_up=60, least_negative=3, least_before=1, hold_off=90, quiet=30, budget=0.5)


def identity(key: str) -> bytes:
    return blake2b(key.encode(), digest_size=16).digest()


def mention(rng: random.Random, number: int, seen_at: int, organisation: str, *, negative: bool) -> Reading:
    """A reading with its place still to be given."""
    late = rng.choice((0, 0, 0, 1_000, 90_000, 8 * MINUTE, 11 * MINUTE, 70 * MINUTE, 26 * 60 * MINUTE))
    story = rng.randrange(6)
    return Reading(
        offset=0,
        seen_at=seen_at,
        published_at=seen_at - late + (rng.randrange(600_000) if late == 0 and rng.random() < 0.1 else 0),
        identity=identity(f"{number}"),
        id=f"m{number}",
        source=rng.randrange(len(SOURCES)),
        organisations=tuple(sorted({organisation, "01"} if rng.random() < 0.2 else {organisation})),
        negative=0.9 if negative else 0.1,
        positive=0.05,
        counts=1 if negative else 0,
        fingerprint=(0x9E3779B97F4A7C15 * (story + 1)) & (2**64 - 1) ^ rng.randrange(8),
        title=f"chuyện {story} ở xóm {number % 7} rất ồn" if negative else "",
        url=f"https://example.org/{number}" if negative else "",
    )


def mentions(seed: int, hours: float = 5.0, rate: float = 0.4) -> list[Reading]:
    """Mentions of a few hours in order of seen_at, with bursts of anger at one organisation or two."""
    rng = random.Random(seed)
    codes = [*NAMES, UNATTRIBUTED]
    end = START + int(hours * 60 * MINUTE)
    bursts = [
        (at := rng.randrange(START + 90 * MINUTE, end), at + rng.randrange(3, 25) * MINUTE, rng.choice(codes))
        for _ in range(rng.randrange(1, 4))
    ]
    found: list[Reading] = []
    now = START + rng.randrange(5 * MINUTE)
    while now < end:
        raging = [code for begin, over, code in bursts if begin <= now < over]
        code = rng.choice(raging) if raging and rng.random() < 0.9 else rng.choice(codes)
        negative = rng.random() < (0.9 if code in raging else 0.2)
        reading = mention(rng, len(found), now, code, negative=negative)
        if found and rng.random() < 0.05:
            reading = msgspec.structs.replace(rng.choice(found[-50:]), seen_at=now)
        found.append(reading)
        pause = MINUTE / (rate * (15 if raging else 1))
        # Sometimes several are seen in the same millisecond.
        now += 0 if rng.random() < 0.1 else int(rng.expovariate(1) * pause)
    return found


def floods(seed: int) -> list[Reading]:
    """Mentions of nine thin days, then two hours in which one page floods one organisation."""
    rng = random.Random(seed)
    found: list[Reading] = []
    end, code, page = START + 9 * DAY, rng.choice([*NAMES, UNATTRIBUTED]), rng.randrange(len(SOURCES))
    now = START
    while now < end:
        found.append(mention(rng, len(found), now, rng.choice([*NAMES, UNATTRIBUTED]), negative=rng.random() < 0.4))
        now += int(rng.expovariate(1) * 100 * MINUTE)
    now = end
    while now < end + 120 * MINUTE:
        reading = mention(rng, len(found), now, code, negative=rng.random() < 0.9)
        found.append(msgspec.structs.replace(reading, source=page) if rng.random() < 0.9 else reading)
        now += int(rng.expovariate(1) * MINUTE)
    # What the page taught is told by what fires after it.
    for _ in range(12):
        now += int(rng.expovariate(1) * 60 * MINUTE)
        found += [mention(rng, len(found) + more, now, code, negative=True) for more in range(rng.randrange(1, 9))]
    return found


def placed(readings: Iterable[Reading], partitions: int, seed: int) -> list[list[Reading]]:
    """The readings with partitions and offsets, by partition; some offsets are missing (refused records)."""
    rng = random.Random(seed)
    by_partition: list[list[Reading]] = [[] for _ in range(partitions)]
    offsets = [0] * partitions
    for reading in readings:
        # Mostly by identity; a mention sent again may land elsewhere.
        partition = rng.randrange(partitions)
        offsets[partition] += 1 if rng.random() < 0.95 else 2
        by_partition[partition].append(msgspec.structs.replace(reading, offset=offsets[partition] - 1))
    return by_partition


def envelope(partition: int, readings: Sequence[Reading], span: tuple[int, int], mark: int, first: int) -> Envelope:
    """The envelope of a batch."""
    return Envelope(
        partition=partition,
        start=span[0],
        end=span[1],
        mark=mark,
        sources=SOURCES,
        readings=tuple(readings),
        first=first,
        flow=pack(span[0], [(one.offset, one.seen_at, one.source, one.counts == 1) for one in readings]),
    )


def routed(whole: Envelope, readings_partitions: int) -> list[Envelope]:
    """The envelopes of a batch, one for each `readings` partition."""
    return [
        msgspec.structs.replace(
            whole,
            readings=tuple(
                reading
                for reading in whole.readings
                if any(home(code, readings_partitions) == partition for code in reading.organisations)
            ),
        )
        for partition in range(readings_partitions)
    ]


def said(outputs: Iterable[Output]) -> set[tuple[str, int, bytes]]:
    """The set of (id, revision, bytes)."""
    return {(f.id, f.revision, canonical(f)) for output in outputs for f in output.findings}


def config(readings_partitions: int, mentions_partitions: int, policy: Policy = SHARP) -> WatchConfig:
    return WatchConfig(
        names=NAMES,
        readings_partitions=readings_partitions,
        mentions_partitions=mentions_partitions,
        policy=policy,
    )


def whole_log(by_partition: Sequence[Sequence[Reading]], end: int) -> list[Envelope]:
    """One batch a partition, and the end."""
    log: list[Envelope] = []
    for partition, readings in enumerate(by_partition):
        until = readings[-1].offset + 1 if readings else 0
        first = readings[0].seen_at if readings else 0
        log.append(envelope(partition, readings, (0, until), end, first))
    return [replace_final(one) for one in log]


def replace_final(one: Envelope) -> Envelope:
    return msgspec.structs.replace(one, final=True)


def adopt(since: int, names: Mapping[str, str] = NAMES, policy: Policy = SHARP) -> Adopt:
    return Adopt(since, dict(names), msgspec.json.encode(policy))


def watch(config_: WatchConfig, partition: int, log: Iterable[ReadingsRecord]) -> list[Output]:
    """Feed a whole `readings` partition to a fresh watcher."""
    watcher = Watcher(config_, partition)
    return [watcher.feed(record, offset) for offset, record in enumerate(log)]


class Readers:
    """Readers of all `mentions` partitions, as unreliable as they may be; what they send is in `logs`.

    Each `readings` partition has its own log: the same envelopes, but a crash may leave some logs without, and the
    logs interleave the partitions differently.
    """

    def __init__(self, by_partition: Sequence[Sequence[Reading]], readings_partitions: int, rng: random.Random) -> None:
        self._by_partition = by_partition
        self._rng = rng
        self._committed = [0] * len(by_partition)
        self._sent: list[list[Envelope]] = []
        self.logs: list[list[ReadingsRecord]] = [[] for _ in range(readings_partitions)]

    def run(self, end: int) -> None:
        """Send everything, with crashes, zombies, idle marks and sendings twice, and say that it is all."""
        open_partitions = list(range(len(self._by_partition)))
        while open_partitions:
            partition = self._rng.choice(open_partitions)
            self._step(partition)
            readings = self._by_partition[partition]
            if not readings or self._committed[partition] > readings[-1].offset:
                open_partitions.remove(partition)
        for partition, readings in enumerate(self._by_partition):
            until = readings[-1].offset + 1 if readings else 0
            self._send(msgspec.structs.replace(envelope(partition, (), (until, until), end, 0), final=True), whole=True)
            if self._sent and self._rng.random() < 0.5:
                self._zombie()

    def _step(self, partition: int) -> None:
        start = self._committed[partition]
        rest = [reading for reading in self._by_partition[partition] if reading.offset >= start]
        batch = rest[: self._rng.choice((1, 2, 5, 20, 60))]
        chance = self._rng.random()
        if not batch or chance < 0.15:
            # Nothing came in the last fetch: marked anywhere up to what comes next.
            idle_until = batch[0].seen_at if batch else START
            self._send(envelope(partition, (), (start, start), idle_until - self._rng.randrange(3000), 0), whole=True)
            return
        span = (start, batch[-1].offset + 1)
        whole = chance > 0.3
        self._send(envelope(partition, batch, span, batch[-1].seen_at, batch[0].seen_at), whole=whole)
        if whole:
            # Committed, or committed too late or only in part: then it is read and sent again.
            step_back = self._rng.random() < 0.2
            self._committed[partition] = self._rng.choice([0, *(r.offset for r in batch)]) if step_back else span[1]
        if self._rng.random() < 0.15:
            self._zombie()

    def _send(self, sent: Envelope, *, whole: bool) -> None:
        shares = routed(sent, len(self.logs))
        self._sent.append(shares)
        for log, share in zip(self.logs, shares, strict=True):
            if whole or self._rng.random() < 0.5:
                log.append(share)

    def _zombie(self) -> None:
        """A reader that was thought dead sends what it had read long ago."""
        shares = self._rng.choice(self._sent)
        for log, share in zip(self.logs, shares, strict=True):
            if self._rng.random() < 0.7:
                log.append(msgspec.structs.replace(share, final=False))


def watch_unreliably(
    config_: WatchConfig, partition: int, log: Sequence[ReadingsRecord], rng: random.Random
) -> list[Output]:
    """Feed a log to watchers that are killed and restored from any earlier snapshot."""
    watcher = Watcher(config_, partition)
    snapshots = [(0, watcher.snapshot())]
    outputs: list[Output] = []
    kills = rng.randrange(6)
    position = 0
    while position < len(log):
        outputs.append(watcher.feed(log[position], position))
        position += 1
        if rng.random() < 0.1:
            snapshots.append((position, watcher.snapshot()))
        if kills and rng.random() < 3 / len(log):
            kills -= 1
            position, parts = rng.choice(snapshots)
            watcher = Watcher.restore(config_, parts) if position else Watcher(config_, partition)
    return outputs
