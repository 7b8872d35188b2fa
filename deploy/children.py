"""Processes that are kept running: started again when they crash, stopped in time, never left behind."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Exit status of a command that was refused: trying again does not mend it.
REFUSED = 2
_LOG_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """How crashes are met, in seconds.

    Parameters
    ----------
    first, longest
        Wait before a crashed process is started again; doubles with each crash up to the longest.
    well
        One that ran for so long is taken to be well again.
    stop
        A process that is told to stop has so long before it is killed.
    """

    first: float = 0.5
    longest: float = 30.0
    well: float = 60.0
    stop: float = 4.0

    def wait(self, crashes: int) -> float:
        """Seconds before the start after the `crashes`-th crash in a row.

        Examples
        --------
        >>> [Patience().wait(crashes) for crashes in (1, 2, 3, 99)]
        [0.5, 1.0, 2.0, 30.0]
        """
        return min(self.first * 2.0 ** min(crashes - 1, 100), self.longest)


class ChildRefusedError(Exception):
    """A process says that it cannot run like this; the sentence is its own."""


class Child:
    """One process that is kept running.

    Parameters
    ----------
    name
        For messages and the log file.
    arguments
        Of `canhbao`.
    environment
        Whole.
    log
        Where its stderr goes.
    say
        Tells the person at the terminal.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        say: Callable[[str], None],
        patience: Patience | None = None,
    ) -> None:
        self.name = name
        self.pid: int | None = None
        self._arguments = arguments
        self._environment = environment
        self._log = log
        self._say = say
        self._patience = patience or Patience()
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    async def keep(self) -> None:
        """Run it until `stop`. Raises `ChildRefusedError`."""
        loop = asyncio.get_running_loop()
        crashes = 0
        while not self._is_stopping():
            begun = loop.time()
            status = await self._run()
            if self._is_stopping():
                return
            if status == REFUSED:
                raise ChildRefusedError(self._last_line() or f"{self.name} was refused; see {self._log}")
            crashes = 1 if loop.time() - begun >= self._patience.well else crashes + 1
            wait = self._patience.wait(crashes)
            self._say(f"{self.name} ended ({_ending(status)}); started again in {wait:g} s; see {self._log}")
            await asyncio.sleep(wait)

    async def _run(self) -> int:
        if self._log.exists() and self._log.stat().st_size > _LOG_BYTES:
            self._log.replace(self._log.with_suffix(".old"))
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "deploy.cli", "--parent", str(os.getpid()), *self._arguments),
                env=dict(self._environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A group of its own: Ctrl-C reaches the supervisor only, which stops its children in order.
                start_new_session=True,
            )
        self.pid = self._process.pid
        if self._is_stopping():  # asked to stop while it was being started
            self._signal(signal.SIGTERM)
        status = await self._process.wait()
        self.pid = None
        # What it may have started goes with it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return status

    async def stop(self) -> None:
        """Tell it to stop, wait, and kill it if it does not."""
        self._stopping = True
        if self._process is None or self._process.returncode is not None:
            return
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self._patience.stop):
                await self._process.wait()
        except TimeoutError:
            self._say(f"{self.name} did not stop within {self._patience.stop:g} s and is killed; see {self._log}")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    def _is_stopping(self) -> bool:
        # A method, since it changes while others are awaited.
        return self._stopping

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def _last_line(self) -> str:
        """The sentence with which a refused command ends."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1].removeprefix("canhbao: ") if lines else ""


def _ending(status: int) -> str:
    """How a process ended, in words.

    Examples
    --------
    >>> _ending(-9), _ending(1)
    ('SIGKILL', 'status 1')
    """
    return signal.Signals(-status).name if status < 0 else f"status {status}"
