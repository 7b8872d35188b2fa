"""What the store in memory keeps of levels."""

import threading
from collections.abc import Sequence
from typing import Any

import msgspec

from alerts.model import Level
from alerts.ports import FoundLevel
from alerts.routing import run_of
from alerts.store.levels import NEAR


class LevelsInMemory:
    """The part of `MemoryStore` that is about levels; see `LevelStore` for what each method promises."""

    _places: dict[tuple[str, int], int]
    _lock: Any

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._places = {}
        self._levels: dict[tuple[str, str, str], Level] = {}
        self._newest: dict[tuple[str, str], Level] = {}

    def put_levels(self, found: Sequence[FoundLevel]) -> None:
        """See `LevelStore.put_levels`."""
        with self._lock:
            for place, level in found:
                where, run = (place.topic, place.partition), run_of(place.topic)
                self._places[where] = max(place.offset, self._places.get(where, -1))
                key = (run, level.organisation)
                self._levels[*key, level.start] = msgspec.structs.replace(level, forecasts=())
                newest = self._newest.get(key)
                if newest is None or newest.start <= level.start:
                    self._newest[key] = level

    def newest_levels(self, run: str, organisation: str | None = None) -> list[Level]:
        """See `LevelStore.newest_levels`."""
        with self._lock:
            found = [one for (of_run, _), one in self._newest.items() if of_run == run]
        wanted = [one for one in found if organisation in {None, one.organisation}]
        return sorted(wanted, key=lambda one: one.organisation)

    def levels(self, run: str, organisation: str, *, until: str, limit: int) -> list[Level]:
        """See `LevelStore.levels`."""
        with self._lock:
            mine = [one for (of_run, code, _), one in self._levels.items() if (of_run, code) == (run, organisation)]
        ordered = sorted((one for one in mine if one.start < until), key=lambda one: one.start)
        return ordered[max(0, len(ordered) - limit) :]

    def near_misses(self, run: str, *, since: str, limit: int, organisation: str | None = None) -> list[Level]:
        """See `LevelStore.near_misses`."""
        with self._lock:
            found = [
                one
                for (of_run, code, start), one in self._levels.items()
                if of_run == run and organisation in {None, code} and start >= since and NEAR <= one.near < 1.0
            ]
        return sorted(found, key=lambda one: (-one.near, one.organisation, one.start))[:limit]

    def forget_levels(self, before: str) -> int:
        """See `LevelStore.forget_levels`."""
        with self._lock:
            gone = [key for key in self._levels if key[2] < before]
            for key in gone:
                del self._levels[key]
            return len(gone)
