"""`canhbao doctor`: what is configured, reachable, behind, or wrong, and what to do."""

import asyncio
import logging
import os
import stat
from collections.abc import AsyncIterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from alerts.addresses import where
from deploy.settings import Settings

_SECRETS = ("secret", "token", "password")
#: A state directory with less than this is close to its end.
_LEAST_FREE = 512 * 1024 * 1024
#: Seconds between two looks at workers that are behind: they report every two.
_SECOND_LOOK = 6.0


class Health(StrEnum):
    """How a thing stands."""

    WELL = "ok"
    NOTE = "note"
    WRONG = "WRONG"


class Line(NamedTuple):
    """One thing looked at: how it stands, what it is, and what to do if it is not well."""

    health: Health
    what: str
    do: str = ""

    def __str__(self) -> str:
        return f"{self.health.value:<5}  {self.what}" + (f"\n       → {self.do}" if self.do else "")


def examine(settings: Settings) -> bool:
    """Print what is found; says whether all is well."""
    logging.disable()  # what libraries would log is said here in one line each
    return asyncio.run(_examine(settings))


async def _examine(settings: Settings) -> bool:
    print("Settings (those not named here are the defaults)")
    for name, value, origin in configured(settings):
        print(f"       {name} = {value}  ({origin})")
    well = True
    print("\nChecks")
    for look in (_state, _register, _receivers, _log, _store, _service):
        async for line in look(settings):
            print(line, flush=True)
            well = well and line.health is not Health.WRONG
    return well


def configured(settings: Settings) -> list[tuple[str, str, str]]:
    """Name, value and origin of every setting that was given; the essential ones always. Secrets are not shown.

    Examples
    --------
    >>> from pathlib import Path
    >>> configured(Settings(state_dir=Path("/s")))[0]
    ('state_dir', '/s', 'default')
    """
    found = {
        "state_dir": str(settings.state_dir),
        "streams.log_url": settings.log_url,
        "http.host": settings.http.host,
        "http.port": str(settings.http.port),
    }
    given = settings.model_dump(mode="json")
    for dotted in settings.origins:
        found[dotted] = _shown(dotted, given)
    return [(name, value, settings.origins.get(name, "default")) for name, value in found.items()]


def _shown(dotted: str, given: Mapping[str, Any]) -> str:
    here: Any = given
    for part in dotted.split("."):
        here = here.get(part) if isinstance(here, Mapping) else None
    if any(word in dotted.lower() for word in _SECRETS):
        return "(hidden)"
    if isinstance(here, list):
        return f"{len(here)} of them"
    text = str(here)
    hides = "@" in text or any(word in text.lower() for word in _SECRETS)
    return "(hidden: it may hold a password)" if hides else text


async def _state(settings: Settings) -> AsyncIterator[Line]:
    directory = settings.state_dir
    if not directory.is_dir():
        yield Line(Health.NOTE, f"{directory} does not exist yet", "it is made at the first start")
        return
    if not os.access(directory, os.W_OK | os.X_OK):
        yield Line(Health.WRONG, f"{directory} cannot be written", "set CANHBAO_STATE_DIR, or give it to this user")
        return
    mode = stat.S_IMODE(directory.stat().st_mode)
    if mode & 0o077:
        yield Line(Health.WRONG, f"{directory} is open to other users", f"chmod 700 {directory}")
    for path in {Path(origin) for origin in settings.origins.values() if Path(origin).is_absolute()}:
        if settings.http.receivers and path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Line(Health.WRONG, f"{path} holds secrets and is open to other users", f"chmod 600 {path}")
    if settings.first_token_path.exists():
        yield Line(Health.WELL, f"the first API token, which opens the page, is in {settings.first_token_path}")
    about = os.statvfs(directory)
    free = about.f_bavail * about.f_frsize
    if free < _LEAST_FREE:
        yield Line(Health.WRONG, f"only {free // 2**20} MiB are free under {directory}", "make room, or move it")
    else:
        yield Line(Health.WELL, f"state in {directory}, {free / 2**30:.1f} GiB free")


async def _register(settings: Settings) -> AsyncIterator[Line]:
    from streams.reading.register import Register, RegisterError

    try:
        register = Register.load(settings.streams.register_directory)
    except RegisterError as error:
        yield Line(Health.WRONG, f"the register is refused: {error}", "mend that line")
    else:
        yield Line(Health.WELL, f"register of {len(register.codes)} organisations and themes")


