"""The work that all of them do: decode a mention, and count the negatives of an organisation in a minute of event time.

Every one decodes with the project's own checked type. Nothing here needs more than msgspec: the peers import it in an
environment of their own.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from streams.mentions import Mention

#: From which sentiment on (downwards) a mention is negative: the project's own default threshold.
NEGATIVE = -0.5
#: Of `mentions`.
PARTITIONS = 4
MINUTE_MS = 60_000

#: By organisation and minute since 1970.
Counts = Counter[tuple[str, int]]

decode = msgspec.json.Decoder(Mention).decode


def keys(value: bytes) -> list[tuple[str, int]]:
    """What a mention is counted under: (organisation, minute), none unless it is negative."""
    if not value:
        return []  # a mark of the project's worker
    mention = decode(value)
    if mention.sentiment is None or mention.sentiment > NEGATIVE:
        return []
    minute = mention.published_at // MINUTE_MS
    return [(organisation, minute) for organisation in mention.organisations or ()]


def count(values: Iterable[bytes], counts: Counts) -> int:
    """Decode mentions and count the negative ones; how many mentions there were."""
    mentions = 0
    for value in values:
        if not value:
            continue  # a mark that the project's worker left in the topic
        mentions += 1
        mention = decode(value)
        if mention.sentiment is not None and mention.sentiment <= NEGATIVE:
            minute = mention.published_at // MINUTE_MS
            for organisation in mention.organisations or ():
                counts[organisation, minute] += 1
    return mentions
