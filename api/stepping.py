"""Run a coroutine as far as it goes without waiting; only where it must wait is a task made."""

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, NamedTuple

_END = object()


class Waiting(NamedTuple):
    """A coroutine that was begun and waits for something."""

    coroutine: Coroutine[Any, Any, None]
    first: Any

    def close(self) -> None:
        """Give it up."""
        if isinstance(self.first, asyncio.Future):
            self.first.cancel()
        self.coroutine.close()


def begin(coroutine: Coroutine[Any, Any, None]) -> Waiting | None:
    """Run `coroutine` until it ends (`None`) or first waits.

    What it runs must not need `asyncio.current_task`: until it waits it belongs to the caller. An ASGI server's
    `send` writes into the socket's buffer and waits only when that is full, so that a task a subscriber and event
    is spared (Python 3.12 has eager tasks for this; 3.11 has not).
    """
    try:
        first = coroutine.send(None)
    except StopIteration:
        return None
    return Waiting(coroutine, first)


@types.coroutine
def finish(waiting: Waiting) -> Generator[Any, Any, None]:
    """Await the rest of what `begin` began."""
    coroutine, asked = waiting
    while True:
        try:
            answer = yield asked
        except BaseException as error:  # noqa: BLE001 - cancellation too belongs to the coroutine
            asked = _step(coroutine.throw, error)
        else:
            asked = _step(coroutine.send, answer)
        if asked is _END:
            return


def _step(step: Callable[[Any], Any], given: object) -> object:
    try:
        return step(given)
    except StopIteration:
        return _END
