"""`alerts.ports.MentionSink` over the log: where POSTed mentions go."""

from collections.abc import Callable, Sequence

from alerts.ports import Refused, SourceUnavailableError, Taken
from streams.log import Log, LogError, UnknownTopicError
from streams.sources.lines import Line
from streams.sources.publisher import Publisher


class LogMentionSink:
    """Appends mentions to a topic; each call is durable when it returns.

    Parameters
    ----------
    log
        Started client.
    topic
        Of the live run's mentions.
    known
        Codes that mentions may name.
    clock
        Milliseconds since 1970 UTC.
    """

    def __init__(self, log: Log, topic: str, known: frozenset[str], clock: Callable[[], int]) -> None:
        self._log = log
        self._topic = topic
        self._known = known
        self._clock = clock
        self._partitions: int | None = None

    async def put(self, lines: Sequence[tuple[int, bytes]], allowed_sources: frozenset[str] | None) -> Taken:
        """See `alerts.ports.MentionSink`. Raises `SourceUnavailableError` when the log cannot take them now."""
        try:
            if self._partitions is None:
                self._partitions = await self._log.partitions(self._topic)
            # What waits for its append belongs to one request: a request that fails leaves nothing behind.
            publisher = Publisher(self._log, self._topic, self._known, self._partitions, clock=self._clock)
            refused: Sequence[Refused] = await publisher.put(
                (Line(number, data) for number, data in lines), allowed_sources=allowed_sources
            )
            await publisher.flush()
        except UnknownTopicError as error:
            raise SourceUnavailableError(f"{error}; start a worker, or run `canhbao topics create`") from error
        except LogError as error:
            raise SourceUnavailableError(str(error)) from error
        return Taken(publisher.published.accepted, refused)
