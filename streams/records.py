"""Records of `mentions` -> mentions, a batch at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from streams.mentions import InvalidMention, Mention, parse

if TYPE_CHECKING:  # importing the transports imports Faust, which half of our users (`read`, `backtest`) do not need
    from streams.transports.batches import RecordLike


class ParsedRecord(NamedTuple):
    """A record as a log would hand it out, with the mention that it was made from; a mark has none."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    mention: Mention | None


def parse_batch(
    records: Sequence[RecordLike], known: frozenset[str]
) -> tuple[list[tuple[RecordLike, Mention]], list[tuple[RecordLike, InvalidMention]]]:
    """Parse a batch, each record seen at its timestamp: what is a mention, and what is refused, in order.

    What was parsed already, by the one publisher of a replay, is not parsed again.
    """
    mentions: list[tuple[RecordLike, Mention]] = []
    refused: list[tuple[RecordLike, InvalidMention]] = []
    for record in records:
        if isinstance(record, ParsedRecord) and record.mention is not None:
            mentions.append((record, record.mention))
            continue
        try:
            mentions.append((record, parse(record.value, known, record.timestamp)))
        except InvalidMention as error:
            refused.append((record, error))
    return mentions, refused
