"""Running the worker's Faust application to its end: asked to stop, failed or stuck, it ends in bounded time."""

import asyncio
import contextlib
import gc
import logging
import os
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec

import faust

from streams.watchdog import StalledError

logger = logging.getLogger(__name__)

#: How long the application may take to stop: a supervisor's patience is a little longer.
STOP_SECONDS = 3.5
#: An application that could not stop in time has threads that nothing would end.
STUCK = 1
#: Exit status of a worker that stood still: start it again. `canhbao run`, systemd and Kubernetes do.
STALLED = 3

P = ParamSpec("P")


def settle_memory() -> None:
    """Let the garbage collector look seldom, and never again at what is there now.

    Readings by the thousand come and go without cycles among them: looking at all that waits, again and again, took a
    fifth of a worker's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


class Failure:
    """The first error that must end the worker, before anything past it is committed or kept.

    Faust restarts an agent that raises, and goes on behind the record that it raised at; so nothing that fails may
    reach Faust.
    """

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.happened = asyncio.Event()

    def note(self, what: str, error: Exception) -> None:
        """Remember the first error and say so."""
        if self.error is None:
            self.error = error
            logger.error("the worker stops, because %s failed: %s: %s", what, type(error).__name__, error)
        self.happened.set()

    def guard(self, duty: Callable[P, Awaitable[None]], name: str = "") -> Callable[P, Awaitable[None]]:
        """A duty, or an agent, that ends the worker when it raises.

        Parameters
        ----------
        duty
            Runs until the worker stops.
        name
            For people; the duty's own unless told.
        """

        @wraps(duty)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                await duty(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - whatever it is, the worker must not go on half alive
                self.note(name or duty.__name__, error)

        return guarded


async def run_until(
    app: faust.App,
    stopping: asyncio.Event,
    failure: Failure,
    *,
    within: float = STOP_SECONDS,
    abandon: Callable[[int], object] = os._exit,
) -> None:
    """Run the application until it is asked to stop or fails; what it failed of is raised.

    Parameters
    ----------
    stopping
        Set when it is asked to stop, which it may be while it still starts.
    failure
        What agents and duties note theirs in.
    within
        Seconds that it may take to stop.
    abandon
        Ends the process at once with a status: an application that cannot stop, since the log does not answer for
        example, holds threads that would keep the process alive.
    """
    starting = asyncio.ensure_future(app.start())
    try:
        await app.wait_first(asyncio.shield(starting), stopping.wait(), failure.happened.wait())
        if not stopping.is_set():
            await app.wait_first(stopping.wait(), failure.happened.wait())
    except Exception as error:  # noqa: BLE001 - raised below, when what was started is stopped
        failure.note("starting", error)
    crashed = app.crash_reason
    if crashed is not None and not stopping.is_set():
        failure.note("the stream application", _as_exception(crashed))
    if not await _stopped(app, starting, within):
        logger.critical("the worker could not stop within %g s and is ended; its state is as last kept", within)
        abandon(STALLED if isinstance(failure.error, StalledError) else STUCK)
    if failure.error is not None:
        raise failure.error


async def _stopped(app: faust.App, starting: "asyncio.Future[None]", within: float) -> bool:
    # Not awaited directly: Faust's services swallow cancellation while they stop.
    stop = asyncio.ensure_future(_stop(app, starting))
    done, _ = await asyncio.wait({stop}, timeout=within)
    return bool(done)


async def _stop(app: faust.App, starting: "asyncio.Future[None]") -> None:
    try:
        await app.stop()
    except Exception:  # it ends all the same; what ended it must not be hidden by this
        logger.exception("the worker did not stop cleanly")
    finally:
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):  # what it failed of is noted
            await starting


def _as_exception(error: BaseException) -> Exception:
    return error if isinstance(error, Exception) else RuntimeError(repr(error))
