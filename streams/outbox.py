"""Sending from inside the worker: durable appends through Faust's producer."""

import asyncio
from collections.abc import Sequence

from faust.types import AppT

from streams.transports.batches import NewRecord


class Outbox:
    """Appends records and returns when the log has acknowledged them.

    Parameters
    ----------
    app
        The Faust application whose producer is used.
    """

    def __init__(self, app: AppT) -> None:
        self._app = app

    async def __call__(self, topic: str, partition: int, records: Sequence[NewRecord]) -> None:
        """Append in order; raises what the producer raises when an append is not acknowledged."""
        producer = await self._app.maybe_start_producer()
        pending = [
            await producer.send(
                topic,
                record.key,
                record.value,
                partition,
                None if record.timestamp is None else record.timestamp / 1000,
                list(record.headers),
            )
            for record in records
        ]
        await asyncio.gather(*pending)
