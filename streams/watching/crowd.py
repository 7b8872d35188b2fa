"""Who speaks in an organisation's newest negatives: late ones, repetitions, voices that repeat themselves."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from zlib import crc32

import msgspec

from streams.reading.placing import LATENESS_MS
from streams.reading.placing import MINUTE_MS as MINUTE
from streams.watching.envelopes import Reading, Source

#: Texts whose first halves differ in at most so many bits are near-identical, whatever their titles.
DISTANCE = 8

#: Negative mentions of an organisation that are looked back on.
KEPT = 128
#: They are forgotten this many minutes after they came.
MEMORY = 26 * 60


class Voice(NamedTuple):
    """One negative mention: the minute it counts in, its age (minutes, 0 unless late), text, source, voice, story."""

    minute: int
    age: int
    fingerprint: int
    source: int
    voice: int
    story: int = 0


class Heard(NamedTuple):
    """What a window's negatives are, out of `looked_at` of them.

    `late` came late, on average `age` minutes after they were published; `different` are left when near-identical
    texts of one source are counted once, `voices` when at most some of each voice count.
    """

    looked_at: int
    late: int
    age: float
    different: int
    voices: int


class Crowd:
    """The newest negatives of every organisation."""

    def __init__(self) -> None:
        self._of: dict[str, deque[Voice]] = {}

    def add(
        self, organisation: str, minute: int, reading: Reading, source: Source, seen_at: int, story: int = 0
    ) -> None:
        """Take a negative mention that counts in `minute`, and tells the organisation's story of this number."""
        of_one = self._of.get(organisation)
        if of_one is None:
            of_one = self._of[organisation] = deque(maxlen=KEPT)
        late = seen_at - reading.published_at
        age = late // MINUTE if late > LATENESS_MS else 0
        # Sources are only told apart, and names may be long.
        sender = crc32(f"{source.kind}\0{source.name}".encode())
        of_one.append(Voice(minute, age, reading.fingerprint, sender, reading.voice, story))

    def since(self, organisation: str, minute: int, each: int) -> Heard:
        """Look at an organisation's negatives from a minute on; `each` of a voice count."""
        window = [one for one in self._of.get(organisation, ()) if one.minute >= minute]
        late = [one.age for one in window if one.age]
        voices = Counter(one.voice for one in window if one.voice)
        silent = sum(count - min(count, each) for count in voices.values())
        age = sum(late) / len(late) if late else 0.0
        return Heard(len(window), len(late), age, _different(window), len(window) - silent)

    def voices(self, organisation: str, story: int, minute: int) -> list[int]:
        """Voices that told an organisation's story from a minute on; 0 where an author is not known."""
        of_one = self._of.get(organisation, ())
        return [one.voice for one in of_one if one.story == story and one.minute >= minute]

    def forget(self, before: int) -> None:
        """Forget organisations that were silent for `MEMORY` minutes before a minute."""
        for organisation in [code for code, of_one in self._of.items() if of_one[-1].minute < before - MEMORY]:
            del self._of[organisation]

    def parts(self) -> dict[str, bytes]:
        """Contents by organisation."""
        return {code: msgspec.msgpack.encode(list(of_one)) for code, of_one in self._of.items()}

    def take(self, parts: Mapping[str, bytes]) -> None:
        """Take over what `parts` wrote."""
        for code, data in parts.items():
            rows = msgspec.msgpack.decode(data, type=list[Voice])
            self._of[code] = deque(rows, maxlen=KEPT)


def _different(window: Sequence[Voice]) -> int:
    """How many are left when near-identical texts of one source are counted once, whatever their titles."""
    kept: dict[int, list[int]] = {}
    different = 0
    for one in window:
        known = kept.setdefault(one.source, [])
        if not one.fingerprint or all((one.fingerprint ^ other).bit_count() > DISTANCE for other in known):
            different += 1
            if one.fingerprint:
                known.append(one.fingerprint)
    return different
