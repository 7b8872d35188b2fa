"""Quix Streams: a tumbling window of a minute in event time that counts the negatives of each organisation.

Runs in the environment of the peers. The records' key is the organisation, so that no repartition topic is needed.
"""

import tempfile
import time
from typing import Any
from uuid import uuid4

from tests.bench.kafka.work import NEGATIVE, decode


def window(servers: str, topic: str, mentions: int) -> tuple[float, int]:
    """Seconds from the first record to the last, and the negatives counted."""
    from quixstreams import Application

    began = ended = 0.0
    negatives = 0

    def event_time(value: Any, _headers: Any, timestamp: float, _kind: Any) -> int:
        return decode(value).published_at if value else int(timestamp)

    def is_negative(value: bytes) -> bool:
        nonlocal began, ended
        began = began or time.perf_counter()
        ended = time.perf_counter()
        sentiment = decode(value).sentiment if value else None
        return sentiment is not None and sentiment <= NEGATIVE

    def note(_: Any) -> None:
        nonlocal negatives, ended
        negatives += 1
        ended = time.perf_counter()

    with tempfile.TemporaryDirectory(prefix="canhbao-bench-") as state:
        app = Application(
            broker_address=servers,
            consumer_group=f"bench-{uuid4().hex}",
            auto_offset_reset="earliest",
            state_dir=state,
            loglevel="WARNING",
            topic_create_timeout=60,
        )
        source = app.topic(topic, value_deserializer="bytes", key_deserializer="bytes", timestamp_extractor=event_time)
        frame = app.dataframe(source).filter(is_negative)
        frame = frame.tumbling_window(60_000, grace_ms=600_000).count().current()
        frame.update(note)
        app.run(count=mentions, timeout=30.0)
    return ended - began, negatives
