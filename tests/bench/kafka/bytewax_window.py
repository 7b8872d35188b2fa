"""Bytewax: a tumbling window of a minute in event time that counts the negatives of each organisation.

Runs in the environment of the peers; its company closed in 2025.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.bench.kafka.work import keys


def window(servers: str, topic: str) -> tuple[float, int]:
    """Seconds from the first record to the last, and the negatives counted."""
    import bytewax.operators as op
    from bytewax.connectors.kafka import KafkaSource
    from bytewax.dataflow import Dataflow
    from bytewax.operators.windowing import EventClock, TumblingWindower, count_window
    from bytewax.testing import TestingSink, run_main

    began = ended = 0.0
    out: list[tuple[str, tuple[int, int]]] = []

    def read(message: Any) -> list[tuple[str, datetime]]:
        nonlocal began, ended
        began = began or time.perf_counter()
        ended = time.perf_counter()
        return [
            (organisation, datetime.fromtimestamp(minute * 60, UTC)) for organisation, minute in keys(message.value)
        ]

    flow = Dataflow("bench")
    stream = op.input("in", flow, KafkaSource([servers], [topic], tail=False, batch_size=5_000))
    found = op.flat_map("read", stream, read)
    clock = EventClock(lambda item: item[1], wait_for_system_duration=timedelta(minutes=10))
    minutes = TumblingWindower(length=timedelta(minutes=1), align_to=datetime(2025, 1, 1, tzinfo=UTC))
    counted = count_window("count", found, clock, minutes, key=lambda item: item[0])
    op.output("out", counted.down, TestingSink(out))
    run_main(flow)
    return ended - began, sum(many for _, (_, many) in out)
