"""Sending from inside the worker: durable appends through Faust's producer."""

import asyncio
from collections.abc import Awaitable, Sequence

from aiokafka.errors import KafkaError
from faust.exceptions import ProducerSendError
from faust.types import AppT

from streams.log import LogError
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
        """Append in order.

        Raises
        ------
        LogError
            If an append was not acknowledged: it may be in the log or not.
        """
        producer = await self._app.maybe_start_producer()
        pending: list[Awaitable[object]] = []
        try:
            for record in records:
                stamp = None if record.timestamp is None else record.timestamp / 1000
                headers = list(record.headers)
                pending.append(await producer.send(topic, record.key, record.value, partition, stamp, headers))
        except (ProducerSendError, LogError, KafkaError) as error:
            # What was sent before is waited for, so that nothing of it fails unheard.
            await asyncio.gather(*pending, return_exceptions=True)
            raise _refused(topic, partition, error) from error
        for answer in await asyncio.gather(*pending, return_exceptions=True):
            if isinstance(answer, ProducerSendError | LogError | KafkaError):
                raise _refused(topic, partition, answer) from answer
            if isinstance(answer, BaseException):
                raise answer


def _refused(topic: str, partition: int, error: Exception) -> LogError:
    return LogError(f"{topic}/{partition} did not take what was sent: {error or repr(error)}")
