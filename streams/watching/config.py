"""What every watcher of a run is told."""

from collections.abc import Mapping
from dataclasses import dataclass

from detectors.policy import DEFAULT, Policy
from streams.reading.placing import LATENESS_MS as LATENESS
from streams.reading.placing import MINUTE_MS as MINUTE
from streams.watching.envelopes import UNATTRIBUTED, home

#: Minutes of silence that no baseline outlives.
LONGEST_SILENCE = 400 * 24 * 60


@dataclass(frozen=True, slots=True)
class WatchConfig:
    """What every watcher of a run is told.

    Parameters
    ----------
    names
        Names of all organisations by code: these are watched, and the unattributed.
    readings_partitions
        How `readings` is cut: an organisation is watched in its `home`.
    mentions_partitions
        How `mentions` is cut at first; grows by `Partitions` records.
    policy
        The detector's.
    lateness
        How far before it was seen a mention may be placed: whole minutes, in milliseconds.
    levels
        Whether to make levels.
    longest_silence
        After so many minutes without any mention the baselines end, and begin anew with the next.
    """

    names: Mapping[str, str]
    readings_partitions: int = 1
    mentions_partitions: int = 1
    policy: Policy = DEFAULT
    lateness: int = LATENESS
    levels: bool = True
    longest_silence: int = LONGEST_SILENCE

    def __post_init__(self) -> None:
        """Refuse a lateness that minutes cannot keep open."""
        if not 0 <= self.lateness <= LATENESS or self.lateness % MINUTE:
            raise ValueError(f"lateness must be whole minutes, at most 10, not {self.lateness} ms")

    def codes(self, partition: int) -> tuple[str, ...]:
        """What is watched in a `readings` partition, in order."""
        codes = sorted({*self.names, UNATTRIBUTED})
        return tuple(code for code in codes if home(code, self.readings_partitions) == partition)
