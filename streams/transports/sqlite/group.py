"""A consumer group of one: Faust's own assignor is asked as a broker would ask it, with a single member."""

from collections.abc import Mapping
from typing import Any

from faust.types import TP

_MEMBER = "worker"


class _Partitions:
    """What an assignor asks of a cluster."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def partitions_for_topic(self, topic: str) -> set[int]:
        return set(range(self._counts.get(topic, 0)))


def assign_all(assignor: Any, counts: Mapping[str, int]) -> list[TP]:
    """Give every partition to the one worker, so that Faust's tables know which changelogs are theirs.

    Parameters
    ----------
    assignor
        Faust's `app.assignor`.
    counts
        Partitions of each subscribed topic.
    """
    metadata = assignor.metadata(set(counts))
    assignment = assignor.assign(_Partitions(counts), {_MEMBER: metadata})[_MEMBER]
    assignor.on_assignment(assignment)
    return sorted(TP(topic, partition) for topic, partitions in assignment.assignment for partition in partitions)