async def _receivers(settings: Settings) -> AsyncIterator[Line]:
    if not settings.http.receivers:
        yield Line(Health.NOTE, "no receivers", "add [[receivers]] with name, url and secret to send alerts")
    for receiver in settings.http.receivers:
        place = where(receiver.address) if receiver.address else f"{len(receiver.to)} addresses"
        yield Line(Health.WELL, f"receiver {receiver.name} ({receiver.channel.value}): {place}")


async def _log(settings: Settings) -> AsyncIterator[Line]:
    from streams.log import LogError, open_log
    from streams.topic_check import found_differences
    from streams.topics import topic_specs

    if not settings.streams.log_url and not (settings.state_dir / "log.sqlite").exists():
        yield Line(Health.NOTE, "the embedded log does not exist yet", "it is made by `canhbao run`")
        return
    log = open_log(settings.log_url, settings.streams.kafka)
    try:
        await log.start()
    except LogError as error:
        yield Line(Health.WRONG, f"the log cannot be reached: {error}", "start it, or set CANHBAO_LOG_URL")
        return
    try:
        wrong = [each for each in await found_differences(log, topic_specs(settings.streams)) if each.is_wrong]
        if wrong:
            for each in wrong:
                yield Line(Health.WRONG, each.what, each.remedy.value)
        else:
            yield Line(Health.WELL, f"log at {settings.log_url.split('@')[-1]}")
            async for line in _workers(settings, log):
                yield line
    except LogError as error:
        yield Line(Health.WRONG, f"the log does not answer: {error}", "see its own messages")
    finally:
        await log.stop()


async def _workers(settings: Settings, log: Any) -> AsyncIterator[Line]:
    from deploy.commands.common import now_ms
    from streams.status import StatusReader
    from streams.topics import Topics

    reader = StatusReader(log, Topics(settings.streams.run), now_ms)
    status = await reader.status()
    age = status.watermark_age_seconds
    if age is None:
        yield Line(Health.NOTE, "no worker has reported lately", "start one: `canhbao run` or `canhbao worker`")
        return
    bounds = settings.http.lag
    behind = {stage: lag for stage, lag in status.lag.items() if lag > bounds.records.get(stage, float("inf"))}
    if behind or age > bounds.watermark_age_seconds:
        await asyncio.sleep(_SECOND_LOOK)  # from one look alone nobody knows whether it comes nearer
        status = await reader.status()
        lags = ", ".join(f"{stage} {lag:,.0f} records" for stage, lag in status.lag.items())
        outlook = f"; {status.outlook}" if status.outlook else ""
        todo = "add workers, or see the worker's log"
        yield Line(Health.WRONG, f"behind: {lags}, detection {age:.0f} s{outlook}", todo)
    else:
        yield Line(Health.WELL, f"detection is {age:.1f} s behind the log's clock")
    for name in status.silent_feeds:
        yield Line(Health.WRONG, f"nothing comes from the feed {name}", "see the collector, and the feed itself")
    refused = sum(status.counters.get("mentions_refused", {}).values())
    if refused:
        yield Line(Health.NOTE, f"{refused:,.0f} mentions were refused", "the topic mentions.dead says why")


async def _store(settings: Settings) -> AsyncIterator[Line]:
    from alerts.errors import StoreError
    from alerts.store import open_store

    if not settings.store_url and not (settings.state_dir / "alerts.sqlite").exists():
        yield Line(Health.NOTE, "the alert store does not exist yet", "it is made by `canhbao run`")
        return
    try:
        store = open_store(settings.alert_store_url)
    except StoreError as error:
        yield Line(Health.WRONG, f"the alert store cannot be used: {error}", "see CANHBAO_STORE_URL")
        return
    try:
        counts = {str(outcome): count for outcome, count in store.counts().items() if count}
        disabled = [receiver.name for receiver in store.receivers() if receiver.disabled]
        yield Line(Health.WELL, f"alert store with {store.latest()} changes; deliveries: {counts or 'none'}")
        for name in disabled:
            yield Line(Health.WRONG, f"receiver {name} is disabled", "mend it, then enable it")
    finally:
        store.close()


async def _service(settings: Settings) -> AsyncIterator[Line]:
    import aiohttp

    from deploy.service import serving

    found = serving(settings)
    url = found.url if found is not None else settings.http.base_url
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3), trust_env=False) as session,
            session.get(f"{url}/readyz") as answer,
        ):
            ready, body = answer.status == 200, (await answer.text())[:300]
    except (aiohttp.ClientError, OSError, TimeoutError):
        yield Line(Health.NOTE, f"no service answers at {url}", "start it: `canhbao run` or `canhbao serve`")
        return
    if ready:
        yield Line(Health.WELL, f"the service at {url} is ready")
    else:
        yield Line(Health.WRONG, f"the service at {url} is not ready: {body}", "see what it names")
