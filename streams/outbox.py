"""What agents append: through Faust's own producer, and durable when the call returns."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence

from aiokafka.errors import KafkaError, KafkaTimeoutError
from faust.exceptions import ProducerSendError
from faust.types import AppT

from streams.log import LogError
from streams.transports.batches import NewRecord

logger = logging.getLogger(__name__)

#: Seconds between two attempts while the brokers are away.
TRY_AGAIN = 0.3


class Outbox:
    """Appends records and returns when the log has acknowledged them.

    What passes by itself, a broker that is away or says nothing, is waited for, and what it did not acknowledge is sent
    again: whoever reads what agents append drops what came twice.

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
            If an append was not acknowledged, and trying again does not help: it may be in the log or not.
        """
        attempts = 0
        while True:
            taken, error = await self._attempt(topic, partition, records)
            if error is None:
                return
            if not _passes(error):
                raise LogError(f"{topic}/{partition} did not take what was sent: {error or repr(error)}") from error
            records, attempts = records[taken:], attempts + 1
            if attempts == 1:
                logger.warning("%s/%d does not take what is sent now: trying again (%r)", topic, partition, error)
            await asyncio.sleep(TRY_AGAIN)

    async def _attempt(self, topic: str, partition: int, records: Sequence[NewRecord]) -> tuple[int, Exception | None]:
        """Send once; returns how many of the first were acknowledged, and what the next failed of."""
        producer = await self._app.maybe_start_producer()
        pending: list[Awaitable[object]] = []
        failed: Exception | None = None
        try:
            for record in records:
                stamp = None if record.timestamp is None else record.timestamp / 1000
                headers = list(record.headers)
                pending.append(await producer.send(topic, record.key, record.value, partition, stamp, headers))
        except (ProducerSendError, LogError, KafkaError) as error:
            failed = error
        # What was sent before is waited for, so that nothing of it fails unheard.
        for number, answer in enumerate(await asyncio.gather(*pending, return_exceptions=True)):
            if isinstance(answer, ProducerSendError | LogError | KafkaError):
                return number, answer
            if isinstance(answer, BaseException):
                raise answer
        return len(pending), failed


def _passes(error: BaseException) -> bool:
    """Whether trying again may help."""
    cause = error.__cause__ if isinstance(error, ProducerSendError) else error
    return isinstance(cause, KafkaTimeoutError) or (isinstance(cause, KafkaError) and bool(cause.retriable))
