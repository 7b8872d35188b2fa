"""What the alert service asks of the streams: protocols that `streams` implements and `deploy` wires."""

from collections.abc import AsyncIterator, Mapping, Sequence
from math import inf
from typing import NamedTuple, Protocol

from alerts.model import Excerpt, Finding, Level


class Place(NamedTuple):
    """A record's place in the log: where a source goes on after a restart."""

    topic: str
    partition: int
    offset: int


class Found(NamedTuple):
    """A finding or an excerpt with its place."""

    place: Place
    value: Finding | Excerpt


class FindingSource(Protocol):
    """Findings and excerpts in log order."""

    def follow(self, after: Mapping[tuple[str, int], int]) -> AsyncIterator[Sequence[Found]]:
        """Yield batches for ever, from `after[topic, partition] + 1` on (the beginning where unknown).

        An empty sequence is yielded at least every second while nothing comes, to show that the log answers.
        A record that cannot be read is skipped, logged and counted, never raised.
        Excerpts of a finding come before it. Raises `SourceUnavailableError` when the log cannot be reached.
        """


class SourceUnavailableError(Exception):
    """The log cannot be reached now; follow again later."""


class FoundLevel(NamedTuple):
    """An hour's level with its place."""

    place: Place
    value: Level


class LevelSource(Protocol):
    """The hours' levels in log order."""

    def follow(self, after: Mapping[tuple[str, int], int]) -> AsyncIterator[Sequence[FoundLevel]]:
        """Yield batches for ever, as `FindingSource.follow` does; levels of single minutes are passed over."""


class Refused(NamedTuple):
    """A mention that was not taken: its place in the request (from 1), why (a closed set), and a sentence."""

    line: int
    reason: str
    detail: str


class Taken(NamedTuple):
    """What became of a request's mentions."""

    accepted: int
    refused: Sequence[Refused]


class MentionSink(Protocol):
    """Where POSTed mentions go."""

    async def put(self, lines: Sequence[tuple[int, bytes]], allowed_sources: frozenset[str] | None) -> Taken:
        """Validate and durably append mentions; returns when acknowledged.

        Parameters
        ----------
        lines
            Line number and JSON bytes of each.
        allowed_sources
            Source names this caller may publish as; `None` allows all. Others are refused as ``source_not_allowed``.
        """


class Status(NamedTuple):
    """How the log and the workers behind it stand.

    Attributes
    ----------
    lag
        Records not yet taken, by stage: ``read``, ``watch``, ``serve``.
    watermark_age_seconds
        How far detection is behind the log's clock; `None` before the first worker has reported.
    counters
        Sums over all workers since their first start, by name and label value (empty where the name has no label):
        ``mentions_read``, ``mentions_refused`` (by reason), ``mentions_delayed``, ``mentions_backfilled``,
        ``mentions_duplicate``, ``findings`` (by reason), ``held_back`` (by guard), ``readings_raised``,
        ``watch_without`` …
    silent_feeds
        Sources that send nothing though they should, as ``kind/name``.
    catch_up_seconds
        How long it will take to the present at the pace of the last minute: 0 where nothing is behind, infinity where
        it comes no nearer, `None` while the pace is not known.
    """

    lag: Mapping[str, float]
    watermark_age_seconds: float | None
    counters: Mapping[str, Mapping[str, float]]
    silent_feeds: Sequence[str] = ()
    catch_up_seconds: float | None = None

    @property
    def outlook(self) -> str:
        """When it will have caught up, in words; empty where it is not behind, or nobody knows.

        Examples
        --------
        >>> Status({}, 300.0, {}, catch_up_seconds=90.0).outlook, Status({}, 0.2, {}, catch_up_seconds=0.0).outlook
        ('caught up in about 90 s', '')
        """
        if not self.catch_up_seconds:
            return ""
        if self.catch_up_seconds == inf:
            return "falling further behind"
        return f"caught up in about {self.catch_up_seconds:,.0f} s"


class LogHealth(Protocol):
    """What `/readyz` and `/metrics` ask about the log and the workers behind it."""

    async def status(self) -> Status:
        """The present standing. Raises `SourceUnavailableError`."""
