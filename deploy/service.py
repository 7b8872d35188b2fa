"""The two parts of the service, each in a process of its own: `canhbao worker` and `canhbao serve`."""

import asyncio
import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import msgspec

from deploy.settings import Settings
from deploy.state import prepare, secret
from streams.settings import StreamSettings

#: Written by `serve` while it listens: who serves the state directory, and where.
SERVING = "serving.json"


class Serving(msgspec.Struct, frozen=True):
    """A process that serves, and its address."""

    pid: int
    url: str


def log_to_stderr() -> None:
    """Warnings and the rest, one line each, without the libraries' chatter."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("faust", "mode", "aiokafka", "alembic", "httpx", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)


def stream_settings(settings: Settings) -> StreamSettings:
    """What a worker is told: with the log's address and the secret filled in."""
    return settings.streams.model_copy(
        update={
            "log_url": settings.log_url,
            "voice_secret": settings.streams.voice_secret or secret(settings.state_dir, "voice-secret"),
        }
    )


def work(settings: Settings) -> None:
    """Run a stream worker until SIGINT or SIGTERM."""
    from deploy.commands.common import load_register, now_ms
    from streams.app import run_worker

    log_to_stderr()
    prepare(settings.state_dir)
    asyncio.run(run_worker(stream_settings(settings), load_register(settings), clock=now_ms))


def serve_alerts(settings: Settings, runs: Sequence[str]) -> None:
    """Run the alert service until SIGINT or SIGTERM.

    Parameters
    ----------
    runs
        Replay runs whose findings are taken beside those of the live run.
    """
    log_to_stderr()
    prepare(settings.state_dir)
    asyncio.run(_serve(settings, runs))


async def _serve(settings: Settings, runs: Sequence[str]) -> None:
    from alerts.store import open_store
    from api.app import create_app
    from api.server import listen
    from api.server import serving as serving_at
    from deploy.commands.common import load_register, now_ms
    from deploy.owners import tell_owners
    from streams.claims import LogClaimDesk
    from streams.findings_source import LogFindingSource
    from streams.levels_source import LogLevelSource
    from streams.log import open_log
    from streams.sources.sink import LogMentionSink
    from streams.status import StatusReader
    from streams.teaching import LogTeacher
    from streams.themes import LogThemeDesk
    from streams.topics import Topics, topic_specs
    from streams.versions import with_accepted_themes

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    register = load_register(settings)
    listener, http = listen(settings.http.model_copy(update={"first_token_path": settings.first_token_path}))
    log = open_log(settings.log_url, settings.streams.kafka)
    store = open_store(settings.alert_store_url)
    announced = settings.state_dir / SERVING
    try:
        await log.start()
        await log.create(*topic_specs(settings.streams))
        live = Topics(settings.streams.run)
        register = await with_accepted_themes(log, live, settings.streams, register)
        app = create_app(
            tell_owners(http, register.organisations()),
            store=store,
            sink=LogMentionSink(log, live.mentions, register.codes, now_ms),
            findings=[LogFindingSource(log, Topics(run)) for run in dict.fromkeys((settings.streams.run, *runs))],
            health=StatusReader(log, live, now_ms),
            levels=LogLevelSource(log, live),
            organisations=[each.as_dict() for each in register.organisations()],
            themes=LogThemeDesk(log, live),
            claims=LogClaimDesk(log, live, settings.streams.claims_body),
            teacher=LogTeacher(log, live, register),
        )
        async with serving_at(app, listener):
            _announce(announced, http.base_url)
            await stop.wait()
    finally:
        announced.unlink(missing_ok=True)
        listener.close()
        await log.stop()
        store.close()


def _announce(path: Path, url: str) -> None:
    """Say where is served, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(Serving(os.getpid(), url)))
    fresh.replace(path)
    logging.getLogger(__name__).info("listening at %s", url)


def serving(settings: Settings) -> Serving | None:
    """Who serves this state directory, as far as is known."""
    try:
        return msgspec.json.decode((settings.state_dir / SERVING).read_bytes(), type=Serving)
    except (OSError, msgspec.DecodeError):
        return None
