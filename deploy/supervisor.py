"""`canhbao run`: worker and alert service as processes of their own, watched from one terminal."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.children import REFUSED, Child, ChildRefusedError
from deploy.settings import CONFIG_VARIABLE, PREFIX, Settings
from deploy.state import Lock, StateError, prepare, secret

_LOCKED = (
    "another `canhbao run` (process {{holder}}) already uses {directory}; stop it, or set CANHBAO_STATE_DIR to another "
    "directory"
)


def supervise(settings: Settings, *, demo: bool, again: bool) -> int:
    """Run everything until SIGINT or SIGTERM; returns the exit status."""
    prepare(settings.state_dir)
    lock = Lock(settings.state_dir / "run.lock", _LOCKED.format(directory=settings.state_dir))
    try:
        _check_port(settings.http.host, settings.http.port)
        secret(settings.state_dir, "voice-secret")
        return asyncio.run(_Supervisor(settings).run(demo=demo, again=again))
    finally:
        lock.release()


def _check_port(host: str, port: int) -> None:
    """Refuse a port in use before anything is started."""
    if not port:
        return
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise StateError(
            f"{host}:{port} cannot be listened on ({error.strerror}); set CANHBAO_HTTP_PORT to a free port"
        ) from error


def child_environment(
    environ: Mapping[str, str], settings: Settings, config: Path | None, **more: str
) -> dict[str, str]:
    """What a child is told: the same settings, with paths that do not depend on where it stands.

    Parameters
    ----------
    environ
        Of this process.
    config
        The settings file, if one was chosen.
    more
        Settings of this child only, by their variables' names without the prefix.
    """
    told = dict(environ)
    told["CANHBAO_STATE_DIR"] = str(settings.state_dir)
    if config is not None:
        told[CONFIG_VARIABLE] = str(config.absolute())
    told.update({PREFIX + name: value for name, value in more.items()})
    return told


class _Supervisor:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._logs = settings.state_dir / "logs"
        self._logs.mkdir(mode=0o700, exist_ok=True)
        self._children: list[Child] = []

    async def run(self, *, demo: bool, again: bool) -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        tasks: list[asyncio.Task[object]] = []
        try:
            runs = await self._runs(demo=demo, again=again)
            self._add("worker", ["worker"])
            self._add("service", ["serve", *(word for run in runs for word in ("--follow", run))])
            if runs:
                told = {"STREAMS__RUN": runs[-1], "STREAMS__REPLAY": "true", "STREAMS__WORKER": "demo"}
                self._add("demo-worker", ["worker"], **told)
            tasks += [asyncio.create_task(child.keep(), name=child.name) for child in self._children]
            tasks.append(asyncio.create_task(self._show(runs), name="terminal"))
            if runs:
                tasks.append(asyncio.create_task(self._publish(runs[-1]), name="demo"))
            return await _until(stop, tasks)
        finally:
            await self._end(tasks)

    async def _runs(self, *, demo: bool, again: bool) -> Sequence[str]:
        if not demo:
            return ()
        from deploy.demo.replaying import choose_run

        return await choose_run(self._settings, again=again)

    def _add(self, name: str, arguments: Sequence[str], **more: str) -> None:
        environment = child_environment(os.environ, self._settings, self._settings.config, **more)
        self._children.append(Child(name, arguments, environment, self._logs / f"{name}.log", say))

    async def _publish(self, run: str) -> None:
        from deploy.commands.common import load_register
        from deploy.demo.replaying import publish_story

        count = await publish_story(self._settings, run, load_register(self._settings).codes)
        say(f"Diễn tập {run}: {count:,} lượt nhắc đã được phát lại".replace(",", "."))

    async def _show(self, runs: Sequence[str]) -> None:
        from deploy.terminal import follow

        service = next(child for child in self._children if child.name == "service")
        await follow(self._settings, lambda: service.pid, runs[-1] if runs else "", say)

    async def _end(self, tasks: Sequence[asyncio.Task[object]]) -> None:
        await asyncio.gather(*(child.stop() for child in self._children))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _until(stop: asyncio.Event, tasks: Sequence[asyncio.Task[object]]) -> int:
    """Wait for the word to stop; a task that fails ends everything, one that is done is done."""
    stopped = asyncio.create_task(stop.wait())
    waiting: set[asyncio.Task[object]] = {stopped, *tasks}
    try:
        while not stop.is_set():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                error = task.exception()
                if isinstance(error, ChildRefusedError):
                    print(f"canhbao: {error}", file=sys.stderr, flush=True)
                    return REFUSED
                if error is not None:
                    raise error
        return 0
    finally:
        stopped.cancel()


def say(message: str) -> None:
    """One line, or several, on the terminal; a terminal that has gone stops nothing."""
    with contextlib.suppress(OSError):
        print(message, flush=True)
